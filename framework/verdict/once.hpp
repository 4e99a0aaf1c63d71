#pragma once
/// `users_affected` and `dropped`: judged once per run (semantics 13 and 24).

#include "gunflint/model/experiment.hpp"
#include "gunflint/model/verdict.hpp"
#include "model/gating.hpp"
#include "verdict/phases.hpp"
#include "verdict/recovery_watch.hpp"
#include "verdict/users.hpp"

namespace gunflint {

/// The span in which users count as affected: first injection to last recovery (or end); without an
/// injection, the whole run.
struct AffectedSpan {
  int from = 0, to = 0;
};
AffectedSpan affected_span(const Phases& phases, const RecoveryWatch& recoveries, int end);

Finding judge_once(const Hypothesis& hypothesis, const UsersByDue& users, AffectedSpan span,
                   bool over);

}  // namespace gunflint
