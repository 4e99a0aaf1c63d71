#include "host/machine_lock.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/crc32c.hpp"

namespace gunflint {
namespace {

constexpr off_t slot_size = 64;
constexpr std::uint32_t slots = 1024;

/// Which byte is locked: far beyond the end of the file, where locks need no bytes, so that two
/// keys practically never share one.
off_t place_of(const std::string& key) {
  return static_cast<off_t>(crc32c(key)) << 30 | static_cast<off_t>(crc32c("2" + key) >> 2);
}
/// Where the owner's name stands, behind the key's checksum: two keys may share a slot, and then
/// only the last one's owner is named.
off_t slot_of(const std::string& key) {
  return static_cast<off_t>(crc32c(key) % slots) * slot_size;
}
std::string stamp_of(const std::string& key) { return fmt::format("{:08x} ", crc32c(key)); }

struct flock range(const std::string& key, short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = place_of(key);
  lock.l_len = 1;
  return lock;
}

/// Anybody may have written it: only what a run's name is made of is shown.
std::string owner_in(int fd, const std::string& key) {
  std::array<char, slot_size> text{};
  if (::pread(fd, text.data(), text.size(), slot_of(key)) <= 0) return {};
  const std::string stamp = stamp_of(key);
  std::string_view rest(text.data(), text.size());
  if (!rest.starts_with(stamp)) return {};
  rest.remove_prefix(stamp.size());
  std::string owner;
  for (const char c : rest) {
    const bool fits = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '-' || c == '_' || c == '.';
    if (!fits) break;
    owner += c;
  }
  return owner;
}

bool is_everybodys(const char* folder) {
  struct stat state {};
  return ::stat(folder, &state) == 0 && S_ISDIR(state.st_mode) && state.st_uid == 0 &&
         (state.st_mode & 01777) == 01777;
}

}  // namespace

std::string machine_lock_file() {
  return std::string(is_everybodys("/run/lock") ? "/run/lock" : "/dev/shm") + "/gunflint.keys";
}

bool MachineLocks::open() {
  if (file_) return true;
  // Never O_CREAT on a file that may be another user's: sticky folders refuse that.
  file_ = Fd(::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file_ && errno == ENOENT) {
    file_ = Fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (file_) ::fchmod(file_.get(), 0666);  // whatever the umask is
    if (!file_ && errno == EEXIST)
      file_ = Fd(::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  }
  struct stat state {};
  if (file_ && (::fstat(file_.get(), &state) != 0 || !S_ISREG(state.st_mode))) file_.close();
  return static_cast<bool>(file_);
}

Result<void> MachineLocks::lock(const std::string& key, const std::string& owner) {
  if (!open()) return {};
  auto wanted = range(key, F_WRLCK);
  if (::fcntl(file_.get(), F_SETLK, &wanted) == 0) {
    std::string text = stamp_of(key) + owner;
    text.resize(slot_size, '\0');
    // A name that cannot be written is missed by whoever asks, and by nobody else.
    (void)!::pwrite(file_.get(), text.data(), text.size(), slot_of(key));
    return {};
  }
  if (errno != EACCES && errno != EAGAIN) return {};
  auto held = range(key, F_WRLCK);
  ::fcntl(file_.get(), F_GETLK, &held);
  const std::string run = owner_in(file_.get(), key);
  if (run.empty())
    return fail(Cause::Conflict, fmt::format("lock held: process {} works on {}; wait for its end",
                                             held.l_pid, key));
  return fail(Cause::Conflict,
              fmt::format("lock held: the run {0} (pid {1}) works on {2}; wait for its end, or end "
                          "it with `gunflint stop {0}`",
                          run, held.l_pid, key));
}

void MachineLocks::release(const std::string& key) {
  if (!file_) return;
  const std::array<char, slot_size> nobody{};
  (void)!::pwrite(file_.get(), nobody.data(), nobody.size(), slot_of(key));
  auto lock = range(key, F_UNLCK);
  ::fcntl(file_.get(), F_SETLK, &lock);
}

}  // namespace gunflint
