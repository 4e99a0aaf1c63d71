// gunicorn's number of workers is not in any file: the master adds one on SIGTTIN and ends the
// oldest on SIGTTOU. Two signals in quick succession count once, so each is awaited.
#include <csignal>
#include <cstdlib>

#include "common/setpoint.hpp"
#include "setting/setting_at.hpp"

namespace gunflint {
namespace {

constexpr Duration step_patience = 10s;  ///< a worker ends when its request is answered
constexpr Duration settled = 300ms;      ///< the count counts once it has stood for so long
constexpr Duration between = 40ms;       ///< two signals that come closer may count as one

Result<int> count(Host& host, const GunicornAt& at) {
  GF_TRY_AS(const ProcessInfo master, host.processes.look(at.master.pid));
  if (master.id != at.master)
    return fail(Cause::Gone, "the gunicorn master " + std::to_string(at.master.pid) + " has ended");
  GF_TRY_AS(const std::vector<ProcessInfo> children, children_of(host, at.master.pid));
  return static_cast<int>(children.size());
}

/// Waits until the count differs from `from`, and then stands still for `quiet`.
Result<int> next_count(Host& host, const GunicornAt& at, int from, Duration quiet) {
  const Time end = host.clock.now() + step_patience;
  Time since = host.clock.now();
  int seen = from;
  for (;;) {
    GF_TRY_AS(const int now, count(host, at));
    if (now != seen) since = host.clock.now();
    seen = now;
    if (now != from && host.clock.now() - since >= quiet) return now;
    if (host.clock.now() >= end) return now;
    host.clock.sleep(20ms);
  }
}

}  // namespace

Result<Value> read_gunicorn(Host& host, const GunicornAt& at) {
  GF_TRY_AS(const int workers, count(host, at));
  return Value(workers);
}

Result<void> rehearse_gunicorn(Host& host, const GunicornAt& at, const Value& from,
                               const Value& to) {
  if (!from.is_integer() || !to.is_integer()) return {};
  for (auto workers = from.integer(); workers != to.integer();) {
    const bool more = workers < to.integer();
    GF_TRY(host.processes.signal(at.master, more ? SIGTTIN : SIGTTOU));
    workers += more ? 1 : -1;
  }
  return {};
}

Result<void> write_gunicorn(Host& host, const GunicornAt& at, const Value& value) {
  if (!value.is_integer() || value.integer() < 1 || value.integer() > 1000)
    return fail(Cause::BadInput, "gunicorn cannot have " + spelled(value) +
                                     " workers; write a number from 1 to 1000");
  const int asked = static_cast<int>(value.integer());
  // A worker that is still on its way out, or in, is waited for first; and again at the end.
  GF_TRY_AS(int workers, next_count(host, at, -1, settled));
  for (int steps = 2 * std::abs(asked - workers) + 2; workers != asked; --steps) {
    if (steps == 0)
      return fail(Cause::TimedOut, "gunicorn has " + std::to_string(workers) +
                                       " workers and does not come to " + std::to_string(asked) +
                                       "; see its error log");
    GF_TRY(host.processes.signal(at.master, workers < asked ? SIGTTIN : SIGTTOU));
    GF_TRY_AS(int now, next_count(host, at, workers, between));
    if (now == workers)
      return fail(Cause::TimedOut, "gunicorn did not change from " + std::to_string(workers) +
                                       " workers within " + print(step_patience) +
                                       " of being asked to; is a worker busy for that long?");
    if (now == asked) {
      GF_TRY_AS(now, next_count(host, at, -1, settled));
    }
    workers = now;
  }
  return {};
}

}  // namespace gunflint
