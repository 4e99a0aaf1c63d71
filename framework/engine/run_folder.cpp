#include "engine/run_folder.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <cerrno>

#include "gunflint/base/problem.hpp"

namespace gunflint {
namespace {

Result<void> make_folder(const std::string& path) {
  for (std::size_t i = 1; i <= path.size(); ++i) {
    if (i < path.size() && path[i] != '/') continue;
    const std::string part = path.substr(0, i);
    if (::mkdir(part.c_str(), 0755) != 0 && errno != EEXIST)
      return fail_errno(errno, "make the folder " + part);
  }
  return {};
}

std::string stamp(WallTime now) {
  const time_t second =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  tm parts{};
  ::gmtime_r(&second, &parts);
  return fmt::format("{:04}{:02}{:02}-{:02}{:02}{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

bool is_file(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

RunFolder folder_at(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  RunFolder run;
  run.path = path;
  run.id = path.substr(path.rfind('/') + 1);
  return run;
}

}  // namespace

Result<RunFolder> create_run_folder(const std::string& out, WallTime now) {
  GF_TRY(make_folder(out));
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::uint16_t salt = 0;
    if (::getrandom(&salt, sizeof salt, 0) != sizeof salt)
      return fail_errno(errno, "draw a run id");
    const std::string path = fmt::format("{}/{}-{:04x}", out, stamp(now), salt);
    if (::mkdir(path.c_str(), 0755) == 0) return folder_at(path);
    if (errno != EEXIST) return fail_errno(errno, "make the folder " + path);
  }
  return fail(Cause::Io, "no free run id in " + out + "; choose another folder with --out");
}

namespace {

/// An id knows the second in which its run began; within it the file that is written first, and
/// never again, tells.
struct Beginning {
  std::string second;
  std::int64_t nanoseconds = 0;
  std::string id;
  explicit Beginning(const RunFolder& run) : second(run.id, 0, run.id.rfind('-')), id(run.id) {
    struct stat file {};
    if (::stat(run.experiment().c_str(), &file) == 0)
      nanoseconds = std::int64_t{file.st_mtim.tv_sec} * 1'000'000'000 + file.st_mtim.tv_nsec;
  }
  auto operator<=>(const Beginning&) const = default;
};

}  // namespace

Result<std::vector<RunFolder>> list_runs(const std::string& out) {
  std::vector<RunFolder> runs;
  DIR* folder = ::opendir(out.c_str());
  if (!folder) {
    if (errno == ENOENT) return runs;
    return fail_errno(errno, "look into " + out);
  }
  while (const dirent* entry = ::readdir(folder)) {
    RunFolder run = folder_at(out + "/" + entry->d_name);
    if (entry->d_name[0] != '.' && is_file(run.journal())) runs.push_back(std::move(run));
  }
  ::closedir(folder);
  std::vector<std::pair<Beginning, RunFolder>> known;
  for (auto& run : runs) {
    Beginning began(run);
    known.emplace_back(std::move(began), std::move(run));
  }
  std::sort(known.begin(), known.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  runs.clear();
  for (auto& [began, run] : known) runs.push_back(std::move(run));
  return runs;
}

Result<RunFolder> find_run(const std::string& out, const std::string& name) {
  if (is_file(name + "/journal.jsonl")) return folder_at(name);
  if (is_file(name) && name.ends_with("journal.jsonl")) {
    const auto slash = name.rfind('/');
    return folder_at(slash == std::string::npos ? "." : name.substr(0, slash));
  }
  GF_TRY_AS(const auto runs, list_runs(out));
  if (runs.empty())
    return fail(Cause::BadInput,
                fmt::format("there are no runs in {}; say where they are with --out", out));
  if (name == "last") return runs.back();
  std::vector<RunFolder> found;
  for (const auto& run : runs)
    if (run.id == name || (!name.empty() && run.id.ends_with(name))) found.push_back(run);
  if (found.size() == 1) return found.front();
  std::vector<std::string> ids;
  for (const auto& run : found.empty() ? runs : found) ids.push_back(run.id);
  if (ids.size() > 5) ids.erase(ids.begin(), ids.end() - 5);
  return fail(Cause::BadInput,
              fmt::format("{} run in {} is called `{}`; try {}",
                          found.empty() ? "no" : "more than one", out, name, listed(ids)));
}

}  // namespace gunflint
