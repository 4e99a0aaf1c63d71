// Members of real servers: haproxy, nginx with workers, gunicorn with workers.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "gunflint/concepts/target.hpp"
#include "host/no_http.hpp"
#include "host/real_host.hpp"
#include "support/lab.hpp"

namespace gunflint {
namespace {

using lab::Lab;

struct Here {
  RealHost real;
  std::unique_ptr<Network> network = make_no_network();
  std::unique_ptr<Holders> holders = make_no_holders();
  NoHttp http;
  Host host = real.with(*network, *holders, http);
};

TargetSpec target(LocalSelector by) {
  TargetSpec spec;
  spec.name = "web", spec.kind = "local", spec.local = std::move(by);
  return spec;
}

std::string nginx_conf(const Lab& lab, int port) {
  return fmt::format(
      "daemon off; pid {0}/nginx.pid; error_log {0}/error.log; worker_processes 2;\n"
      "events {{ worker_connections 64; }}\n"
      "http {{ access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p;\n"
      "  fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;\n"
      "  server {{ listen 127.0.0.1:{1}; location /health {{ return 200 ok; }} }} }}\n",
      lab.dir(), port);
}

TEST(RealTarget, TheMasterOfNginxIsTheMemberWhicheverWayItIsSelected) {
  if (lab::tool("nginx").empty()) GTEST_SKIP() << "nginx is not installed";
  Lab lab;
  const int port = lab.free_port();
  lab.write("nginx.conf", nginx_conf(lab, port));
  const auto master = lab.start(
      "nginx", {lab::tool("nginx"), "-e", lab.path("error.log"), "-c", lab.path("nginx.conf")});
  ASSERT_TRUE(lab.wait_for_port(port)) << lab.read("nginx.log") << lab.read("error.log");
  ASSERT_TRUE(lab.wait_for_file("nginx.pid"));
  Here here;
  for (const LocalSelector& by :
       {LocalSelector{.cmdline = lab.path("nginx.conf")}, LocalSelector{.port = port},
        LocalSelector{.pid_file = lab.path("nginx.pid")},
        LocalSelector{.process = "nginx", .port = port}}) {
    const auto found = find_members(here.host, target(by));
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->size(), 1u);
    EXPECT_EQ(found->front().pid, master);
    EXPECT_EQ(found->front().ports, std::vector<int>{port});
    EXPECT_EQ(found->front().address, "127.0.0.1");
  }
}

TEST(RealTarget, ReadyFollowsTheServer) {
  if (lab::tool("nginx").empty()) GTEST_SKIP() << "nginx is not installed";
  Lab lab;
  const int port = lab.free_port();
  lab.write("nginx.conf", nginx_conf(lab, port));
  const std::vector<std::string> argv{lab::tool("nginx"), "-e", lab.path("error.log"), "-c",
                                      lab.path("nginx.conf")};
  auto pid = lab.start("nginx", argv);
  ASSERT_TRUE(lab.wait_for_port(port));
  Here here;
  auto spec = target({.cmdline = lab.path("nginx.conf")});
  spec.ready.http = "http://${member.host}:${member.port}/health";
  const auto watch = watch_members(spec);
  auto seen = watch->look(here.host);
  ASSERT_TRUE(seen) << seen.error().message;
  ASSERT_EQ(seen->size(), 1u);
  EXPECT_TRUE(seen->front().ready);
  EXPECT_GT(seen->front().memory, 0);
  lab.stop(pid);
  seen = watch->look(here.host);
  ASSERT_TRUE(seen);
  EXPECT_TRUE(seen->empty());
  lab.start("nginx2", argv);
  ASSERT_TRUE(lab.wait_for_port(port));
  seen = watch->look(here.host);
  ASSERT_TRUE(seen);
  ASSERT_EQ(seen->size(), 1u);
  EXPECT_EQ(watch->restarts(), 1);
}

TEST(RealTarget, TheMasterOfGunicornIsTheMember) {
  if (lab::tool("gunicorn").empty()) GTEST_SKIP() << "gunicorn is not installed";
  Lab lab;
  const int port = lab.free_port();
  lab.write("app.py", "def app(env, start):\n  start('200 OK', [])\n  return [b'hello']\n");
  const auto master = lab.start("gunicorn", {lab::tool("gunicorn"), "--chdir", lab.dir(), "-w", "2",
                                             "-b", fmt::format("127.0.0.1:{}", port), "app:app"});
  ASSERT_TRUE(lab.wait_for_port(port, std::chrono::seconds(20))) << lab.read("gunicorn.log");
  Here here;
  auto spec = target({.process = "gunicorn", .cmdline = lab.dir()});
  spec.ready.tcp = "${member.host}:${member.port}";
  const auto seen = watch_members(spec)->look(here.host);
  ASSERT_TRUE(seen) << seen.error().message;
  ASSERT_EQ(seen->size(), 1u);
  EXPECT_EQ(seen->front().member.pid, master);
  EXPECT_TRUE(seen->front().ready);
}

}  // namespace
}  // namespace gunflint
