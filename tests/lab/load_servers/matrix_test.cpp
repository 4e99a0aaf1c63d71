// The same load on every server: all answers right, all counted, connections kept.
#include <functional>

#include "lab/load_servers/servers.hpp"

namespace gunflint {
namespace {

using namespace test;
using lab::Lab;
using lab::tool;

struct Served {
  std::string url;
  HttpVersion version = HttpVersion::One;
  bool tls = false;
};

struct Kind {
  const char* name;
  const char* program;
  std::function<std::vector<Served>(Lab&)> start;
};

std::vector<Served> one_port(int port) { return {{"http://127.0.0.1:" + std::to_string(port)}}; }

std::vector<Served> start_nginx(Lab& lab) {
  const int port = lab.free_port(4);
  const auto at = [&](int k) { return "127.0.0.1:" + std::to_string(port + k); };
  const auto dir = lab.path("nginx");
  std::filesystem::create_directories(dir);
  const auto conf = lab.write(
      "nginx.conf",
      "daemon off; worker_processes 1; pid " + dir + "/pid; error_log " + dir + "/error.log;" +
          (lab::is_root() ? "user root;" : "") +
          "events { worker_connections 1000; } http { access_log off; client_body_temp_path " +
          dir + "/b; proxy_temp_path " + dir + "/p; fastcgi_temp_path " + dir +
          "/f; uwsgi_temp_path " + dir + "/u; scgi_temp_path " + dir +
          "/s; keepalive_requests 100000; server { listen " + at(0) + "; listen " + at(1) +
          " ssl; listen " + at(2) + " ssl http2; listen " + at(3) + " http2; root " +
          lab.path("files") + "; ssl_certificate " + lab.path("cert.pem") +
          "; ssl_certificate_key " + lab.path("key.pem") + "; } }");
  lab.start("nginx", {tool("nginx"), "-c", conf, "-e", dir + "/error.log"});
  EXPECT_TRUE(lab.wait_for_port(port + 3)) << lab.read("nginx.log");
  return {{"http://" + at(0)},
          {"https://" + at(1), HttpVersion::One, true},
          {"https://" + at(2), HttpVersion::Auto, true},
          {"http://" + at(3), HttpVersion::Two}};
}

std::vector<Served> start_haproxy(Lab& lab) {
  const auto behind = start_nginx(lab);
  const int port = lab.free_port(2);
  const auto pem = lab.write("haproxy.pem", lab.read("cert.pem") + lab.read("key.pem"));
  const auto conf =
      lab.write("haproxy.cfg",
                "global\n  maxconn 1000\ndefaults\n  mode http\n  timeout connect 5s\n"
                "  timeout client 30s\n  timeout server 30s\nfrontend f\n  bind 127.0.0.1:" +
                    std::to_string(port) + "\n  bind 127.0.0.1:" + std::to_string(port + 1) +
                    " ssl crt " + pem + " alpn h2,http/1.1\n  default_backend b\nbackend b\n" +
                    "  server s " + behind[0].url.substr(7) + "\n");
  lab.start("haproxy", {tool("haproxy"), "-db", "-f", conf});
  EXPECT_TRUE(lab.wait_for_port(port + 1)) << lab.read("haproxy.log");
  const auto at = [&](int k) { return "127.0.0.1:" + std::to_string(port + k); };
  return {{"http://" + at(0)},
          {"https://" + at(1), HttpVersion::One, true},
          {"https://" + at(1), HttpVersion::Two, true}};
}

std::vector<Served> start_apache(Lab& lab) {
  const int port = lab.free_port(3);
  const auto at = [&](int k) { return "127.0.0.1:" + std::to_string(port + k); };
  const auto dir = lab.path("apache");
  std::filesystem::create_directories(dir);
  std::string modules;
  for (const char* module : {"mpm_event", "authz_core", "mime", "ssl", "http2", "socache_shmcb"})
    modules += std::string("LoadModule ") + module + "_module /usr/lib/apache2/modules/mod_" +
               module + ".so\n";
  const auto conf = lab.write(
      "apache.conf", modules + "ServerRoot " + dir + "\nPidFile " + dir + "/pid\nErrorLog " + dir +
                         "/error.log\nTypesConfig /dev/null\nServerName localhost\nDocumentRoot " +
                         lab.path("files") + "\nMaxKeepAliveRequests 0\nKeepAliveTimeout 60\n" +
                         (lab::is_root() ? "User root\nGroup root\n" : "") + "Listen " + at(0) +
                         "\nListen " + at(1) + "\nListen " + at(2) +
                         "\nProtocols h2 h2c http/1.1\n<VirtualHost " + at(1) +
                         ">\n  SSLEngine on\n  SSLCertificateFile " + lab.path("cert.pem") +
                         "\n  SSLCertificateKeyFile " + lab.path("key.pem") + "\n</VirtualHost>\n");
  // Debian's build refuses to run its children as root: who is root serves as nobody.
  std::string text = lab.read("apache.conf");
  if (lab::is_root()) {
    const std::string root = "User root\nGroup root\n";
    text.replace(text.find(root), root.size(), "User nobody\nGroup nogroup\n");
    lab.write("apache.conf", text);
    std::filesystem::permissions(lab.dir(), std::filesystem::perms(0755));
  }
  lab.start("apache", {tool("apache2"), "-f", conf, "-DFOREGROUND"});
  EXPECT_TRUE(lab.wait_for_port(port + 2)) << lab.read("apache.log");
  return {{"http://" + at(0)},
          {"https://" + at(1), HttpVersion::Auto, true},
          {"http://" + at(2), HttpVersion::Two}};
}

std::vector<Served> start_caddy(Lab& lab) {
  const int port = lab.free_port(2);
  const auto at = [&](int k) { return std::to_string(port + k); };
  const auto conf = lab.write(
      "Caddyfile", "{\n  admin off\n  auto_https off\n  storage file_system " + lab.path("caddy") +
                       "\n  servers {\n    protocols h1 h2 h2c\n  }\n}\nhttp://127.0.0.1:" + at(0) +
                       " {\n  root * " + lab.path("files") +
                       "\n  file_server\n}\nhttps://127.0.0.1:" + at(1) + " {\n  tls " +
                       lab.path("cert.pem") + " " + lab.path("key.pem") + "\n  root * " +
                       lab.path("files") + "\n  file_server\n}\n");
  lab.start("caddy", {"/usr/bin/env", "HOME=" + lab.dir(), "XDG_CONFIG_HOME=" + lab.dir(),
                      tool("caddy"), "run", "--config", conf, "--adapter", "caddyfile"});
  EXPECT_TRUE(lab.wait_for_port(port + 1, 20s)) << lab.read("caddy.log");
  return {{"http://127.0.0.1:" + at(0)},
          {"http://127.0.0.1:" + at(0), HttpVersion::Two},
          {"https://127.0.0.1:" + at(1), HttpVersion::Auto, true}};
}

std::vector<Served> start_nghttpd(Lab& lab) {
  const int port = lab.free_port(2);
  const auto at = [&](int k) { return std::to_string(port + k); };
  lab.start("nghttpd", {tool("nghttpd"), "-a", "127.0.0.1", "-d", lab.path("files"), at(0),
                        lab.path("key.pem"), lab.path("cert.pem")});
  lab.start("nghttpd-plain",
            {tool("nghttpd"), "-a", "127.0.0.1", "--no-tls", "-d", lab.path("files"), at(1)});
  EXPECT_TRUE(lab.wait_for_port(port) && lab.wait_for_port(port + 1)) << lab.read("nghttpd.log");
  return {{"https://127.0.0.1:" + at(0), HttpVersion::Two, true},
          {"http://127.0.0.1:" + at(1), HttpVersion::Two}};
}

std::vector<Served> start_gunicorn(Lab& lab) {
  const int port = lab.free_port();
  lab.write("app.py", "import os\nroot = '" + lab.path("files") + R"('
def app(environ, start):
    path = root + environ['PATH_INFO']
    if not os.path.exists(path):
        start('404 Not Found', [('Content-Length', '9')])
        return [b'not here\n']
    body = open(path, 'rb').read()
    start('200 OK', [('Content-Length', str(len(body)))])
    return [] if environ['REQUEST_METHOD'] == 'HEAD' else [body]
)");
  lab.start("gunicorn",
            {tool("gunicorn"), "--chdir", lab.dir(), "-b", "127.0.0.1:" + std::to_string(port),
             "-w", "2", "-k", "gthread", "--threads", "4", "--keep-alive", "60", "app:app"});
  EXPECT_TRUE(lab.wait_for_port(port, 20s)) << lab.read("gunicorn.log");
  return one_port(port);
}

std::map<std::string, std::uint64_t> statuses(const Collector& collector) {
  std::map<std::string, std::uint64_t> all;
  for (const auto& slice : collector.slices)
    for (const auto& step : slice.steps)
      for (const auto& [status, n] : step.statuses) all[status] += n;
  return all;
}

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class Servers : public testing::TestWithParam<Kind> {};

TEST_P(Servers, AnswerRightAndAreCountedRight) {
  if (tool(GetParam().program).empty()) GTEST_SKIP() << GetParam().program << " is not installed";
  Lab lab;
  write_files(lab.path("files"));
  make_certificate(lab);
  for (const auto& served : GetParam().start(lab)) {
    SCOPED_TRACE(served.url + " version " + std::string(name_of(served.version)));
    auto spec =
        load(served.url, 50, 1s,
             {checked("GET", "/small.txt", 200, "small marker"),
              checked("GET", "/large.bin", 200, "marker"), checked("GET", "/empty.txt", 200),
              checked("GET", "/missing", 404), checked("HEAD", "/large.bin", 200)});
    spec.http.version = served.version;
    spec.http.connections = 20;
    spec.timeout = 5s;
    if (served.tls) spec.tls.ca = lab.path("cert.pem");
    Collector collector;
    run(collector, {spec}, 1s);
    EXPECT_EQ(collector.due(), 50u);
    EXPECT_EQ(collector.completed(), 50u) << examples(collector);
    EXPECT_EQ(collector.requests(), 250u);
    EXPECT_EQ(collector.attempts(), 250u);
    EXPECT_LE(opened(collector), 20u) << "connections are not kept";
    EXPECT_TRUE(collector.lost.empty()) << collector.lost;
    const bool two =
        served.version == HttpVersion::Two || (served.version == HttpVersion::Auto && served.tls);
    for (const auto& slice : collector.slices)
      for (const auto& [kind, n] : slice.spoken) {
        EXPECT_EQ(kind.starts_with("HTTP/2"), two) << kind;
        EXPECT_EQ(kind.find(" over TLS 1.") != kind.npos, served.tls) << kind;
      }
    EXPECT_EQ(statuses(collector),
              (std::map<std::string, std::uint64_t>{{"200", 200}, {"404", 50}}));
  }
}

INSTANTIATE_TEST_SUITE_P(Real, Servers,
                         testing::Values(Kind{"nginx", "nginx", start_nginx},
                                         Kind{"haproxy", "haproxy", start_haproxy},
                                         Kind{"apache2", "apache2", start_apache},
                                         Kind{"caddy", "caddy", start_caddy},
                                         Kind{"nghttpd", "nghttpd", start_nghttpd},
                                         Kind{"gunicorn", "gunicorn", start_gunicorn}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace gunflint
