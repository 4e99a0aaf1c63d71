#include "host/rehearsal.hpp"

#include <array>
#include <csignal>
#include <cstring>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>

#include <sys/resource.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gunflint/host/victims.hpp"
#include "host/network_plan.hpp"

namespace gunflint {
namespace {

using Notes = std::vector<std::string>;

/// As one would type it.
std::string quoted(const std::vector<std::string>& argv) {
  std::string line;
  for (const auto& word : argv) {
    if (!line.empty()) line += ' ';
    const bool plain =
        !word.empty() && word.find_first_of(" \t\n'\"\\$`*?[]{}()<>|&;#~!") == std::string::npos;
    line += plain ? word : "'" + word + "'";
  }
  return line;
}

std::string signal_text(int number) {
  const char* name = ::sigabbrev_np(number);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", number);
}

std::string limit_text(int resource) {
  constexpr std::array names{
      std::pair{RLIMIT_NOFILE, "RLIMIT_NOFILE"}, std::pair{RLIMIT_NPROC, "RLIMIT_NPROC"},
      std::pair{RLIMIT_AS, "RLIMIT_AS"}, std::pair{RLIMIT_FSIZE, "RLIMIT_FSIZE"}};
  for (const auto& [number, name] : names)
    if (static_cast<int>(number) == resource) return name;
  return fmt::format("limit {}", resource);
}

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.find('\n') == std::string::npos ? text : text.substr(0, text.find('\n')) + " …";
}

/// The lines in which two texts differ, at most a few: `- old` and `+ new`.
std::string difference(std::string_view before, std::string_view after) {
  auto lines = [](std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
      const auto end = std::min(text.find('\n'), text.size());
      out.push_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
  };
  auto a = lines(before), b = lines(after);
  while (!a.empty() && !b.empty() && a.back() == b.back()) a.pop_back(), b.pop_back();
  std::size_t same = 0;
  while (same < a.size() && same < b.size() && a[same] == b[same]) ++same;
  std::string text;
  for (std::size_t i = same; i < a.size() && i < same + 3; ++i)
    text += fmt::format("\n  - {}", a[i]);
  for (std::size_t i = same; i < b.size() && i < same + 3; ++i)
    text += fmt::format("\n  + {}", b[i]);
  return text;
}

class RehearsedProcesses final : public Processes {
 public:
  RehearsedProcesses(Processes& real, Notes& notes) : real_(real), notes_(notes) {}
  /// Looking commands cannot be told from changing ones: none is run.
  Result<Exit> run(const Command& command) override {
    notes_.push_back("run " + quoted(command.argv) +
                     (command.input.empty() ? "" : " with the input:\n" + command.input));
    return Exit{};
  }
  Result<ProcessInfo> look(int pid) override {
    auto info = real_.look(pid);
    if (info)
      if (const auto found = states_.find(pid); found != states_.end()) info->state = found->second;
    return info;
  }
  Result<std::vector<ProcessInfo>> all() override { return changed(real_.all()); }
  Result<std::vector<ProcessInfo>> descendants(int pid) override {
    return changed(real_.descendants(pid));
  }
  Result<void> signal(const ProcessId& process, int number) override {
    GF_TRY_AS(const ProcessInfo info, real_.look(process.pid));
    if (number != SIGCONT && number != 0) GF_TRY(refuse_ours(info));
    notes_.push_back(fmt::format("send {} to {}[{}]", signal_text(number), info.name, process.pid));
    if (number == SIGSTOP) states_[process.pid] = 'T';
    if (number == SIGCONT) states_[process.pid] = 'S';
    return {};
  }
  Result<SoftLimit> limit(const ProcessId& process, int resource) override {
    auto limit = real_.limit(process, resource);
    const auto found = limits_.find({process.pid, resource});
    if (limit && found != limits_.end()) limit->soft = found->second;
    return limit;
  }
  Result<void> set_soft_limit(const ProcessId& process, int resource, std::uint64_t soft) override {
    GF_TRY_AS(const SoftLimit now, limit(process, resource));
    if (soft < now.soft) {
      GF_TRY_AS(const ProcessInfo info, real_.look(process.pid));
      GF_TRY(refuse_ours(info));
    }
    notes_.push_back(fmt::format("set the soft {} of process {} to {} (now {})",
                                 limit_text(resource), process.pid, soft, now.soft));
    limits_[{process.pid, resource}] = soft;
    return {};
  }

