#pragma once
/// Semantics 9: which hypotheses decide whether anything may be injected, and when they can be
/// known.

#include <optional>

#include "gunflint/model/experiment.hpp"

namespace gunflint {

/// `users_affected` and `dropped`: judged once per run (semantics 13 and 24).
bool is_once_per_run(const Hypothesis& hypothesis);
/// Judged second by second, in a phase that includes `before`. What is judged once, per phase or
/// per run, is known at its end only: it is no part of the gate, and its finding says so.
bool guards_the_gate(const Hypothesis& hypothesis);
/// The longest first window, before which the gate cannot be known; nothing when nothing gates.
std::optional<Duration> gate_window(const Experiment& experiment);

}  // namespace gunflint
