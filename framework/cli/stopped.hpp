#pragma once
/// What became of the injections of a run that was stopped: only what its agents are seen to have
/// taken back is said to be. For the rest there is `recover`.

#include <string>
#include <vector>

#include "agent/undo_desk.hpp"

namespace gunflint {

/// "pause on nginx[12]" each, in the order of the ledgers.
struct Stopped {
  std::vector<std::string> taken_back, left;
};

/// `before`: all ledgers while its agents were at work; `after`: when they had ended.
Stopped became_of(const std::string& run, const std::vector<LedgerStatus>& before,
                  const std::vector<LedgerStatus>& after);

/// "stopped run r-1; taken back: pause on a[1]; left by its agent: limit on b[2]".
std::string stopped_text(const std::string& run, const Stopped& what);

}  // namespace gunflint