 private:
  Result<std::vector<ProcessInfo>> changed(Result<std::vector<ProcessInfo>> found) {
    if (found)
      for (auto& info : *found)
        if (const auto at = states_.find(info.id.pid); at != states_.end()) info.state = at->second;
    return found;
  }
  Processes& real_;
  Notes& notes_;
  std::map<int, char> states_;
  std::map<std::pair<int, int>, std::uint64_t> limits_;
};

class RehearsedFiles final : public Files {
 public:
  RehearsedFiles(Files& real, Notes& notes) : real_(real), notes_(notes) {}
  Result<FileState> read(const std::string& path) override {
    const auto found = contents_.find(path);
    if (found != contents_.end() && !found->second)
      return fail(Cause::Gone, "cannot open " + path + ": no such file or directory");
    GF_TRY_AS(FileState state, real_.read(path));
    if (found != contents_.end()) state.content = *found->second;
    return state;
  }
  Result<void> replace(const std::string& path, const std::string& content) override {
    GF_TRY_AS(const FileState now, read(path));
    notes_.push_back("write " + path + difference(now.content, content));
    contents_[path] = content;
    return {};
  }
  Result<void> remove(const std::string& path) override {
    GF_TRY_AS(const bool there, exists(path));
    if (!there) return fail(Cause::Gone, path + " does not exist");
    notes_.push_back("remove " + path);
    contents_[path] = std::nullopt;
    return {};
  }
  Result<bool> exists(const std::string& path) override {
    const auto found = contents_.find(path);
    return found != contents_.end() ? Result<bool>(found->second.has_value()) : real_.exists(path);
  }
  Result<std::vector<std::string>> list(const std::string& folder) override {
    return real_.list(folder);
  }

 private:
  Files& real_;
  Notes& notes_;
  std::map<std::string, std::optional<std::string>> contents_;
};

class RehearsedCgroups final : public Cgroups {
 public:
  RehearsedCgroups(Cgroups& real, Processes& processes, Notes& notes)
      : real_(real), processes_(processes), notes_(notes) {}
  Result<int> version(const std::string& controller) override { return real_.version(controller); }
  Result<std::string> path_of(const ProcessId& process, const std::string& controller) override {
    const auto found = moved_.find({controller, process.pid});
    if (found != moved_.end()) return found->second;
    return real_.path_of(process, controller);
  }
  Result<std::string> read(const std::string& controller, const std::string& path,
                           const std::string& file) override {
    const auto found = values_.find(name(controller, path) + "/" + file);
    if (found != values_.end()) return found->second;
    return real_.read(controller, path, file);
  }
  Result<void> write(const std::string& controller, const std::string& path,
                     const std::string& file, const std::string& text) override {
    const auto now = read(controller, path, file);
    if (takes_away(file, now ? std::string_view(*now) : std::string_view(), text))
      GF_TRY(refuse_members(controller, path));
    notes_.push_back(fmt::format("write {} to {}/{}{}", text, name(controller, path), file,
                                 now ? fmt::format(" (now {})", one_line(*now)) : ""));
    values_[name(controller, path) + "/" + file] =
        file == "cgroup.subtree_control" ? switched(now ? *now : "", text) : text;
    return {};
  }
  Result<bool> exists(const std::string& controller, const std::string& path) override {
    const auto found = made_.find(name(controller, path));
    return found != made_.end() ? Result<bool>(found->second) : real_.exists(controller, path);
  }
  Result<void> create(const std::string& controller, const std::string& path) override {
    notes_.push_back("make the cgroup " + name(controller, path));
    made_[name(controller, path)] = true;
    return {};
  }
  Result<void> remove(const std::string& controller, const std::string& path) override {
    GF_TRY_AS(const bool there, exists(controller, path));
    if (!there) return fail(Cause::Gone, "the cgroup " + path + " does not exist");
    notes_.push_back("remove the cgroup " + name(controller, path));
    made_[name(controller, path)] = false;
    return {};
  }
  Result<std::vector<int>> members(const std::string& controller,
                                   const std::string& path) override {
    std::vector<int> found;
    if (auto real = real_.members(controller, path)) found = std::move(*real);
    for (const auto& [who, where] : moved_) {
      if (who.first != controller) continue;
      std::erase(found, who.second);
      if (where == path) found.push_back(who.second);
    }
    return found;
  }
  Result<void> move(const ProcessId& process, const std::string& controller,
                    const std::string& path) override {
    GF_TRY_AS(const std::string from, path_of(process, controller));
    if (!is_own_group(from)) {
      GF_TRY_AS(const ProcessInfo info, processes_.look(process.pid));
      GF_TRY(refuse_ours(info));
    }
    notes_.push_back(fmt::format("move process {} to {}", process.pid, name(controller, path)));
    moved_[{controller, process.pid}] = path;
    return {};
  }

