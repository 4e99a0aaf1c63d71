// What a reload shows, with real masters: nginx whose old workers finish slow requests, and
// PostgreSQL, which takes a change and replaces nobody.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

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
    return lab.wait_for_port(port) ? pid : 0;
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

}  // namespace
}  // namespace gunflint
