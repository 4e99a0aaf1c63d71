#include "host/machine_lock.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/crc32c.hpp"
#include "host/process_table.hpp"

namespace gunflint {
namespace {

constexpr off_t slot_size = 64;
/// So many that two keys hardly ever share one: of 1024, one run in some hundreds was not named.
constexpr std::uint32_t slots = 1 << 16;

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

/// Under which key the owner's name stands. Who shares it has a name of its own: another's end
/// takes only the other's away.
std::string named(const std::string& key, bool shared, pid_t pid) {
  return shared ? fmt::format("{} shared by {}", key, pid) : key;
}

struct flock range(const std::string& key, short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = place_of(key);
  lock.l_len = 1;
  return lock;
}

/// What stands in the key's slot behind its stamp; nullopt: another key's, or nothing.
std::optional<std::string> text_in(int fd, const std::string& key) {
  std::string text(slot_size, '\0');
  const std::string stamp = stamp_of(key);
  if (::pread(fd, text.data(), text.size(), slot_of(key)) <= 0 || !text.starts_with(stamp))
    return std::nullopt;
  return text.substr(stamp.size());
}

/// Anybody may have written it: only what a run's name is made of is shown.
std::string owner_in(int fd, const std::string& key) {
  std::string owner;
  for (const char c : text_in(fd, key).value_or("")) {
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

constexpr int as_it_is = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;

/// Root's folder, made when it is not there; nobody else may put anything into it.
std::string roots_file() {
  const char* folder = "/run/gunflint";
  ::mkdir(folder, 0755);
  struct stat state {};
  const bool ours = ::lstat(folder, &state) == 0 && S_ISDIR(state.st_mode) && state.st_uid == 0 &&
                    (state.st_mode & 022) == 0;
  return ours ? std::string(folder) + "/keys" : std::string();
}

Failure held_by(int fd, const std::string& key, const struct flock& held) {
  const pid_t pid = held.l_pid;
  const std::string run = owner_in(fd, named(key, held.l_type == F_RDLCK, pid));
  if (run.empty())
    return fail(Cause::Conflict,
                fmt::format("lock held: process {} works on {}; wait for its end", pid, key));
  return fail(Cause::Conflict,
              fmt::format("lock held: the run {0} (pid {1}) works on {2}; wait for its end, or end "
                          "it with `gunflint stop {0}`",
                          run, pid, key));
}

}  // namespace

LockFiles LockFiles::of_this_user() {
  const std::string everybodys =
      std::string(is_everybodys("/run/lock") ? "/run/lock" : "/dev/shm") + "/gunflint.keys";
  const std::string roots = ::geteuid() == 0 ? roots_file() : std::string();
  return roots.empty() ? LockFiles{everybodys} : LockFiles{roots, everybodys};
}

Result<void> MachineLocks::open() {
  if (file_) return {};
  const char* path = files_.own.c_str();
  const mode_t mode = files_.everybodys.empty() ? 0666 : 0600;
  // Never O_CREAT on a file that may be another user's: sticky folders refuse that.
  Fd file(::open(path, as_it_is));
  if (!file && errno == ENOENT) {
    file = Fd(::open(path, as_it_is | O_CREAT | O_EXCL, mode));
    if (file) ::fchmod(file.get(), mode);  // whatever the umask is
    if (!file && errno == EEXIST) file = Fd(::open(path, as_it_is));
  }
  if (!file && (errno == ENOENT || errno == ENOTDIR || errno == EROFS))
    return fail(Cause::Gone, fmt::format("there is no place for the lock file {}", files_.own));
  struct stat state {};
  if (!file || ::fstat(file.get(), &state) != 0 || !S_ISREG(state.st_mode))
    return fail(
        Cause::NotPermitted,
        fmt::format("the lock file {} is no ordinary file that everybody may open: somebody "
                    "made it otherwise, and without it two runs could change one thing; "
                    "let its owner or root remove it",
                    files_.own));
  file_ = std::move(file);
  return {};
}

bool MachineLocks::replaced() const {
  struct stat ours {
  }, there{};
  return ::fstat(file_.get(), &ours) != 0 || ::lstat(files_.own.c_str(), &there) != 0 ||
         ours.st_ino != there.st_ino || ours.st_dev != there.st_dev;
}

Result<void> MachineLocks::lock_here(const std::string& key, const Held& held) {
  const bool shared = held.share == Share::Yes;
  const short type = shared ? F_RDLCK : F_WRLCK;
  auto wanted = range(key, type);
  if (::fcntl(file_.get(), F_SETLK, &wanted) == 0) {
    const std::string name = named(key, shared, ::getpid());
    std::string text = stamp_of(name) + held.owner;
    text.resize(slot_size, '\0');
    // A name that cannot be written is missed by whoever asks, and by nobody else.
    (void)!::pwrite(file_.get(), text.data(), text.size(), slot_of(name));
    return {};
  }
  if (errno != EACCES && errno != EAGAIN)
    return fail_errno(errno, fmt::format("lock {} in {}", key, files_.own));
  auto others = range(key, type);
  ::fcntl(file_.get(), F_GETLK, &others);
  return held_by(file_.get(), key, others);
}

Result<void> MachineLocks::lock(const std::string& key, const std::string& owner, Share share) {
  for (int attempt = 0; attempt < 5; ++attempt) {
    GF_TRY(open());
    GF_TRY(lock_here(key, {owner, share}));
    if (!replaced()) {
      held_[key] = {owner, share};
      auto free = look_at_everybodys(key, share);
      if (!free) release(key);
      return free;
    }
    // The old one stays open with its locks; the new one gets them, too, or we are not alone.
    before_.push_back(std::move(file_));
    file_ = Fd();
    GF_TRY(open());
    for (const auto& [other, of] : held_) GF_TRY(lock_here(other, of));
  }
  return fail(Cause::NotPermitted,
              fmt::format("somebody keeps replacing the lock file {}; find out who", files_.own));
}

/// For root. Whoever is not called gunflint has no business there; a file that cannot be read is
/// nothing that root could be kept from its work with.
Result<void> MachineLocks::look_at_everybodys(const std::string& key, Share share) const {
  if (files_.everybodys.empty()) return {};
  const Fd file(::open(files_.everybodys.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  // Our own want of descriptors says nothing of others' locks.
  if (!file && (errno == EMFILE || errno == ENFILE))
    return fail_errno(errno, "look at the locks of other users in " + files_.everybodys);
  auto held = range(key, share == Share::Yes ? F_RDLCK : F_WRLCK);
  struct stat state {};
  if (!file || ::fstat(file.get(), &state) != 0 || !S_ISREG(state.st_mode) ||
      ::fcntl(file.get(), F_GETLK, &held) != 0 || held.l_type == F_UNLCK)
    return {};
  const auto process = read_process_stat(held.l_pid);
  if (!process || !process->name.starts_with("gunflint")) return {};
  return held_by(file.get(), key, held);
}

void MachineLocks::release(const std::string& key) {
  const auto held = held_.find(key);
  const bool shared = held != held_.end() && held->second.share == Share::Yes;
  if (held != held_.end()) held_.erase(held);
  auto lock = range(key, F_UNLCK);
  for (const Fd& old : before_) ::fcntl(old.get(), F_SETLK, &lock);
  if (!file_) return;
  const std::string name = named(key, shared, ::getpid());
  const std::array<char, slot_size> nobody{};
  if (text_in(file_.get(), name))
    (void)!::pwrite(file_.get(), nobody.data(), nobody.size(), slot_of(name));
  ::fcntl(file_.get(), F_SETLK, &lock);
}

}  // namespace gunflint
