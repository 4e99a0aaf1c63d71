// The real Files port.
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <fmt/format.h>

#include "host/fd.hpp"
#include "host/real_host.hpp"

namespace gunflint {
namespace {

constexpr std::size_t file_limit = 16u << 20;

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> copy_attributes(int from, int to, const std::string& path) {
  std::vector<char> names(65536);
  const ssize_t length = ::flistxattr(from, names.data(), names.size());
  if (length < 0) return {};  // This file system has none.
  std::vector<char> value(65536);
  for (const char* name = names.data(); name < names.data() + length;
       name += std::string_view(name).size() + 1) {
    const ssize_t size = ::fgetxattr(from, name, value.data(), value.size());
    if (size < 0) continue;
    if (::fsetxattr(to, name, value.data(), static_cast<std::size_t>(size), 0) != 0)
      return fail_errno(errno, fmt::format("keep the attribute {} of {}", name, path));
  }
  return {};
}

Result<void> fill(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, "write a new version of " + path);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

class RealFiles final : public Files {
 public:
  Result<FileState> read(const std::string& path) override {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!fd) return fail_errno(errno, "open " + path);
    struct stat state {};
    if (::fstat(fd.get(), &state) != 0) return fail_errno(errno, "look at " + path);
    if (!S_ISREG(state.st_mode))
      return fail(Cause::BadInput, path + " is not an ordinary file; name one");
    FileState file;
    file.mode = state.st_mode & 07777;
    file.uid = state.st_uid;
    file.gid = state.st_gid;
    GF_TRY_AS(file.content, read_text_file(path, file_limit));
    return file;
  }

  Result<void> replace(const std::string& path, const std::string& content) override {
    const Fd old(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK));
    if (!old && errno == ELOOP)
      return fail(Cause::BadInput,
                  path + " is a symbolic link and is not written through; name its target");
    if (!old) return fail_errno(errno, "open " + path);
    struct stat state {};
    if (::fstat(old.get(), &state) != 0) return fail_errno(errno, "look at " + path);
    if (!S_ISREG(state.st_mode))
      return fail(Cause::BadInput, path + " is not an ordinary file; name one");
    const std::string folder = folder_of(path);
    std::string draft = folder + "/.gunflint-XXXXXX";
    const Fd fresh(::mkostemp(draft.data(), O_CLOEXEC));
    if (!fresh) return fail_errno(errno, "make a temporary file beside " + path);
    auto written = finish(old.get(), fresh.get(), state, content, path);
    if (written && ::rename(draft.c_str(), path.c_str()) != 0)
      written = fail_errno(errno, "put the new version in place of " + path);
    if (!written) {
      ::unlink(draft.c_str());
      return written;
    }
    const Fd parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (parent) ::fsync(parent.get());
    return {};
  }

  Result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return fail_errno(errno, "remove " + path);
    return {};
  }

  Result<bool> exists(const std::string& path) override {
    struct stat state {};
    if (::lstat(path.c_str(), &state) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return fail_errno(errno, "look at " + path);
  }

  Result<std::vector<std::string>> list(const std::string& folder) override {
    DIR* open = ::opendir(folder.c_str());
    if (open == nullptr) return fail_errno(errno, "list " + folder);
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(open))
      if (std::string_view name = entry->d_name; name != "." && name != "..")
        names.emplace_back(name);
    ::closedir(open);
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  static Result<void> finish(int old, int fresh, const struct stat& state,
                             const std::string& content, const std::string& path) {
    GF_TRY(fill(fresh, content, path));
    if (::fchown(fresh, state.st_uid, state.st_gid) != 0 &&
        (state.st_uid != ::geteuid() || state.st_gid != ::getegid()))
      return fail_errno(errno, "keep the owner of " + path);
    if (::fchmod(fresh, state.st_mode & 07777) != 0)
      return fail_errno(errno, "keep the mode of " + path);
    GF_TRY(copy_attributes(old, fresh, path));
    if (::fsync(fresh) != 0) return fail_errno(errno, "make " + path + " durable");
    return {};
  }
};

}  // namespace

std::unique_ptr<Files> make_real_files() { return std::make_unique<RealFiles>(); }

}  // namespace gunflint
