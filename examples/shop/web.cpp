// One web instance. Its workers answer one request at a time, as gunicorn's sync workers or a
// php-fpm pool do; requests beyond them wait in the accept queue of the listening socket. The
// number of workers is the setting that caused the incident.
//
//   GET /items      20 ms of the worker
//   POST /cart      20 ms
//   POST /checkout  60 ms, and 100 ms waiting for the database
//   admin port:     GET /health, GET|POST /admin/pool {"workers": n}, GET /metrics
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

#include "net.hpp"
#include "roles.hpp"

namespace shop {
namespace {

using namespace std::chrono_literals;

class Web {
 public:
  explicit Web(const Options& options)
      : listener_(listen_on(options.integer("port", 0), 512)),
        admin_(listen_on(options.integer("admin-port", 0), 64)),
        database_port_(options.integer("database", 0)) {
    set_workers(options.integer("workers", 2));
  }

  int run() {
    std::printf("{\"port\": %d, \"admin\": %d}\n", port_of(listener_), port_of(admin_));
    std::fflush(stdout);
    for (;;) {
      Fd peer(::accept4(admin_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (peer) administer(peer.get());
    }
  }

 private:
  static constexpr int most_workers = 64;

  void set_workers(int n) {
    n = std::clamp(n, 1, most_workers);
    const std::lock_guard lock(mutex_);
    limit_ = n;
    while (static_cast<int>(threads_.size()) < n)
      threads_.emplace_back([this, index = static_cast<int>(threads_.size())] { work(index); });
  }

  /// A worker beyond the limit takes nothing new; what it has, it finishes.
  void work(int index) {
    for (;;) {
      if (index >= limit_) {
        std::this_thread::sleep_for(20ms);
        continue;
      }
      pollfd p{listener_.get(), POLLIN, 0};
      if (::poll(&p, 1, 50) <= 0) continue;
      Fd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!peer) continue;  // another worker was faster
      ++busy_;
      serve(peer.get());
      --busy_;
    }
  }

  void serve(int fd) {
    // Who has given up waiting is not worked for (option abortonclose of balancers; most servers
    // learn it only when they write).
    if (hung_up(fd)) return;
    const auto request = read_request(fd);
    if (!request) return;
    if (request->path.starts_with("/items")) {
      std::this_thread::sleep_for(20ms);
      answer(fd, 200, R"({"items": [{"id": "A-17", "price": 12}, {"id": "B-4", "price": 30}]})");
    } else if (request->path == "/cart") {
      std::this_thread::sleep_for(20ms);
      answer(fd, 200, R"({"cart": 1})");
    } else if (request->path == "/checkout") {
      std::this_thread::sleep_for(60ms);
      const bool ordered = order();
      answer(fd, ordered ? 200 : 503, ordered ? R"({"order": "ok"})" : R"({"error": "database"})");
    } else {
      answer(fd, 404, R"({"error": "no such page"})");
    }
    ++served_;
  }

  bool order() {
    if (database_port_ == 0) return true;
    const Fd database = dial(database_port_);
    return database && write_all(database.get(), "ORDER\n") &&
           read_until(database.get(), "\n") == "OK\n";
  }

  void administer(int fd) {
    const auto request = read_request(fd);
    if (!request) return;
    if (request->path == "/health") return answer(fd, 200, R"({"healthy": true})");
    if (request->path == "/metrics")
      return answer(fd, 200,
                    "# TYPE shop_workers gauge\nshop_workers " + std::to_string(limit_) +
                        "\n# TYPE shop_workers_busy gauge\nshop_workers_busy " +
                        std::to_string(busy_) +
                        "\n# TYPE shop_requests_total counter\nshop_requests_total " +
                        std::to_string(served_) + "\n",
                    "text/plain; version=0.0.4");
    if (request->path != "/admin/pool") return answer(fd, 404, "{}");
    if (request->method != "GET")
      if (const auto workers = json_integer(request->body, "workers")) set_workers(*workers);
    answer(fd, 200, "{\"workers\": " + std::to_string(limit_) + "}");
  }

  Fd listener_, admin_;
  int database_port_;
  std::atomic<int> limit_{0}, busy_{0};
  std::atomic<long> served_{0};
  std::mutex mutex_;
  std::vector<std::jthread> threads_;
};

}  // namespace

int web(const Options& options) {
  // Loading code and configuration takes its time before an instance listens.
  std::this_thread::sleep_for(std::chrono::milliseconds(options.integer("boot-ms", 0)));
  return Web(options).run();
}

}  // namespace shop
