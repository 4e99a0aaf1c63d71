#pragma once
/// One injection as its agent knows it.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/operation.hpp"
#include "gunflint/concepts/fault.hpp"
#include "gunflint/model/message.hpp"
#include "gunflint/model/undo.hpp"

namespace gunflint {

struct Injection {
  enum class State {
    Preparing,  ///< looking; nothing was changed and nothing is in the ledger
    Acting,     ///< the undo record is durable; the fault acts
    InForce,
    Restoring,
    Over,  ///< taken back, or closed with something left behind
    Stuck  ///< could not be taken back; tried again, and the ledger keeps it
  };
  State state = State::Preparing;
  Inject ask;
  UndoRecord undo;
  std::uint64_t request = 0;            ///< the Inject that is still to be answered; 0: answered
  std::vector<std::uint64_t> restores;  ///< the Restores that are still to be answered
  std::unique_ptr<Operation> work;      ///< injecting or restoring
  std::unique_ptr<Operation> biting;
  Time next_bite{}, retry_at{};
  std::optional<Duration> until;  ///< CLOCK_BOOTTIME at which it ends by itself
  int attempts = 0;               ///< to take it back
  bool gone = false;              ///< its member is no more
  std::string by;                 ///< who had it taken back
  std::optional<Error> failure;   ///< why injecting failed, told after it was taken back
  bool reported = false;          ///< RestoreDone was said
  RestoreDone result;

  bool open() const { return state != State::Over && state != State::Preparing; }
};

}  // namespace gunflint
