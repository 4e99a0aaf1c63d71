#pragma once
/// A machine that exists only in memory. It implements every port, records every call, and can have
/// accidents: the n-th call fails, fails although it acted, or the program dies right before it.
///
///     FakeHost fake;
///     const Member web = fake.add_process({.name = "gunicorn", .pid = 4711});
///     fake.on_signal(4711, [](FakeHost& f, FakeProcess& p, int number) { … });
///     const std::string before = fake.world.picture();
///     fault->inject(fake.host(), web, params, saved, tag);
///     EXPECT_EQ(fake.world.picture(), before);

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gunflint/host/host.hpp"
#include "gunflint/model/target_spec.hpp"
#include "support/world.hpp"

namespace gunflint {

class FakeHost {
 public:
  FakeHost();
  ~FakeHost();
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  Host& host();
  World world;
  Facts facts;  ///< root with every capability and tool on 4 cores, cgroup v1, unless changed

  // ---- what was called -------------------------------------------------------------------------
  struct Call {
    std::string what;  ///< "signal 4711 9", "run nft -f -", "replace /etc/nginx/nginx.conf"
    bool changes = false;
  };
  std::vector<Call> calls;
  /// The calls that change something, one line each.
  std::vector<std::string> changes() const;

  // ---- accidents -------------------------------------------------------------------------------
  enum class Accident {
    Fails,         ///< the call does nothing and returns an Error
    ActsAndFails,  ///< the call does its work and returns an Error all the same
    Crash          ///< throws Crashed before the call does anything
  };
  struct Crashed {};
  /// The `nth` call from now on (1 is the next). Clock and `Facts` are no calls.
  void plan_accident(Accident kind, int nth);
  void no_accident();
  /// Whether the planned accident has happened.
  bool accident_happened() const { return happened_; }

  // ---- building the machine --------------------------------------------------------------------
  struct NewProcess {
    std::string name;
    int pid = 0;  ///< 0: the next free one
    int parent = 1;
    std::vector<std::string> argv = {};  ///< {name} when empty
    std::uint32_t uid = 1000;
    std::map<std::string, std::string> cgroups = {};  ///< "/" everywhere when empty
    std::vector<int> ports = {};                      ///< only for the Member
  };
  /// Adds it (and its cgroups) and returns it as a member of the target "web" at 127.0.0.1.
  Member add_process(const NewProcess& asked);
  /// A child as fork makes it: same limits, cgroups, uid, argv.
  int fork(int parent);
  void exit_process(int pid);  ///< children go to pid 1
  void add_file(const std::string& path, const std::string& content, std::uint32_t mode = 0644,
                std::uint32_t uid = 0, std::uint32_t gid = 0);
  /// All controllers in one v2 hierarchy, or one v1 hierarchy each. Call before adding processes.
  void use_cgroups(int version);
  /// Makes the group and its parents, with the files a kernel puts there.
  void add_cgroup(const std::string& controller, const std::string& path);

  // ---- scripts: what the machine's inhabitants do ----------------------------------------------
  using CommandScript = std::function<Result<Exit>(FakeHost&, const Command&)>;
  using SignalScript = std::function<void(FakeHost&, FakeProcess&, int number)>;
  using HttpScript = std::function<Result<HttpResponse>(FakeHost&, const HttpRequest&)>;
  using SocketScript = std::function<Result<std::string>(FakeHost&, const std::string& text)>;
  /// By argv[0]. A program without a script: Unsupported, as if it were not installed.
  void on_command(const std::string& program, CommandScript script);
  /// Instead of the default action (which ends the process); SIGKILL, SIGSTOP and SIGCONT do what
  /// they do.
  void on_signal(int pid, SignalScript script);
  /// Every request. Without a script: Unreachable.
  void on_http(HttpScript script);
  void on_socket(const std::string& path, SocketScript script);
  /// What a holder of this kind publishes. Without a script: what is in World::holders.
  using HolderScript = std::function<Value(FakeHost&, const FakeHolder&)>;
  void on_holder(const std::string& kind, HolderScript script);
  /// Runs when the clock has been slept past now + `delay`.
  void later(Duration delay, std::function<void(FakeHost&)> act);
  void advance(Duration by);

  // ---- for the ports ---------------------------------------------------------------------------
  template <class T>
  Result<T> call(std::string what, bool changes, const std::function<Result<T>()>& act) {
    const auto accident = next_call(std::move(what), changes);
    if (accident == Planned::Crash) throw Crashed{};
    if (accident == Planned::None) return act();
    if (accident == Planned::ActsAndFails) (void)act();
    return fail(Cause::Io, "an accident happened to: " + calls.back().what);
  }
  /// Where files of a controller lie in World::cgroups.
  std::string hierarchy(const std::string& controller) const;
  Duration now() const { return now_; }

 private:
  struct Ports;
  enum class Planned { None, Fails, ActsAndFails, Crash };
  Planned next_call(std::string what, bool changes);

  std::unique_ptr<Ports> ports_;
  Duration now_ = 1000s;
  int next_pid_ = 20000;
  std::uint64_t next_start_ = 5000;
  int until_accident_ = 0;  ///< 0: none planned
  Accident accident_ = Accident::Fails;
  bool happened_ = false;
  std::multimap<Duration, std::function<void(FakeHost&)>> later_;
};

}  // namespace gunflint
