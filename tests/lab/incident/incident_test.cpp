// The founding incident, as people meet it: the demo, haproxy with gunicorn, nginx with php-fpm.
#include <gtest/gtest.h>

#include <filesystem>

#include "gunflint/base/value.hpp"
#include "support/lab.hpp"

namespace gunflint {
namespace {

using namespace std::chrono_literals;
using lab::Ended;
using lab::Lab;

std::string experiment(const std::string& name) {
  return std::string(GUNFLINT_SOURCE_DIR) + "/experiments/" + name;
}

#define NEED_TOOL(name) \
  if (lab::tool(name).empty()) GTEST_SKIP() << name << " is not installed"

Ended gunflint_run(Lab& lab, const std::string& file, std::vector<std::string> more) {
  std::vector<std::string> argv{lab::program("gunflint"), "run", experiment(file), "--out",
                                lab.path("runs")};
  argv.insert(argv.end(), more.begin(), more.end());
  const Ended ended = lab.run(argv, 180s, {{"XDG_STATE_HOME", lab.path("state")}});
  // The whole conversation, for whoever reads a failure.
  std::printf("%s%s\n[exit %d]\n", ended.err.c_str(), ended.out.c_str(), ended.code);
  return ended;
}

/// Nothing of ours is left: no open record, no holder, no agent.
void expect_clean(Lab& lab) {
  const Ended status =
      lab.run({lab::program("gunflint"), "recover"}, 20s, {{"XDG_STATE_HOME", lab.path("state")}});
  EXPECT_EQ(status.code, 0) << status.out << status.err;
}

TEST(FoundingIncident, TheDemoTellsItInFourActs) {
  Lab lab;
  const auto begin = std::chrono::steady_clock::now();
  const Ended demo = lab.run({lab::program("gunflint"), "demo", "--out", lab.path("demo")}, 150s,
                             {{"XDG_STATE_HOME", lab.path("state")}});
  std::printf("%s%s\nthe demo took %.0f s\n", demo.err.c_str(), demo.out.c_str(),
              std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  EXPECT_EQ(demo.code, 0);
  for (int act = 1; act <= 4; ++act)
    EXPECT_TRUE(std::filesystem::exists(lab.path("demo/act-" + std::to_string(act) + ".html")));
  expect_clean(lab);
}

constexpr const char* gunicorn_shop = R"(
import json, time
def app(environ, start_response):
    path = environ["PATH_INFO"]
    time.sleep(0.16 if path == "/checkout" else 0.02)
    body = {"/items": {"items": [{"id": "A-17"}]}, "/checkout": {"order": "ok"}}.get(path, {"ok": True})
    text = json.dumps(body).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
    return [text]
)";

/// gunicorn instances behind haproxy, kept by the shop's fleet.
int open_gunicorn_shop(Lab& lab, std::vector<std::string> more) {
  lab.write("shop.py", gunicorn_shop);
  const int port = lab.free_port(2);
  std::vector<std::string> argv{
      lab::program("gunflint-shop"), "fleet",         "--dir",   lab.dir(), "--port",
      std::to_string(port),          "--application", "shop:app"};
  argv.insert(argv.end(), more.begin(), more.end());
  lab.start("fleet", argv);
  EXPECT_TRUE(lab.wait_for_file("shop.json", 20s)) << lab.read("fleet.log");
  return port;
}

std::vector<std::string> shop_vars(const Lab& lab, int port) {
  return {"--set", "url=http://127.0.0.1:" + std::to_string(port), "--set", "dir=" + lab.dir()};
}

TEST(FoundingIncident, HaproxyAndGunicornThroughFourFaults) {
  NEED_TOOL("haproxy");
  NEED_TOOL("gunicorn");
  if (!lab::is_root()) GTEST_SKIP() << "network delay needs root";
  Lab lab;
  const int port = open_gunicorn_shop(lab, {"--workers", "6", "--instances", "3", "--max", "4"});
  const Ended run = gunflint_run(lab, "web-tier/haproxy-gunicorn.yaml", shop_vars(lab, port));
  EXPECT_EQ(run.code, 0);
  expect_clean(lab);
}

TEST(FoundingIncident, GunicornWithTooFewWorkersFailsAndWithMoreInstancesStillFails) {
  NEED_TOOL("haproxy");
  NEED_TOOL("gunicorn");
  for (const char* instances : {"1", "2"}) {
    SCOPED_TRACE(instances);
    Lab lab;
    const int port =
        open_gunicorn_shop(lab, {"--workers", "2", "--instances", instances, "--max", instances});
    EXPECT_EQ(gunflint_run(
                  lab, "web-tier/worker-limit.yaml",
                  {"--set", "url=http://127.0.0.1:" + std::to_string(port), "--set", "surge=40/s"})
                  .code,
              1);
  }
  Lab lab;
  const int port = open_gunicorn_shop(lab, {"--workers", "12", "--instances", "1", "--max", "1"});
  EXPECT_EQ(
      gunflint_run(lab, "web-tier/worker-limit.yaml",
                   {"--set", "url=http://127.0.0.1:" + std::to_string(port), "--set", "surge=40/s"})
          .code,
      0);
}

/// nginx in front of a php-fpm pool of `children`; gives the port of nginx.
int open_php_shop(Lab& lab, int children) {
  const int port = lab.free_port(2);
  lab.write("shop.php",
            "<?php usleep(160000); header('Content-Type: application/json');\n"
            "echo json_encode(['order' => 'ok']);\n");
  lab.write("pool.conf", "[global]\nerror_log = " + lab.path("fpm-error.log") +
                             "\npid = " + lab.path("fpm.pid") +
                             // As a careful operator has it: a reload waits for who is served.
                             "\nprocess_control_timeout = 5s" +
                             "\n[www]\nlisten = 127.0.0.1:" + std::to_string(port + 1) +
                             "\npm = static\npm.max_children = " + std::to_string(children) + "\n" +
                             (lab::is_root() ? "user = www-data\ngroup = www-data\n" : ""));
  lab.write(
      "nginx.conf",
      "daemon off;\npid " + lab.path("nginx.pid") + ";\nerror_log " + lab.path("nginx-error.log") +
          ";\nworker_processes 1;\nevents { worker_connections 512; }\nhttp {\n access_log off;\n"
          " client_body_temp_path " +
          lab.path("body") + ";\n fastcgi_temp_path " + lab.path("fastcgi") +
          ";\n proxy_temp_path " + lab.path("proxy") + ";\n uwsgi_temp_path " + lab.path("uwsgi") +
          ";\n scgi_temp_path " + lab.path("scgi") +
          ";\n server {\n  listen 127.0.0.1:" + std::to_string(port) +
          ";\n  location / {\n   include /etc/nginx/fastcgi_params;\n   fastcgi_param "
          "SCRIPT_FILENAME " +
          lab.path("shop.php") + ";\n   fastcgi_pass 127.0.0.1:" + std::to_string(port + 1) +
          ";\n  }\n }\n}\n");
  lab.start("php-fpm", {lab::tool("php-fpm8.2"), "--nodaemonize", "--fpm-config",
                        lab.path("pool.conf"), "--pid", lab.path("fpm.pid")});
  lab.start("nginx",
            {lab::tool("nginx"), "-c", lab.path("nginx.conf"), "-e", lab.path("nginx-error.log")});
  EXPECT_TRUE(lab.wait_for_port(port + 1)) << lab.read("php-fpm.log") << lab.read("fpm-error.log");
  EXPECT_TRUE(lab.wait_for_port(port)) << lab.read("nginx.log") << lab.read("nginx-error.log");
  return port;
}

TEST(FoundingIncident, NginxAndPhpFpmFailAtTheLimitAndHoldWhenItIsRaised) {
  NEED_TOOL("nginx");
  NEED_TOOL("php-fpm8.2");
  {
    Lab lab;
    const int port = open_php_shop(lab, 2);
    EXPECT_EQ(gunflint_run(lab, "web-tier/worker-limit.yaml",
                           {"--set", "url=http://127.0.0.1:" + std::to_string(port)})
                  .code,
              1);
  }
  // A pool of its own: php-fpm works off what nobody waits for any more, long after the surge.
  Lab lab;
  const int port = open_php_shop(lab, 2);
  const std::string before = lab.read("pool.conf");
  EXPECT_EQ(
      gunflint_run(lab, "web-tier/php-fpm-limit-raised.yaml",
                   {"--set", "url=http://127.0.0.1:" + std::to_string(port), "--set",
                    "pool=" + lab.path("pool.conf"), "--set", "master=" + lab.path("fpm.pid")})
          .code,
      0);
  EXPECT_EQ(lab.read("pool.conf"), before);
  expect_clean(lab);
}

}  // namespace
}  // namespace gunflint
