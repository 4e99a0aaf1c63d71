#include "agent/keys.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include <sys/socket.h>
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
                fmt::format("another fault is in force on {}; wait for its end, or see `gunflint "
                            "status`",
                            key));
  return fail_errno(errno, "lock " + key);
}

}  // namespace

Result<void> KeyLocks::lock(const std::string& injection, const std::vector<std::string>& keys) {
  std::map<std::string, Fd> taken;
  for (const auto& key : keys) {
    if (taken.contains(key)) continue;
    GF_TRY_AS(Fd fd, bind_key(key));
    taken.emplace(key, std::move(fd));
  }
  held_[injection] = std::move(taken);
  return {};
}

void KeyLocks::release(const std::string& injection) { held_.erase(injection); }

}  // namespace gunflint
