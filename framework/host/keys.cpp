#include "host/keys.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

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

Result<Fd> bind_key(const std::string& key) {
  Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno(errno, "make a lock");
  const std::string name = socket_name(key);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0) return fd;
  if (errno == EADDRINUSE)
    return fail(Cause::Conflict,
                fmt::format("lock held: another run works on {}; wait for its end, or see "
                            "`gunflint status`",
                            key));
  return fail_errno(errno, "lock " + key);
}

}  // namespace

std::string machine_wide(const std::string& key) {
  if (!key.starts_with("network:") && !key.starts_with("http:")) return key;
  struct stat space {};
  if (::stat("/proc/self/ns/net", &space) != 0) return key;
  return fmt::format("{} (network namespace {})", key, space.st_ino);
}

KeyLocks::~KeyLocks() {
  for (const auto& [holder, taken] : held_) let_go(taken);
}

Result<void> KeyLocks::lock(const std::string& holder, const std::vector<std::string>& keys) {
  std::map<std::string, Fd> taken;
  auto refuse = [&](Error error) {
    let_go(taken);
    return fail(std::move(error));
  };
  for (const auto& name : keys) {
    const std::string key = machine_wide(name);
    if (taken.contains(key)) continue;
    for (const auto& [other, of] : held_)
      if (of.contains(key))
        return refuse({Cause::Conflict,
                       fmt::format("another fault of this run is in force on {}; let one begin "
                                   "after the other",
                                   key),
                       {}});
    // Where the machine has no place for the file (a container's root is read-only) the socket is
    // the lock. Any other trouble is somebody's doing, and is said.
    if (auto locked = machine_.lock(key, run_); !locked && locked.error().cause != Cause::Gone)
      return refuse(locked.error());
    auto socket = bind_key(key);
    if (!socket) machine_.release(key);
    if (!socket) return refuse(socket.error());
    taken.emplace(key, std::move(*socket));
  }
  held_[holder] = std::move(taken);
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
