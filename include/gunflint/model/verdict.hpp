#pragma once
/// What follows from a journal.

#include <optional>
#include <string>
#include <vector>

#include "gunflint/base/fields.hpp"

namespace gunflint {

/// Ordered from best to worst; findings combine by the worst.
enum class Held { Yes, Inconclusive, No };
template <>
struct Names<Held> {
  static constexpr std::array table{std::pair{Held::Yes, "held"},
                                    std::pair{Held::Inconclusive, "inconclusive"},
                                    std::pair{Held::No, "failed"}};
};

/// How a run ended. The numbers are the exit codes; the order of precedence is semantics 42.
enum class Outcome {
  Held = 0,
  Failed = 1,
  Invalid = 2,
  NotStarted = 3,
  Aborted = 4,
  UndoIncomplete = 5,
  ToolError = 6,
  Inconclusive = 7,
  Hangup = 129,
  Interrupted = 130,
  Terminated = 143
};
template <>
struct Names<Outcome> {
  static constexpr std::array table{std::pair{Outcome::Held, "held"},
                                    std::pair{Outcome::Failed, "failed"},
                                    std::pair{Outcome::Invalid, "invalid"},
                                    std::pair{Outcome::NotStarted, "not started"},
                                    std::pair{Outcome::Aborted, "aborted"},
                                    std::pair{Outcome::UndoIncomplete, "undo incomplete"},
                                    std::pair{Outcome::ToolError, "tool error"},
                                    std::pair{Outcome::Inconclusive, "inconclusive"},
                                    std::pair{Outcome::Hangup, "hung up"},
                                    std::pair{Outcome::Interrupted, "interrupted"},
                                    std::pair{Outcome::Terminated, "terminated"}};
};
inline int exit_code(Outcome outcome) { return static_cast<int>(outcome); }
/// 5, signals, 4, 1, 6, 7, 3, 0: the first that applies wins.
Outcome worst(Outcome a, Outcome b);

/// A stretch of red (or unknown) with the numbers that made it so.
struct Evidence {
  std::int64_t from_second = 0, to_second = 0;  ///< since t = 0
  std::string value;                            ///< "412ms"
  std::string samples;                          ///< "63 slow of 512"
  std::string note;                             ///< "starts 3s after `lose one`"
  static Fields<Evidence> fields();
};

/// One thing that was judged.
struct Finding {
  enum class Kind { Hypothesis, Recovery, Reaction, Alert, Guard, Fault, Undo, Load };
  Kind kind = Kind::Hypothesis;
  std::string name;
  Held held = Held::Inconclusive;
  std::string measured;  ///< "p95 412ms"
  std::string limit;     ///< "p95 < 400ms"
  std::string sentence;  ///< one sentence that says why
  std::vector<Evidence> evidence;
  std::optional<double> took_s;  ///< recovery and reactions: seconds from the start moment
  std::string file;              ///< of the line in the experiment, for JUnit and annotations
  int line = 0;
  static Fields<Finding> fields();
};
template <>
struct Names<Finding::Kind> {
  static constexpr std::array table{std::pair{Finding::Kind::Hypothesis, "hypothesis"},
                                    std::pair{Finding::Kind::Recovery, "recovery"},
                                    std::pair{Finding::Kind::Reaction, "reaction"},
                                    std::pair{Finding::Kind::Alert, "alert"},
                                    std::pair{Finding::Kind::Guard, "guard"},
                                    std::pair{Finding::Kind::Fault, "fault"},
                                    std::pair{Finding::Kind::Undo, "undo"},
                                    std::pair{Finding::Kind::Load, "load"}};
};

struct Verdict {
  Outcome outcome = Outcome::Inconclusive;
  std::string sentence;  ///< the run in one sentence
  std::vector<Finding> findings;
  double users_due = 0,
         users_affected = 0;  ///< journeys due under fault; those that did not complete
  static Fields<Verdict> fields();
};

}  // namespace gunflint
