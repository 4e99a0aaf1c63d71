#include "host/keys.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fmt/format.h>

#include "base/crc32c.hpp"

namespace gunflint {
namespace {

/// An abstract name has room for 107 characters; a longer key keeps its end and gets a checksum.
std::string socket_name(const std::string& key) {
  std::string name = "gunflint-key:" + key;
  if (name.size() <= 100) return name;
  return fmt::format("gunflint-key:{:08x}:{}", crc32c(key), key.substr(key.size() - 70));
}

/// bind(2) or connect(2) on the key's name.
int with_name_of(const std::string& key, int fd, int (*act)(int, const sockaddr*, socklen_t)) {
  const std::string name = socket_name(key);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  return act(fd, reinterpret_cast<const sockaddr*>(&address), size);
}

Failure bound_by_another(const std::string& key) {
  return fail(Cause::Conflict,
              fmt::format("lock held: another run works on {}; wait for its end, or see "
                          "`gunflint status`",
                          key));
}

Result<Fd> bind_key(const std::string& key) {
  Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno(errno, "make a lock");
  if (with_name_of(key, fd.get(), ::bind) == 0) return fd;
  if (errno == EADDRINUSE) return bound_by_another(key);
  return fail_errno(errno, "lock " + key);
}

/// Somebody has locked it. Asking binds nothing, so that two who ask do not meet each other.
bool is_bound(const std::string& key) {
  const Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return fd && with_name_of(key, fd.get(), ::connect) == 0;
}

}  // namespace

std::string machine_wide(const std::string& key) {
  const bool of_network =
      key.starts_with("network:") || key.starts_with("http:") || key == "member:host";
  const bool of_process = key.starts_with("member:pid:");
  if (!of_network && !of_process) return key;
  struct stat space {};
  if (::stat(of_network ? "/proc/self/ns/net" : "/proc/self/ns/pid", &space) != 0) return key;
  return fmt::format("{} ({} namespace {})", key, of_network ? "network" : "pid", space.st_ino);
}

namespace {

/// "network:<member> <direction> <host>:<port>", perhaps with more behind it.
struct NetworkKey {
  explicit NetworkKey(std::string_view key) {
    if (!key.starts_with("network:")) return;
    const auto direction = key.find(' ');
    const auto peer = key.find(' ', direction + 1);
    if (direction == key.npos || peer == key.npos) return;
    const auto end = std::min(key.find(' ', peer + 1), key.size());
    const auto colon = key.substr(0, end).rfind(':');
    if (colon == key.npos || colon < peer) return;
    whose = key.substr(0, peer);
    host = key.substr(peer + 1, colon - peer - 1);
    port = key.substr(colon + 1, end - colon - 1);
    rest = key.substr(end);
  }
  std::string_view whose, host, port, rest;
};

}  // namespace

bool keys_overlap(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const NetworkKey x(a), y(b);
  const auto meet = [](std::string_view p, std::string_view q) {
    return p == q || p == "*" || q == "*";
  };
  return !x.whose.empty() && x.whose == y.whose && x.rest == y.rest && meet(x.host, y.host) &&
         meet(x.port, y.port);
}

namespace {

/// Where the file holds the lock, sockets are the second one: they leave the run the most of its
/// descriptors, however many members it has.
std::size_t sockets_at_most() {
  struct rlimit files {};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return 0;
  return std::min<std::size_t>(files.rlim_cur / 4, 256);
}

std::size_t sockets_in(const std::map<std::string, Fd>& taken) {
  return static_cast<std::size_t>(
      std::ranges::count_if(taken, [](const auto& one) { return bool(one.second); }));
}

}  // namespace

KeyLocks::~KeyLocks() {
  for (const auto& [holder, taken] : held_) let_go(taken);
}

Result<void> KeyLocks::lock(const std::string& holder, const std::vector<std::string>& keys) {
  std::map<std::string, Fd> taken;
  std::size_t sockets = 0;
  for (const auto& [other, of] : held_) sockets += sockets_in(of);
  auto refuse = [&](Error error) {
    let_go(taken);
    return fail(std::move(error));
  };
  for (const auto& name : keys) {
    const std::string key = machine_wide(name);
    if (taken.contains(key)) continue;
    const auto overlaps = [&](const auto& held) { return keys_overlap(held.first, key); };
    for (const auto& [other, of] : held_)
      if (std::any_of(of.begin(), of.end(), overlaps))
        return refuse({Cause::Conflict,
                       fmt::format("another fault of this run is in force on {}; let one begin "
                                   "after the other",
                                   key),
                       {}});
    // Where the machine has no place for the file (a container's root is read-only) the socket is
    // the lock. Any other trouble is somebody's doing, and is said.
    const auto in_file = machine_.lock(key, run_);
    if (!in_file && in_file.error().cause != Cause::Gone) return refuse(in_file.error());
    if (in_file && sockets >= sockets_at_most()) {
      taken.emplace(key, Fd());
      continue;
    }
    auto socket = bind_key(key);
    // Descriptors may be short all the same: the file's lock is one by itself.
    const bool too_many = !socket && in_file && socket.error().cause != Cause::Conflict;
    if (!socket && !too_many) {
      if (in_file) machine_.release(key);
      return refuse(socket.error());
    }
    if (socket) ++sockets;
    taken.emplace(key, too_many ? Fd() : std::move(*socket));
  }
  held_[holder] = std::move(taken);
  return {};
}

Result<void> KeyLocks::share(const std::string& holder, const std::string& name) {
  const std::string key = machine_wide(name);
  const auto in_file = machine_.lock(key, run_, MachineLocks::Share::Yes);
  if (!in_file && in_file.error().cause != Cause::Gone) return fail(in_file.error());
  if (is_bound(key)) {
    machine_.release(key);
    return bound_by_another(key);
  }
  held_[holder].emplace(key, Fd());
  return {};
}

void KeyLocks::let_go(const std::map<std::string, Fd>& taken) {
  for (const auto& [key, socket] : taken) machine_.release(key);
}

void KeyLocks::release(const std::string& holder) {
  const auto found = held_.find(holder);
  if (found == held_.end()) return;
  let_go(found->second);
  held_.erase(found);
}

}  // namespace gunflint
