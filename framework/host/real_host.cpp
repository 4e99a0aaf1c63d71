#include "host/real_host.hpp"

#include <ctime>

#include "host/fd.hpp"
#include "host/sockets.hpp"

namespace gunflint {
namespace {

class RealClock final : public Clock {
 public:
  Time now() const override { return monotonic_now(); }
  WallTime wall() const override {
    timespec t{};
    ::clock_gettime(CLOCK_REALTIME, &t);
    return WallTime(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
  }
  Duration boottime() const override { return boottime_now(); }
  void sleep(Duration time) override {
    if (time <= Duration::zero()) return;
    timespec left{time / 1s, (time % 1s).count()};
    while (::nanosleep(&left, &left) != 0) {
    }
  }
};

class NoHolders final : public Holders {
 public:
  Result<void> start(const std::string& kind, const Value&, const Tag&) override {
    return fail(Cause::Unsupported, "no " + kind + " holder can run here; use an agent");
  }
  Result<Value> stats(const Tag& tag) override {
    return fail(Cause::Gone, "no holder runs under " + tag.text);
  }
  Result<void> stop(const Tag&) override { return {}; }
  Result<bool> running(const Tag&) override { return false; }
};

class NoNetwork final : public Network {
 public:
  Result<void> add(const Rule&, const Tag&) override {
    return fail(Cause::Unsupported, "no network rule can be set here; use an agent on the host");
  }
  Result<void> remove(const Tag&) override { return {}; }
  Result<bool> present(const Tag&) override { return false; }
  Result<Matched> matched(const Tag& tag) override {
    return fail(Cause::Gone, "no network rule is tagged " + tag.text);
  }
  Result<std::vector<std::string>> resolve(const std::string& name) override {
    return fail(Cause::Unsupported, "names are not resolved here, so " + name + " was not");
  }
};

}  // namespace

std::unique_ptr<Clock> make_real_clock() { return std::make_unique<RealClock>(); }
std::unique_ptr<Holders> make_no_holders() { return std::make_unique<NoHolders>(); }
std::unique_ptr<Network> make_no_network() { return std::make_unique<NoNetwork>(); }

RealHost::RealHost()
    : processes(make_real_processes()),
      files(make_real_files()),
      cgroups(make_real_cgroups()),
      sockets(std::make_unique<UnixSockets>()),
      clock(make_real_clock()),
      facts(look_up_facts()) {}

Host RealHost::with(Network& network, Holders& holders, Http& http) {
  return Host{*processes, *files, *cgroups, network, holders, http, *sockets, *clock, facts};
}

}  // namespace gunflint
