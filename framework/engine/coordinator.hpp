#pragma once
/// Runs one experiment: opens agents, asks them, starts the load, and then carries inputs from the
/// crew to Run, events from Run to the journal, and tasks from Run to the crew, until Run is over.
/// One thread owns all state.

#include <functional>
#include <optional>
#include <string>

#include "engine/crew.hpp"
#include "engine/journal.hpp"
#include "engine/planner.hpp"
#include "engine/run.hpp"
#include "engine/run_folder.hpp"

namespace gunflint {

struct RunOrder {
  Experiment experiment;
  Value document;          ///< encode(experiment), secrets redacted: for the journal
  std::string text, file;  ///< as written (redacted), and its name
  std::string out;         ///< where runs lie
  std::string series;
  int trial = 0;
  std::uint64_t seed = 0;  ///< 0: drawn
  bool fail_fast = false;
  Duration lease = 3s;
  FindKind find_kind;
  CrewParts parts;
  /// Every event after it was written, and a moment now and then.
  std::function<void(const Event&, const Judge&)> on_event;
  std::function<void()> on_tick;
};

struct RunResult {
  RunFolder folder;
  Verdict verdict;
  int exit = 6;
  int signals = 0;
};

/// An Error only when not even a journal could be made.
Result<RunResult> execute(RunOrder order);

/// What `plan` shows: opens agents, asks them about targets and faults, closes them. Nothing is
/// changed anywhere.
Plan ask_and_plan(const Experiment& experiment, const FindKind& find, CrewParts parts,
                  std::uint64_t seed);

/// Waits until each watched target was seen once, at most 5 s. `each` gets what arrives meanwhile;
/// false from it ends the wait.
std::map<std::string, TargetLooked> first_looks(Inbox& inbox, const Experiment& experiment,
                                                const std::function<bool(const Arrived&)>& each);

/// Asks open agents about members and faults.
Inventory take_inventory(Crew& crew, const Experiment& experiment, const FindKind& find,
                         std::uint64_t seed, bool we_are_root);

}  // namespace gunflint
