#include "agent/ledger_folder.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <ctime>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "host/fd.hpp"
#include "host/real_host.hpp"

namespace gunflint {
namespace {

constexpr std::string_view root_folder = "/var/lib/gunflint/ledger";

Result<void> check_folder(const std::string& path) {
  struct stat state {};
  if (::lstat(path.c_str(), &state) != 0) return fail_errno(errno, "look at " + path);
  if (S_ISLNK(state.st_mode)) return {};  // what it points to is checked by resolving first
  if (!S_ISDIR(state.st_mode)) return fail(Cause::NotPermitted, path + " is not a folder");
  const bool owner_fits = state.st_uid == 0 || state.st_uid == ::geteuid();
  const bool others_write = (state.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  if (owner_fits && (!others_write || (state.st_mode & S_ISVTX) != 0)) return {};
  return fail(Cause::NotPermitted,
              fmt::format("somebody else may write in {} (owner {}, mode {:o}), so no ledger below "
                          "it is believed; fix its owner and mode",
                          path, state.st_uid, state.st_mode & 07777));
}

}  // namespace

std::string ledger_folder_of(const std::string& home) {
  return home + "/.local/state/gunflint/ledger";
}

Result<std::string> ledger_folder() {
  if (::geteuid() == 0) return std::string(root_folder);
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') return std::string(state) + "/gunflint/ledger";
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return ledger_folder_of(home);
  return fail(
      Cause::BadInput,
      "there is no place for undo records: neither XDG_STATE_HOME nor HOME is set; set one");
}

Result<void> prepare_ledger_folder(const std::string& folder) {
  for (std::size_t slash = folder.find('/', 1);; slash = folder.find('/', slash + 1)) {
    const std::string part = folder.substr(0, slash);
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
      Result<void> failed = fail_errno(errno, "make the folder " + part + " for undo records");
      if (::geteuid() != 0)
        failed.error().message += "; set XDG_STATE_HOME to a folder that belongs to this user";
      return failed;
    }
    if (slash == std::string::npos) break;
  }
  return check_ledger_folder(folder);
}

Result<void> check_ledger_folder(const std::string& folder) {
  char* resolved = ::realpath(folder.c_str(), nullptr);
  if (resolved == nullptr) return fail_errno(errno, "look at " + folder);
  const std::string path = resolved;
  std::free(resolved);
  for (std::size_t slash = 0; slash != std::string::npos; slash = path.find('/', slash + 1))
    GF_TRY(check_folder(slash == 0 ? "/" : path.substr(0, slash)));
  struct stat state {};
  if (::stat(path.c_str(), &state) != 0) return fail_errno(errno, "look at " + folder);
  if (state.st_uid == ::geteuid() && (state.st_mode & 077) == 0) return {};
  return fail(Cause::NotPermitted,
              fmt::format("{} must belong to user {} alone (mode 0700), but has owner {} and mode "
                          "{:o}; its ledgers are not believed",
                          folder, ::geteuid(), state.st_uid, state.st_mode & 07777));
}

Result<void> check_ledger_file(int fd, const std::string& path) {
  struct stat state {};
  if (::fstat(fd, &state) != 0) return fail_errno(errno, "look at " + path);
  if (S_ISREG(state.st_mode) && state.st_uid == ::geteuid() && state.st_nlink == 1 &&
      (state.st_mode & 022) == 0)
    return {};
  return fail(Cause::NotPermitted,
              fmt::format("the ledger {} could have been written by somebody else (owner {}, mode "
                          "{:o}, {} names); it is not believed, look at it and remove it",
                          path, state.st_uid, state.st_mode & 07777, state.st_nlink));
}

Result<std::vector<std::string>> list_ledgers(const std::string& folder) {
  const auto files = make_real_files();
  auto names = files->list(folder);
  if (!names && names.error().cause == Cause::Gone) return std::vector<std::string>{};
  if (!names) return fail(std::move(names).error());
  std::vector<std::string> paths;
  for (const auto& name : *names)
    if (name.ends_with(".ledger") && name[0] != '.') paths.push_back(folder + "/" + name);
  return paths;
}

void remove_dead_drafts(const std::string& folder) {
  const auto names = make_real_files()->list(folder);
  if (!names) return;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  for (const auto& name : *names) {
    if (name[0] != '.' || !name.ends_with(".new")) continue;
    const std::string path = folder + "/" + name;
    struct stat state {};
    const bool ours =
        ::lstat(path.c_str(), &state) == 0 && S_ISREG(state.st_mode) && state.st_uid == ::geteuid();
    if (ours && now.tv_sec - state.st_mtim.tv_sec > 3600) ::unlink(path.c_str());
  }
}

std::vector<LocalUser> parse_passwd(std::string_view text) {
  std::vector<LocalUser> users;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    std::array<std::string_view, 7> part;
    for (auto& p : part) {
      const auto colon = std::min(line.find(':'), line.size());
      p = line.substr(0, colon);
      line.remove_prefix(std::min(colon + 1, line.size()));
    }
    LocalUser user{std::string(part[0]), std::string(part[5]), 0, 0};
    const auto uid = std::from_chars(part[2].data(), part[2].data() + part[2].size(), user.uid);
    const auto gid = std::from_chars(part[3].data(), part[3].data() + part[3].size(), user.gid);
    if (uid.ec != std::errc() || gid.ec != std::errc() || user.home.empty()) continue;
    users.push_back(std::move(user));
  }
  return users;
}

std::vector<LocalUser> local_users() {
  const auto text = read_text_file("/etc/passwd");
  return text ? parse_passwd(*text) : std::vector<LocalUser>{};
}

}  // namespace gunflint
