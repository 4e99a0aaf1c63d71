// A TCP balancer for machines without haproxy: least connections, and the few runtime commands that
// the fleet uses. Servers are slots that are in maintenance until they are given an address.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <sstream>
#include <thread>
#include <vector>

#include "net.hpp"
#include "roles.hpp"

namespace shop {
namespace {

struct Slot {
  int port = 0, sessions = 0;
  std::string status = "MAINT";
};

class Balancer {
 public:
  explicit Balancer(const Options& options)
      : listener_(listen_on(options.integer("port", 0), 1024)),
        slots_(static_cast<std::size_t>(options.integer("slots", 8))),
        socket_path_(options.text("socket")) {}

  int run() {
    std::thread([this] { control(); }).detach();
    for (;;) {
      Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (client) std::thread([this, fd = std::move(client)] { relay(fd.get()); }).detach();
    }
  }

 private:
  /// The ready server with the fewest sessions, and one session more on it.
  int take() {
    const std::lock_guard lock(mutex_);
    int best = -1;
    for (std::size_t i = 0; i < slots_.size(); ++i)
      if (slots_[i].status == "UP" &&
          (best < 0 || slots_[i].sessions < slots_[static_cast<std::size_t>(best)].sessions))
        best = static_cast<int>(i);
    if (best >= 0) ++slots_[static_cast<std::size_t>(best)].sessions;
    return best;
  }

  void relay(int client) {
    const int slot = take();
    if (slot < 0) return answer(client, 503, R"({"error": "no server is available"})");
    auto& server = slots_[static_cast<std::size_t>(slot)];
    if (const Fd upstream = dial(server.port)) {
      pollfd ends[2] = {{client, POLLIN, 0}, {upstream.get(), POLLIN, 0}};
      char part[16384];
      for (bool open = true; open && ::poll(ends, 2, 30000) > 0;)
        for (int i = 0; i < 2 && open; ++i) {
          if (!(ends[i].revents & (POLLIN | POLLHUP | POLLERR))) continue;
          const auto n = ::recv(ends[i].fd, part, sizeof part, 0);
          open = n > 0 && write_all(ends[1 - i].fd, {part, static_cast<std::size_t>(n)});
        }
    } else {
      answer(client, 503, R"({"error": "the server does not answer"})");
    }
    const std::lock_guard lock(mutex_);
    --server.sessions;
  }

  std::string obey(const std::string& command) {
    std::istringstream words(command);
    std::string set, server, name, verb, value, port_word;
    const std::lock_guard lock(mutex_);
    if (command.starts_with("show stat")) {
      std::string table = "# pxname,svname\n";
      for (std::size_t i = 0; i < slots_.size(); ++i)
        table += "shop,web" + std::to_string(i + 1) + ",0,0," + std::to_string(slots_[i].sessions) +
                 ",0,0,0,0,0,0,0,0,0,0,0,0," + slots_[i].status + ",\n";
      return table + "\n";
    }
    words >> set >> server >> name >> verb >> value;
    const auto slot =
        static_cast<std::size_t>(std::atoi(name.c_str() + std::strlen("shop/web"))) - 1;
    if (!name.starts_with("shop/web") || slot >= slots_.size()) return "No such server.\n\n";
    if (verb == "addr") words >> port_word >> slots_[slot].port;
    if (verb == "state")
      slots_[slot].status = value == "ready" ? "UP" : value == "drain" ? "DRAIN" : "MAINT";
    return "\n\n";
  }

  void control() {
    const Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket_path_.c_str(), sizeof address.sun_path - 1);
    ::unlink(socket_path_.c_str());
    if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return;
    ::listen(listener.get(), 16);
    for (;;) {
      const Fd peer(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (peer) write_all(peer.get(), obey(read_until(peer.get(), "\n")));
    }
  }

  Fd listener_;
  std::mutex mutex_;
  std::vector<Slot> slots_;
  std::string socket_path_;
};

}  // namespace

int balancer(const Options& options) { return Balancer(options).run(); }

}  // namespace shop
