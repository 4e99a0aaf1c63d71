// What a reload shows, with real masters: nginx whose old workers finish slow requests, and
// PostgreSQL, which takes a change and replaces nobody.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <arpa/inet.h>
#include <sys/socket.h>

#include "host/fd.hpp"
#include "lab/faults/real_injection.hpp"

namespace gunflint {
namespace {

using lab::Lab;

/// A client that has sent half a request: its worker cannot end before the client does.
Fd slow_client(int port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return Fd();
  return write_all(fd.get(), "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1", 2s)
             ? std::move(fd)
             : Fd();
}

class RealReload : public testing::Test {
 protected:
  /// Children of the master whose title has this in it.
  int titled(int master, const std::string& title) {
    int count = 0;
    for (const auto& child :
         machine.host.processes.descendants(master).value_or(std::vector<ProcessInfo>{}))
      if (!child.argv.empty() && child.argv[0].find(title) != std::string::npos) ++count;
    return count;
  }
  /// initdb as the user that PostgreSQL may run as; its master, or 0.
  int start_postgres(int port) {
    const std::string bin = std::filesystem::path(postgres()).parent_path();
    std::vector<std::string> as;
    if (lab::is_root()) {
      as = {lab::tool("setpriv"), "--reuid=postgres", "--regid=postgres", "--init-groups"};
      if (lab.run({"chown", "postgres", lab.dir()}).code != 0) return 0;
    }
    const auto with = [&](std::vector<std::string> argv) {
      argv.insert(argv.begin(), as.begin(), as.end());
      return argv;
    };
    const std::string data = lab.path("data");
    if (lab.run(with({bin + "/initdb", "-D", data, "-A", "trust", "-N"})).code != 0) return 0;
    const int pid = lab.start(
        "postgres", with({bin + "/postgres", "-D", data, "-p", std::to_string(port), "-k",
                          lab.dir(), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"}));
    if (!lab.wait_for_port(port)) return 0;
    // Its port is open before the children are there that it works with.
    for (int i = 0; i < 500 && children(pid) == 0; ++i) ::usleep(10'000);
    return pid;
  }
  static int children(int pid) {
    std::ifstream list(fmt::format("/proc/{0}/task/{0}/children", pid));
    return static_cast<int>(std::distance(std::istream_iterator<int>(list), {}));
  }
  static std::string postgres() {
    for (const char* version : {"15", "16", "17"})
      if (const std::string path = fmt::format("/usr/lib/postgresql/{}/bin/postgres", version);
          std::filesystem::exists(path))
        return path;
    return {};
  }
  Lab lab;
  RealMachine machine;
};

TEST_F(RealReload, AnNginxWhoseOldWorkerFinishesASlowRequestHasTakenIt) {
  if (lab::tool("nginx").empty()) GTEST_SKIP() << "nginx is not installed";
  const int port = lab.free_port();
  lab.write(
      "nginx.conf",
      fmt::format("daemon off; pid {0}/nginx.pid; error_log {0}/error.log;\n"
                  "worker_processes 2;\nevents {{ worker_connections 64; }}\n"
                  "http {{ access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p;\n"
                  "  fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;\n"
                  "  server {{ listen 127.0.0.1:{1}; location / {{\n"
                  "    proxy_pass http://127.0.0.1:1; }} }} }}\n",
                  lab.dir(), port));
  const int master = lab.start(
      "nginx", {lab::tool("nginx"), "-e", lab.path("error.log"), "-c", lab.path("nginx.conf")});
  ASSERT_TRUE(lab.wait_for_port(port)) << lab.read("error.log");
  ASSERT_TRUE(machine.comes_to(master, 2));
  const Fd client = slow_client(port);
  ASSERT_TRUE(client);
  machine.host.clock.sleep(100ms);  // for a worker to take it
  RealInjection injection(machine, "setting", machine.member(master),
                          fmt::format(R"({{"nginx": {{"setting": "worker_processes",
                                       "config": "{}"}}, "value": 1}})",
                                      lab.path("nginx.conf")));
  ASSERT_EQ(why(injection.observe()), "");
  EXPECT_EQ(why(injection.inject()), "");
  EXPECT_EQ(titled(master, "shutting down"), 1) << "the slow request keeps its worker";
  EXPECT_TRUE(injection.bite()->in_force);
  EXPECT_EQ(why(injection.restore()), "");
  EXPECT_TRUE(*injection.restored());
  EXPECT_EQ(titled(master, "shutting down"), 1);
}

TEST_F(RealReload, APostgresReplacesNobodyAndIsUndoneAllTheSame) {
  if (postgres().empty()) GTEST_SKIP() << "PostgreSQL is not installed";
  if (lab::is_root() && lab::tool("setpriv").empty()) GTEST_SKIP() << "setpriv is not installed";
  const int port = lab.free_port();
  const int master = start_postgres(port);
  ASSERT_NE(master, 0) << lab.read("postgres.log");
  const std::string before = lab.read("data/postgresql.conf");
  const std::string file = lab.path("data/postgresql.conf");
  RealInjection injection(
      machine, "setting", machine.member(master),
      fmt::format(R"({{"file": {{"path": "{}", "key": "max_connections", "reload":
                   {{"signal": "HUP", "pid_file": "{}"}}}}, "value": 20}})",
                  file, lab.path("data/postmaster.pid")));
  ASSERT_EQ(why(injection.observe()), "");
  const auto done = injection.inject();
  ASSERT_FALSE(done) << "nobody has seen it";
  EXPECT_EQ(done.error().cause, Cause::TimedOut) << done.error().message;
  EXPECT_EQ(why(injection.restore()), "");
  EXPECT_TRUE(*injection.restored());
  EXPECT_EQ(lab.read("data/postgresql.conf"), before);
}

