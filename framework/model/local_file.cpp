#include "model/local_file.hpp"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

namespace gunflint {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File open_local(const std::string& path) {
  return {path == "-" ? stdin : std::fopen(path.c_str(), "rbe"),
          [](std::FILE* f) { return f && f != stdin ? std::fclose(f) : 0; }};
}

}  // namespace

Result<std::string> read_local_file(const std::string& path, std::size_t most) {
  const File file = open_local(path);
  if (!file) return fail_errno(errno, "read " + path);
  if (struct stat info{}; ::fstat(::fileno(file.get()), &info) == 0 && S_ISDIR(info.st_mode))
    return fail(Cause::Gone, path + " is a folder");
  std::string text;
  std::array<char, 65536> buffer;
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    text.append(buffer.data(), n);
    if (text.size() > most)
      return fail(Cause::BadInput, fmt::format("{} has more than {} bytes", path, most));
  }
  if (std::ferror(file.get())) return fail_errno(errno, "read " + path);
  return text;
}

Result<void> read_pieces(const std::string& path, std::size_t most,
                         const std::function<bool(std::string_view)>& on_piece) {
  // Asked by name first: to open a pipe is to wait for its writer.
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fail_errno(errno, "read " + path);
  if (S_ISDIR(info.st_mode)) return fail(Cause::Gone, path + " is a folder");
  if (!S_ISREG(info.st_mode)) return fail(Cause::BadInput, path + " is no regular file");
  const auto too_large = [&] {
    return fail(Cause::BadInput,
                fmt::format("{} has more than {} MiB; split it", path, most >> 20));
  };
  if (static_cast<std::size_t>(info.st_size) > most) return too_large();
  const File file = open_local(path);
  if (!file) return fail_errno(errno, "read " + path);
  std::size_t total = 0;
  std::array<char, 65536> buffer;
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    if ((total += n) > most) return too_large();  // it grows while we read
    if (!on_piece({buffer.data(), n})) return {};
  }
  if (std::ferror(file.get())) return fail_errno(errno, "read " + path);
  return {};
}

std::string beside(const std::string& file, const std::string& path) {
  if (!path.empty() && path.front() == '/') return path;
  const auto slash = file.rfind('/');
  return slash == file.npos ? path : file.substr(0, slash + 1) + path;
}

std::string absolute_path(const std::string& path) {
  std::error_code unknown;
  const auto absolute = std::filesystem::absolute(path, unknown);
  return unknown ? path : absolute.lexically_normal().string();
}

}  // namespace gunflint
