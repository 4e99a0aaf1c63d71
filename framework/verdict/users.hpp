#pragma once
/// Journeys by the second in which they were due (semantics 24).

#include <map>
#include <string>
#include <vector>

#include "gunflint/model/probe_spec.hpp"
#include "gunflint/model/slice.hpp"

namespace gunflint {

class UsersByDue {
 public:
  void on(const Slice& slice);

  struct Count {
    std::uint64_t due = 0;      ///< journeys due in the span
    std::uint64_t lost = 0;     ///< of these, known not to have completed
    std::uint64_t pending = 0;  ///< of these, not decided yet
    std::uint64_t dropped = 0;  ///< arrivals never begun, by the second they fell due
  };
  /// Journeys due in [from, to) seconds that `of` looks at; those of the warm-up are left out,
  /// whenever they ended.
  Count between(int from, int to, const OfLoad& of) const;

 private:
  struct Second {
    std::uint32_t due = 0, ended = 0, completed = 0, dropped = 0;
  };
  using Series = std::vector<Second>;
  static Second& at(Series& series, int second);
  std::map<std::pair<std::string, std::string>, Series> by_journey_;  ///< (load, journey)
  std::map<std::string, int> warm_until_;                             ///< by load
};

}  // namespace gunflint
