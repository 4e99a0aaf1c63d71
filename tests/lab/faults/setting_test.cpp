// `setting` against real servers: changed, read back, restored, compared byte by byte.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lab/faults/real_injection.hpp"

namespace gunflint {
namespace {

using lab::Lab;

class RealSetting : public testing::Test {
 protected:
  bool installed(const char* tool) {
    if (!lab::tool(tool).empty()) return true;
    return false;
  }
  /// observe, inject, bite; with a sentence when one of them fails.
  void inject(RealInjection& injection) {
    ASSERT_EQ(why(injection.observe()), "");
    ASSERT_EQ(why(injection.inject()), "");
    const auto bite = injection.bite();
    ASSERT_EQ(why(bite), "");
    EXPECT_TRUE(bite->in_force) << bite->sentence;
  }
  void restore(RealInjection& injection) {
    ASSERT_EQ(why(injection.restore()), "");
    const auto restored = injection.restored();
    ASSERT_EQ(why(restored), "");
    EXPECT_TRUE(*restored);
  }
  Lab lab;
  RealMachine machine;
};

int start_nginx(Lab& lab, int port) {
  const std::string path = lab.write(
      "nginx.conf",
      fmt::format("daemon off; pid {0}/nginx.pid; error_log {0}/error.log;\n"
                  "worker_processes   4;  # one per core\r\n"
                  "events {{ worker_connections 64; }}\n\n"
                  "http {{ access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p;\n"
                  "  fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;\n"
                  "  server {{ listen 127.0.0.1:{1}; location / {{ return 200 ok; }} }} }}",
                  lab.dir(), port));
  ::chmod(path.c_str(), 0640);
  if (lab::is_root() && ::chown(path.c_str(), 33, 34) != 0) return 0;
  const int pid = lab.start(
      "nginx", {lab::tool("nginx"), "-e", lab.path("error.log"), "-c", lab.path("nginx.conf")});
  return lab.wait_for_port(port) ? pid : 0;
}

TEST_F(RealSetting, NginxGetsHalfItsWorkersAndTheSameFileBack) {
  if (!installed("nginx")) GTEST_SKIP() << "nginx is not installed";
  const int port = lab.free_port();
  const int master = start_nginx(lab, port);
  ASSERT_NE(master, 0) << lab.read("error.log");
  ASSERT_TRUE(machine.comes_to(master, 4));
  const std::string before = picture_of(lab.path("nginx.conf"), lab.read("nginx.conf"));
  RealInjection injection(machine, "setting", machine.member(master, {port}),
                          fmt::format(R"({{"nginx": {{"setting": "worker_processes",
                                       "config": "{}"}}, "value": "50% of current"}})",
                                      lab.path("nginx.conf")));
  inject(injection);
  EXPECT_TRUE(machine.comes_to(master, 2)) << machine.children(master);
  EXPECT_NE(lab.read("nginx.conf").find("worker_processes   2;  # one per core\r\n"),
            std::string::npos);
  restore(injection);
  EXPECT_TRUE(machine.comes_to(master, 4)) << machine.children(master);
  EXPECT_EQ(picture_of(lab.path("nginx.conf"), lab.read("nginx.conf")), before);
}

TEST_F(RealSetting, NginxWorkerConnectionsInsideABlock) {
  if (!installed("nginx")) GTEST_SKIP() << "nginx is not installed";
  const int port = lab.free_port();
  const int master = start_nginx(lab, port);
  ASSERT_NE(master, 0) << lab.read("error.log");
  const std::string before = lab.read("nginx.conf");
  RealInjection injection(machine, "setting", machine.member(master),
                          fmt::format(R"({{"nginx": {{"setting": "worker_connections",
                                       "config": "{}"}}, "value": 16}})",
                                      lab.path("nginx.conf")));
  inject(injection);
  EXPECT_NE(lab.read("nginx.conf").find("{ worker_connections 16; }"), std::string::npos);
  restore(injection);
  EXPECT_EQ(lab.read("nginx.conf"), before);
}

TEST_F(RealSetting, AnNginxThatDoesNotTakeItIsAnError) {
  if (!installed("nginx")) GTEST_SKIP() << "nginx is not installed";
  const int port = lab.free_port();
  const int master = start_nginx(lab, port);
  ASSERT_NE(master, 0);
  ASSERT_TRUE(machine.comes_to(master, 4));  // or its first workers look like new ones
  const std::string before = lab.read("nginx.conf");
  RealInjection injection(machine, "setting", machine.member(master),
                          fmt::format(R"({{"nginx": {{"setting": "worker_processes",
                                       "config": "{}"}}, "value": "many"}})",
                                      lab.path("nginx.conf")));
  ASSERT_EQ(why(injection.observe()), "");
  const auto done = injection.inject();
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("started no new workers"), std::string::npos)
      << done.error().message;
  restore(injection);
  EXPECT_EQ(lab.read("nginx.conf"), before);
}

