#include "cli/writable.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

namespace gunflint {
namespace {

enum class What { Nothing, Folder, File, Other };
What what_is(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return What::Nothing;
  return S_ISDIR(info.st_mode) ? What::Folder : S_ISREG(info.st_mode) ? What::File : What::Other;
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

/// access() says what the mode bits allow; only a try says what the file system does.
Result<void> try_in(const std::string& folder, const std::string& attempted) {
  const std::string path = fmt::format("{}/.gunflint-{}", folder, ::getpid());
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    const auto failed = fail_errno(errno, attempted);
    return fail(Cause::BadInput,
                failed.value().message + "; make that folder writable, or name another");
  }
  ::close(fd);
  ::unlink(path.c_str());
  return {};
}

}  // namespace

Result<void> can_write_file(const std::string& option, const std::string& path) {
  if (path.empty()) return {};
  if (path.ends_with('/') || what_is(path) == What::Folder)
    return fail(Cause::BadInput, fmt::format("{} {} is a folder; name a file, such as {}{}{}",
                                             option, path, path, path.ends_with('/') ? "" : "/",
                                             option == "--junit" ? "junit.xml"
                                             : option == "--csv" ? "seconds.csv"
                                             : option == "--hdr" ? "latency.hlog"
                                                                 : "report.html"));
  // The report is written beside and moved there: a device would be replaced by it.
  if (what_is(path) == What::Other)
    return fail(Cause::BadInput,
                fmt::format("{} {} is no ordinary file; name another", option, path));
  const std::string folder = parent_of(path);
  if (what_is(folder) != What::Folder)
    return fail(Cause::BadInput, fmt::format("{} {} cannot be written: there is no folder {}; "
                                             "make it, or name another",
                                             option, path, folder));
  return try_in(folder, fmt::format("write {} {}", option, path));
}

Result<void> can_write_into(const std::string& option, const std::string& folder) {
  std::string present = folder.empty() ? "." : folder;
  while (present.size() > 1 && present.ends_with('/')) present.pop_back();
  while (what_is(present) == What::Nothing && present != "." && present != "/")
    present = parent_of(present);
  if (what_is(present) != What::Folder)
    return fail(Cause::BadInput,
                fmt::format("{} {} cannot hold runs: {} is not a folder; name another", option,
                            folder, present));
  return try_in(present, fmt::format("write into {} {}", option, folder));
}

}  // namespace gunflint
