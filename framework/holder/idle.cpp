// idle: holds nothing. For the fault `noop`, and for tests of all that is around a holder.
#include "holder/holder.hpp"

namespace gunflint {
namespace {

Result<void> idle(const Value&, Pulse& pulse, int stop_fd) {
  pulse.ready();
  while (!stopped(stop_fd, 50ms)) pulse.beat();
  return {};
}

}  // namespace

GUNFLINT_HOLDER(idle, idle)

}  // namespace gunflint