/// Name and limit of each line of haproxy's table, and the limit of the process.
std::string haproxy_limits(RealMachine& machine, const std::string& socket) {
  std::string out;
  const auto table = machine.host.sockets.exchange(socket, "show stat\n", 2s).value_or("");
  for (std::size_t at = 0; at < table.size();) {
    const std::size_t end = std::min(table.find('\n', at), table.size());
    std::vector<std::string> cells(1);
    for (const char c : table.substr(at, end - at))
      c == ',' ? (void)cells.emplace_back() : cells.back().push_back(c);
    if (cells.size() > 6) out += cells[0] + " " + cells[1] + " " + cells[6] + "\n";
    at = end + 1;
  }
  const auto info = machine.host.sockets.exchange(socket, "show info\n", 2s).value_or("");
  const auto at = info.find("\nMaxconn: ");
  return out + (at == std::string::npos ? "?" : info.substr(at, info.find('\n', at + 1) - at));
}

TEST_F(RealSetting, HaproxyLimitsThroughItsSocket) {
  if (!installed("haproxy")) GTEST_SKIP() << "haproxy is not installed";
  const int port = lab.free_port(2);
  const std::string socket = lab.path("haproxy.sock");
  lab.write("haproxy.cfg",
            fmt::format("global\n  stats socket {0} mode 600 level admin\n  maxconn 300\n"
                        "defaults\n  mode http\n  timeout connect 1s\n  timeout client 5s\n"
                        "  timeout server 5s\n"
                        "frontend shop\n  bind 127.0.0.1:{1}\n  maxconn 100\n"
                        "  default_backend web\n"
                        "backend web\n  server w1 127.0.0.1:{2} maxconn 8\n"
                        "  server w2 127.0.0.1:{2}\n",
                        socket, port, port + 1));
  const int pid =
      lab.start("haproxy", {lab::tool("haproxy"), "-db", "-f", lab.path("haproxy.cfg")});
  ASSERT_TRUE(lab.wait_for_port(port)) << lab.read("haproxy.log");
  const std::string before = haproxy_limits(machine, socket);
  EXPECT_NE(before.find("shop FRONTEND 100\nweb w1 8\nweb w2 \n"), std::string::npos) << before;
  const struct {
    std::string scope, value, reads;
  } limits[] = {{"global", "50% of current", "150"},
                {"frontend shop", "5", "5"},
                {"server web/w1", "50% of current", "4"},
                {"server web/w2", "2", "2"}};
  for (const auto& limit : limits) {
    SCOPED_TRACE(limit.scope);
    RealInjection injection(
        machine, "setting", machine.member(pid, {port}),
        fmt::format(R"({{"haproxy": {{"socket": "{}", "setting": "maxconn {}"}}, "value": "{}"}})",
                    socket, limit.scope, limit.value));
    inject(injection);
    EXPECT_EQ(injection.bite()->got, std::stod(limit.reads)) << injection.bite()->sentence;
    restore(injection);
    EXPECT_FALSE(injection.bite()->in_force);
  }
  EXPECT_EQ(haproxy_limits(machine, socket), before);
}

TEST_F(RealSetting, HaproxyRefusesAnUnknownProxy) {
  if (!installed("haproxy")) GTEST_SKIP() << "haproxy is not installed";
  const int port = lab.free_port();
  const std::string socket = lab.path("haproxy.sock");
  lab.write("haproxy.cfg",
            fmt::format("global\n  stats socket {} mode 600 level admin\ndefaults\n  mode http\n"
                        "  timeout connect 1s\n  timeout client 5s\n  timeout server 5s\n"
                        "frontend shop\n  bind 127.0.0.1:{}\n",
                        socket, port));
  const int pid =
      lab.start("haproxy", {lab::tool("haproxy"), "-db", "-f", lab.path("haproxy.cfg")});
  ASSERT_TRUE(lab.wait_for_port(port)) << lab.read("haproxy.log");
  RealInjection injection(
      machine, "setting", machine.member(pid),
      fmt::format(R"({{"haproxy": {{"socket": "{}", "setting": "maxconn frontend nope"}},
                   "value": 5}})",
                  socket));
  EXPECT_NE(why(injection.observe()).find("knows no `frontend nope`"), std::string::npos);
}

TEST_F(RealSetting, GunicornGetsHalfItsWorkersAndThemBack) {
  if (!installed("gunicorn")) GTEST_SKIP() << "gunicorn is not installed";
  const int port = lab.free_port();
  lab.write("shop.py",
            "def app(environ, start):\n    start('200 OK', [('Content-Length', '2')])\n"
            "    return [b'ok']\n");
  const int master = lab.start("gunicorn", {lab::tool("gunicorn"), "--chdir", lab.dir(), "-b",
                                            fmt::format("127.0.0.1:{}", port), "-w", "4",
                                            "--worker-tmp-dir", lab.dir(), "shop:app"});
  ASSERT_TRUE(lab.wait_for_port(port)) << lab.read("gunicorn.log");
  ASSERT_TRUE(machine.comes_to(master, 4)) << lab.read("gunicorn.log");
  RealInjection injection(machine, "setting", machine.member(master, {port}),
                          R"({"gunicorn": {"setting": "workers"}, "value": "50% of current"})");
  inject(injection);
  EXPECT_EQ(machine.children(master), 2);
  restore(injection);
  EXPECT_EQ(machine.children(master), 4);
  // gunicorn replaces a lost worker up to the number it holds: the number itself is back, too.
  const auto children = machine.host.processes.descendants(master);
  ASSERT_TRUE(children && !children->empty());
  ASSERT_EQ(why(machine.host.processes.signal(children->front().id, SIGKILL)), "");
  machine.host.clock.sleep(100ms);
  EXPECT_TRUE(machine.comes_to(master, 4));
}