/// Forks for each connection, and neither reads its file nor minds HUP.
constexpr const char* fork_per_connection = R"(
import os, signal, socket, sys, time
signal.signal(signal.SIGHUP, signal.SIG_IGN)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
server = socket.create_server(('127.0.0.1', int(sys.argv[1])), backlog=64)
while True:
    client, _ = server.accept()
    if os.fork() == 0:
        time.sleep(0.03)
        client.sendall(b'ok')
        os._exit(0)
    client.close()
)";

/// One connection after the other, each read to its end.
void connect_until(const std::atomic<bool>& over, int port) {
  while (!over) {
    const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{.tv_sec = 2, .tv_usec = 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) continue;
    char text[8];
    while (::recv(fd.get(), text, sizeof text, 0) > 0) {
    }
  }
}

TEST_F(RealReload, UnderLoadAServiceThatForksForEachConnectionIsNotTakenForReloaded) {
  const std::string python = lab::tool("python3");
  if (python.empty()) GTEST_SKIP() << "python3 is not installed";
  const int port = lab.free_port();
  const std::string file = lab.write("shop.conf", "workers = 8\n");
  const int master =
      lab.start("shop", {python, lab.write("shop.py", fork_per_connection), std::to_string(port)});
  ASSERT_TRUE(lab.wait_for_port(port)) << lab.read("shop.log");
  std::atomic<bool> over{false};
  std::vector<std::thread> load;
  for (int i = 0; i < 3; ++i) load.emplace_back([&] { connect_until(over, port); });
  RealInjection injection(machine, "setting", machine.member(master),
                          fmt::format(R"({{"file": {{"path": "{}", "key": "workers",
                                       "reload": {{"signal": "HUP"}}}}, "value": 1}})",
                                      file));
  std::string refused = "not looked at";  // a child is alive at most looks, not at every one
  for (int i = 0; i < 100 && !refused.empty(); ++i) refused = why(injection.observe());
  const auto done = refused.empty() ? injection.inject() : Result<void>();
  over = true;
  for (auto& one : load) one.join();
  ASSERT_EQ(refused, "");
  ASSERT_FALSE(done) << "it never read the file";
  EXPECT_NE(done.error().message.find("has no workers (children that live for 1s or more)"),
            std::string::npos)
      << done.error().message;
  EXPECT_EQ(lab.read("shop.conf"), "workers = 8\n");
  EXPECT_EQ(why(injection.restore()), "");
  EXPECT_TRUE(*injection.restored());
}

TEST_F(RealReload, AGunicornThatReadsItsFileAndReplacesItsWorkersHasTakenIt) {
  if (lab::tool("gunicorn").empty()) GTEST_SKIP() << "gunicorn is not installed";
  const int port = lab.free_port();
  lab.write("shop.py",
            "def app(environ, start):\n    start('200 OK', [('Content-Length', '2')])\n"
            "    return [b'ok']\n");
  const std::string text =
      fmt::format("workers = 3\nbind = '127.0.0.1:{}'\nchdir = '{}'\nworker_tmp_dir = '{}'\n", port,
                  lab.dir(), lab.dir());
  const std::string file = lab.write("gunicorn.conf.py", text);
  const int master = lab.start("gunicorn", {lab::tool("gunicorn"), "-c", file, "shop:app"});
  ASSERT_TRUE(lab.wait_for_port(port)) << lab.read("gunicorn.log");
  ASSERT_TRUE(machine.comes_to(master, 3)) << lab.read("gunicorn.log");
  RealInjection injection(machine, "setting", machine.member(master, {port}),
                          fmt::format(R"({{"file": {{"path": "{}", "key": "workers",
                                       "reload": {{"signal": "HUP"}}}}, "value": 2}})",
                                      file));
  ASSERT_EQ(why(injection.observe()), "");
  ASSERT_EQ(why(injection.inject()), "") << lab.read("gunicorn.log");
  EXPECT_TRUE(injection.bite()->in_force);
  EXPECT_TRUE(machine.comes_to(master, 2)) << machine.children(master);
  EXPECT_EQ(why(injection.restore()), "");
  EXPECT_TRUE(*injection.restored());
  EXPECT_TRUE(machine.comes_to(master, 3)) << machine.children(master);
  EXPECT_EQ(lab.read("gunicorn.conf.py"), text);
}

}  // namespace
}  // namespace gunflint
