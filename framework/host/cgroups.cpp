// The real Cgroups port. Where each controller lives is read from /proc/self/mounts: on a hybrid
// host the controllers are bound to v1 hierarchies and v2 has only its core features.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "gunflint/host/victims.hpp"
#include "host/fd.hpp"
#include "host/process_table.hpp"
#include "host/real_host.hpp"

namespace gunflint {
namespace {

struct Hierarchy {
  std::string root;
  int version = 0;
};

std::string_view next_word(std::string_view& line, char separator = ' ') {
  const auto end = std::min(line.find(separator), line.size());
  const auto word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

std::map<std::string, Hierarchy> find_hierarchies() {
  std::map<std::string, Hierarchy> found;
  const auto mounts = read_text_file("/proc/self/mounts");
  if (!mounts) return found;
  std::string_view rest = *mounts;
  while (!rest.empty()) {
    std::string_view line = next_word(rest, '\n');
    next_word(line);
    const std::string folder(next_word(line));
    const std::string_view type = next_word(line);
    std::string_view options = next_word(line);
    if (type == "cgroup2" && !found.contains("")) {
      found[""] = {folder, 2};
      const auto controllers = read_text_file(folder + "/cgroup.controllers");
      std::string_view names = controllers ? std::string_view(*controllers) : std::string_view();
      while (!names.empty() && names.back() == '\n') names.remove_suffix(1);
      while (!names.empty()) found.try_emplace(std::string(next_word(names)), Hierarchy{folder, 2});
    } else if (type == "cgroup") {
      while (!options.empty())
        if (const auto name = next_word(options, ','); !name.empty())
          found.insert_or_assign(std::string(name), Hierarchy{folder, 1});
    }
  }
  return found;
}

class RealCgroups final : public Cgroups {
 public:
  RealCgroups() : hierarchies_(find_hierarchies()) {}

  Result<int> version(const std::string& controller) override {
    GF_TRY_AS(const Hierarchy found, hierarchy(controller));
    return found.version;
  }

  Result<std::string> path_of(const ProcessId& process, const std::string& controller) override {
    GF_TRY_AS(const ProcessInfo info, read_process(process.pid));
    if (info.id != process)
      return fail(Cause::Gone, fmt::format("process {} is no more", process.pid));
    GF_TRY_AS(const Hierarchy found, hierarchy(controller));
    const auto at = info.cgroups.find(found.version == 2 ? "" : controller);
    if (at == info.cgroups.end())
      return fail(Cause::Unsupported, fmt::format("process {} is in no {} cgroup", process.pid,
                                                  controller.empty() ? "v2" : controller));
    return at->second;
  }

  Result<std::string> read(const std::string& controller, const std::string& path,
                           const std::string& file) override {
    GF_TRY_AS(const std::string folder, folder_of(controller, path));
    GF_TRY(check_name(file));
    return read_text_file(folder + "/" + file);
  }

  Result<void> write(const std::string& controller, const std::string& path,
                     const std::string& file, const std::string& text) override {
    GF_TRY_AS(const std::string folder, folder_of(controller, path));
    GF_TRY(check_name(file));
    const auto now = read_text_file(folder + "/" + file);
    if (takes_away(file, now ? std::string_view(*now) : std::string_view(), text))
      GF_TRY(refuse_members(folder, path));
    return write_control_file(folder + "/" + file, text);
  }

  Result<bool> exists(const std::string& controller, const std::string& path) override {
    GF_TRY_AS(const std::string folder, folder_of(controller, path));
    struct stat state {};
    return ::stat(folder.c_str(), &state) == 0 && S_ISDIR(state.st_mode);
  }

  Result<void> create(const std::string& controller, const std::string& path) override {
    GF_TRY_AS(const std::string folder, folder_of(controller, path));
    if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST)
      return fail_errno(errno, "make the cgroup " + folder);
    return {};
  }

  Result<void> remove(const std::string& controller, const std::string& path) override {
    GF_TRY_AS(const std::string folder, folder_of(controller, path));
    // Emptied cgroups stay busy for a moment while the last member is being reaped.
    for (int attempt = 0;; ++attempt) {
      if (::rmdir(folder.c_str()) == 0) return {};
      if (errno != EBUSY || attempt == 50) return fail_errno(errno, "remove the cgroup " + folder);
      ::usleep(10'000);
    }
  }

  Result<std::vector<int>> members(const std::string& controller,
                                   const std::string& path) override {
    GF_TRY_AS(const std::string folder, folder_of(controller, path));
    return pids_in(folder);
  }

  Result<void> move(const ProcessId& process, const std::string& controller,
                    const std::string& path) override {
    GF_TRY_AS(const std::string folder, folder_of(controller, path));
    GF_TRY_AS(const Fd handle, open_pidfd(process.pid, process.start_time));
    GF_TRY_AS(const ProcessInfo info, read_process(process.pid));
    const auto from = info.cgroups.find(hierarchies_.at(controller).version == 2 ? "" : controller);
    // Out of a group of ours everybody may go: that is the undo. Ourselves we move on purpose.
    const bool leaves = from != info.cgroups.end() && is_own_group(from->second);
    if (!leaves && process.pid != ::getpid()) GF_TRY(refuse_ours(info));
    return write_control_file(folder + "/cgroup.procs", std::to_string(process.pid));
  }

 private:
  Result<Hierarchy> hierarchy(const std::string& controller) const {
    const auto found = hierarchies_.find(controller);
    if (found != hierarchies_.end()) return found->second;
    return fail(Cause::Unsupported,
                fmt::format("this host has no cgroup {}; mount it or use a kernel that has it",
                            controller.empty() ? "v2 hierarchy" : "controller " + controller));
  }

  Result<std::string> folder_of(const std::string& controller, const std::string& path) const {
    GF_TRY_AS(const Hierarchy found, hierarchy(controller));
    if (path.empty() || path[0] != '/' || path.find("/../") != std::string::npos ||
        path.ends_with("/..") || path.find('\0') != std::string::npos)
      return fail(Cause::BadInput, "`" + path + "` is no path of a cgroup; it begins with `/`");
    return path == "/" ? found.root : found.root + path;
  }

  static Result<void> check_name(const std::string& file) {
    if (!file.empty() && file.find('/') == std::string::npos && file[0] != '.') return {};
    return fail(Cause::BadInput, "`" + file + "` is no file of a cgroup");
  }

  static Result<std::vector<int>> pids_in(const std::string& folder) {
    GF_TRY_AS(const std::string text, read_text_file(folder + "/cgroup.procs"));
    std::vector<int> pids;
    std::string_view rest = text;
    while (!rest.empty()) {
      const auto word = next_word(rest, '\n');
      int pid = 0;
      std::from_chars(word.data(), word.data() + word.size(), pid);
      if (pid > 0) pids.push_back(pid);
    }
    return pids;
  }

  /// A cgroup is a victim only if no member of it and of those below is one of ours (rule 10).
  Result<void> refuse_members(const std::string& folder, const std::string& path) {
    GF_TRY_AS(const auto pids, pids_in(folder));
    for (const int pid : pids) {
      const auto info = read_process(pid);
      if (!info) continue;
      if (const auto free = refuse_ours(*info); !free)
        return fail(Cause::NotPermitted, fmt::format("the cgroup {} holds others, too: {}, or give "
                                                     "the target a cgroup of its own",
                                                     path, free.error().message));
    }
    auto files = make_real_files();
    GF_TRY_AS(const auto names, files->list(folder));
    for (const auto& name : names) {
      struct stat state {};
      const std::string below = folder + "/" + name;
      if (::lstat(below.c_str(), &state) == 0 && S_ISDIR(state.st_mode))
        GF_TRY(refuse_members(below, path + (path == "/" ? "" : "/") + name));
    }
    return {};
  }

  std::map<std::string, Hierarchy> hierarchies_;
};

}  // namespace

std::unique_ptr<Cgroups> make_real_cgroups() { return std::make_unique<RealCgroups>(); }

}  // namespace gunflint
