// The database: a limit of connections, 100 ms for an order. Beyond the limit a connection is
// refused with a sentence, as PostgreSQL does.
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

#include "net.hpp"
#include "roles.hpp"

namespace shop {

int database(const Options& options) {
  using namespace std::chrono_literals;
  const Fd listener = listen_on(options.integer("port", 0), 256);
  const int most = options.integer("connections", 100);
  static std::atomic<int> open{0};
  std::printf("{\"port\": %d}\n", port_of(listener));
  std::fflush(stdout);
  for (;;) {
    Fd peer(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!peer) continue;
    if (open >= most) {
      write_all(peer.get(), "FATAL: sorry, too many clients already\n");
      continue;
    }
    ++open;
    std::thread([fd = std::move(peer)] {
      if (read_until(fd.get(), "\n") == "ORDER\n") {
        std::this_thread::sleep_for(100ms);
        write_all(fd.get(), "OK\n");
      }
      --open;
    }).detach();
  }
}

}  // namespace shop
