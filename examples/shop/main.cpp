// gunflint-shop: a small shop to break. `gunflint-shop fleet` starts a balancer, web instances with
// a worker limit, a database with a connection limit, and an autoscaler. See README.md beside this
// file.
#include <csignal>
#include <cstdio>
#include <string_view>

#include "roles.hpp"

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::string_view role = count > 1 ? words[1] : "";
  const shop::Options options(count - 2 > 0 ? count - 2 : 0, words + 2);
  if (role == "web") return shop::web(options);
  if (role == "database") return shop::database(options);
  if (role == "balancer") return shop::balancer(options);
  if (role == "fleet") return shop::fleet(options);
  std::fprintf(
      stderr,
      "usage: gunflint-shop fleet --dir DIR [--port N] [--instances 2] [--workers 2]\n"
      "                           [--max 4] [--autoscale] [--boot-ms 800] [--connections 100]\n"
      "                           [--application module:name]  (gunicorn instead of our web tier)\n"
      "       gunflint-shop web|database|balancer …   (started by fleet)\n");
  return 2;
}