 private:
  static std::string name(const std::string& controller, const std::string& path) {
    return (controller.empty() ? std::string("v2") : controller) + ":" + path;
  }
  /// "cpu memory" after "-memory": read back is what is on, and not what was written.
  static std::string switched(const std::string& now, const std::string& text) {
    std::istringstream before(now), asked(text);
    std::set<std::string> on{std::istream_iterator<std::string>(before), {}};
    for (std::string word; asked >> word;)
      word[0] == '+' ? (void)on.insert(word.substr(1)) : (void)on.erase(word.substr(1));
    return fmt::format("{}", fmt::join(on, " "));
  }
  /// As the real port does, of those who are in the group and below it now.
  Result<void> refuse_members(const std::string& controller, const std::string& path) {
    GF_TRY_AS(const int version, controller.empty() ? Result<int>(2) : real_.version(controller));
    GF_TRY_AS(const auto all, processes_.all());
    for (const auto& info : all) {
      const auto at = info.cgroups.find(version == 2 ? "" : controller);
      if (at == info.cgroups.end()) continue;
      if (path == "/" || at->second == path || at->second.starts_with(path + "/"))
        GF_TRY(refuse_ours(info));
    }
    return {};
  }
  Cgroups& real_;
  Processes& processes_;
  Notes& notes_;
  std::map<std::string, std::string> values_;
  std::map<std::string, bool> made_;
  std::map<std::pair<std::string, int>, std::string> moved_;
};

class RehearsedNetwork final : public Network {
 public:
  RehearsedNetwork(Network& real, Notes& notes) : real_(real), notes_(notes) {}
  Result<void> add(const Rule& rule, const Tag& tag) override {
    auto* planner = dynamic_cast<RulePlanner*>(&real_);
    GF_TRY_AS(PlannedRule planned,
              planner ? planner->plan(rule, tag) : plan_rule(rule, tag, {}, {}));
    note(planned.actions);
    there_.insert_or_assign(tag.text, std::move(planned.undo));
    return {};
  }
  Result<void> remove(const Tag& tag) override {
    const auto found = there_.find(tag.text);
    if (found == there_.end()) return {};
    note(found->second);
    there_.erase(found);
    return {};
  }
  Result<bool> present(const Tag& tag) override { return there_.contains(tag.text); }
  Result<Matched> matched(const Tag&) override { return Matched{}; }
  Result<std::vector<std::string>> resolve(const std::string& name) override {
    return real_.resolve(name);
  }
  Result<std::vector<std::string>> interfaces(const std::vector<std::string>& hosts) override {
    return real_.interfaces(hosts);
  }