int start_php_fpm(Lab& lab, const std::string& manager) {
  const std::string user = lab::is_root() ? "user = www-data\ngroup = www-data\n" : "";
  lab.write("pool.conf", fmt::format("[www]\n{}listen = {}/php.sock\n{}\n;pm.max_children = 99\n",
                                     user, lab.dir(), manager));
  lab.write("fpm.conf", fmt::format("[global]\npid = {0}/fpm.pid\nerror_log = {0}/fpm-error.log\n"
                                    "daemonize = no\ninclude = {0}/pool.conf\n",
                                    lab.dir()));
  const int pid = lab.start("fpm", {lab::tool("php-fpm8.2"), "-F", "-y", lab.path("fpm.conf")});
  return lab.wait_for_file("php.sock") && lab.wait_for_file("fpm.pid") ? pid : 0;
}

TEST_F(RealSetting, PhpFpmGetsHalfItsChildrenAndTheSameFileBack) {
  if (!installed("php-fpm8.2")) GTEST_SKIP() << "php-fpm is not installed";
  const int master = start_php_fpm(lab, "pm = static\npm.max_children   =   6");
  ASSERT_NE(master, 0) << lab.read("fpm.log") << lab.read("fpm-error.log");
  ASSERT_TRUE(machine.comes_to(master, 6));
  const std::string before = picture_of(lab.path("pool.conf"), lab.read("pool.conf"));
  RealInjection injection(
      machine, "setting", machine.member(master),
      fmt::format(R"({{"php_fpm": {{"file": "{}", "pool": "www"}}, "value": "50% of current"}})",
                  lab.path("pool.conf")));
  inject(injection);
  EXPECT_TRUE(machine.comes_to(master, 3)) << machine.children(master);
  restore(injection);
  EXPECT_TRUE(machine.comes_to(master, 6)) << machine.children(master);
  EXPECT_EQ(picture_of(lab.path("pool.conf"), lab.read("pool.conf")), before);
}

TEST_F(RealSetting, PhpFpmIsNotKilledByAValueItCannotHave) {
  if (!installed("php-fpm8.2")) GTEST_SKIP() << "php-fpm is not installed";
  const int master = start_php_fpm(lab,
                                   "pm = dynamic\npm.max_children = 6\npm.start_servers = 4\n"
                                   "pm.min_spare_servers = 3\npm.max_spare_servers = 5");
  ASSERT_NE(master, 0) << lab.read("fpm.log") << lab.read("fpm-error.log");
  const std::string before = lab.read("pool.conf");
  RealInjection injection(
      machine, "setting", machine.member(master),
      fmt::format(R"({{"php_fpm": {{"file": "{}"}}, "value": 2}})", lab.path("pool.conf")));
  ASSERT_EQ(why(injection.observe()), "");
  const auto done = injection.inject();
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("would refuse"), std::string::npos) << done.error().message;
  EXPECT_NE(done.error().message.find("pm.max_spare_servers"), std::string::npos)
      << done.error().message;
  EXPECT_EQ(lab.read("pool.conf"), before);
  EXPECT_TRUE(machine.host.processes.look(master));
}

TEST_F(RealSetting, TheShopsPoolOverHttp) {
  const int port = lab.free_port(2);
  const int pid = lab.start(
      "web", {lab::program("gunflint-shop"), "web", "--port", std::to_string(port), "--admin-port",
              std::to_string(port + 1), "--workers", "8", "--database", "127.0.0.1:1"});
  ASSERT_TRUE(lab.wait_for_port(port + 1)) << lab.read("web.log");
  const std::string url = fmt::format("http://127.0.0.1:{}/admin/pool", port + 1);
  const auto workers = [&] {
    const auto got = machine.http.send({.url = url});
    return got ? got->body : got.error().message;
  };
  EXPECT_EQ(workers(), "{\"workers\": 8}");
  RealInjection injection(machine, "setting", machine.member(pid, {port + 1, port}),
                          R"({"http": {"url": "http://${member.host}:${member.port}/admin/pool",
                           "field": "workers"}, "value": "50% of current"})");
  inject(injection);
  EXPECT_EQ(workers(), "{\"workers\": 4}");
  restore(injection);
  EXPECT_EQ(workers(), "{\"workers\": 8}");
  ASSERT_EQ(why(injection.inject()), "");
  lab.stop(pid);
  const auto undone = injection.restore();
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().cause, Cause::Gone) << undone.error().message;
}

}  // namespace
}  // namespace gunflint
