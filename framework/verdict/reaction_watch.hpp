#pragma once
/// Did the system do what it must about a fault or a surge? (semantics 39)

#include <optional>
#include <string>

#include "gunflint/model/experiment.hpp"
#include "gunflint/model/verdict.hpp"
#include "verdict/sli.hpp"

namespace gunflint {

/// The truth of one condition over time, reduced to what a deadline needs.
class Truth {
 public:
  /// `at`: when the value was taken.
  void put(double at, std::optional<bool> holds);
  std::optional<bool> now() const { return now_; }
  /// Last change to true; unknown in between does not end a truth.
  std::optional<double> since() const { return now_ == true ? since_ : std::nullopt; }
  std::optional<double> last_unknown() const { return last_unknown_; }

 private:
  std::optional<bool> now_, last_known_;
  std::optional<double> since_, last_unknown_;
};

class ReactionWatch {
 public:
  explicit ReactionWatch(const Reaction& reaction);

  enum class State { NotBegun, Open, Met, Missed, Unclear };

  Sli& sli() { return sli_; }
  /// A closed second. `start`: its start moment, once that is known.
  void second(int second, std::optional<double> start);
  /// The start moment can no longer come.
  void never(const std::string& why);

  State state() const { return state_; }
  std::optional<double> took() const { return took_; }
  const Reaction& reaction() const { return reaction_; }
  /// `over`: the run has ended, what is open is decided by what is known.
  Finding finding(bool over) const;

 private:
  void at_deadline(double deadline);
  Finding with_deadline(bool over) const;
  Finding always(bool over) const;

  Reaction reaction_;
  Sli sli_;
  State state_ = State::NotBegun;
  double start_ = 0;
  Truth truth_;
  std::optional<double> took_;
  std::string why_;
  Look last_;
  int judged_ = 0, red_ = 0, unknown_ = 0;
  std::optional<int> first_red_;
  Look worst_;
};

}  // namespace gunflint