 private:
  void note(const std::vector<std::string>& commands) {
    for (const auto& line : commands)
      notes_.push_back(line.starts_with('(') ? line : "run " + line);
  }
  Network& real_;
  Notes& notes_;
  std::map<std::string, std::vector<std::string>> there_;  ///< what takes it back
};

class RehearsedHolders final : public Holders {
 public:
  explicit RehearsedHolders(Notes& notes) : notes_(notes) {}
  Result<void> start(const std::string& kind, const Value& config, const Tag& tag) override {
    notes_.push_back(fmt::format("start a process that holds `{}`: {}", kind, to_json(config)));
    running_[tag.text] = kind;
    return {};
  }
  Result<Value> stats(const Tag& tag) override {
    if (!running_.contains(tag.text)) return fail(Cause::Gone, "no holder runs under " + tag.text);
    return Value::map();
  }
  Result<void> stop(const Tag& tag) override {
    const auto found = running_.find(tag.text);
    if (found == running_.end()) return {};
    notes_.push_back(fmt::format("end the process that holds `{}`", found->second));
    running_.erase(found);
    return {};
  }
  Result<bool> running(const Tag& tag) override { return running_.contains(tag.text); }

 private:
  Notes& notes_;
  std::map<std::string, std::string> running_;
};

/// Reading requests pass; the others are written down.
class RehearsedHttp final : public Http {
 public:
  RehearsedHttp(Http& real, Notes& notes) : real_(real), notes_(notes) {}
  Result<HttpResponse> send(const HttpRequest& request) override {
    if (request.method == "GET" || request.method == "HEAD") return real_.send(request);
    notes_.push_back(fmt::format("{} {}{}", request.method, request.url,
                                 request.body.empty() ? "" : " " + request.body));
    return HttpResponse{200, {}, {}, {}};
  }

 private:
  Http& real_;
  Notes& notes_;
};

class RehearsedSockets final : public Sockets {
 public:
  RehearsedSockets(Sockets& real, Notes& notes) : real_(real), notes_(notes) {}
  Result<std::string> exchange(const std::string& path, const std::string& text,
                               Duration deadline) override {
    if (text.starts_with("show ") || text.starts_with("get "))
      return real_.exchange(path, text, deadline);
    std::string line = text;
    while (!line.empty() && line.back() == '\n') line.pop_back();
    notes_.push_back(fmt::format("say `{}` to the socket {}", line, path));
    return std::string();
  }

 private:
  Sockets& real_;
  Notes& notes_;
};

/// Nobody waits in a rehearsal: time passes when it is slept.
class RehearsedClock final : public Clock {
 public:
  explicit RehearsedClock(Clock& real) : real_(real) {}
  Time now() const override { return real_.now() + slept_; }
  WallTime wall() const override { return real_.wall() + slept_; }
  Duration boottime() const override { return real_.boottime() + slept_; }
  void sleep(Duration time) override { slept_ += time; }

 private:
  Clock& real_;
  Duration slept_{};
};

}  // namespace

struct Rehearsal::State {
  explicit State(Host& real)
      : processes(real.processes, notes),
        files(real.files, notes),
        cgroups(real.cgroups, real.processes, notes),
        network(real.network, notes),
        holders(notes),
        http(real.http, notes),
        sockets(real.sockets, notes),
        clock(real.clock),
        host{processes, files, cgroups, network, holders, http, sockets, clock, real.facts, true} {}
  Notes notes;
  RehearsedProcesses processes;
  RehearsedFiles files;
  RehearsedCgroups cgroups;
  RehearsedNetwork network;
  RehearsedHolders holders;
  RehearsedHttp http;
  RehearsedSockets sockets;
  RehearsedClock clock;
  Host host;
};

Rehearsal::Rehearsal(Host& real) : state_(std::make_unique<State>(real)) {}
Rehearsal::~Rehearsal() = default;
Host& Rehearsal::host() { return state_->host; }
void Rehearsal::note(std::string line) { state_->notes.push_back(std::move(line)); }
std::vector<std::string> Rehearsal::take_notes() { return std::exchange(state_->notes, {}); }

}  // namespace gunflint
