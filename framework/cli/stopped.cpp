#include "cli/stopped.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gunflint {
namespace {

std::string described(const UndoRecord& undo) {
  return fmt::format("{} on {}", undo.fault,
                     undo.member.label.empty() ? undo.member.id : undo.member.label);
}

/// A ledger goes away with its last record; one that cannot be read says of none that it is closed.
bool is_left(const UndoRecord& undo, const LedgerStatus* ledger) {
  if (ledger == nullptr) return false;
  const auto same = [&](const UndoRecord& other) { return other.injection == undo.injection; };
  return !ledger->problem.empty() || std::ranges::any_of(ledger->open, same) ||
         std::ranges::any_of(ledger->conflicts, same, &KeptConflict::undo);
}

}  // namespace

Stopped became_of(const std::string& run, const std::vector<LedgerStatus>& before,
                  const std::vector<LedgerStatus>& after) {
  Stopped all;
  for (const auto& status : before) {
    if (status.run != run || status.owner == 0) continue;
    const auto now = std::ranges::find(after, status.path, &LedgerStatus::path);
    for (const auto& undo : status.open)
      (is_left(undo, now == after.end() ? nullptr : &*now) ? all.left : all.taken_back)
          .push_back(described(undo));
  }
  return all;
}

std::string stopped_text(const std::string& run, const Stopped& what) {
  std::string text = "stopped run " + run;
  if (!what.taken_back.empty())
    text += fmt::format("; taken back: {}", fmt::join(what.taken_back, ", "));
  if (!what.left.empty())
    text += fmt::format("; left by its agent: {}", fmt::join(what.left, ", "));
  return what.taken_back.empty() && what.left.empty() ? text + "; nothing was in force" : text;
}

}  // namespace gunflint
