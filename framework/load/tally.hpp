#pragma once
/// What one loop counted for one load in one second. Nothing is sampled.

#include <array>
#include <string>
#include <vector>

#include "gunflint/model/slice.hpp"

namespace gunflint {
inline namespace load_room {

constexpr std::size_t error_classes = Names<ErrorClass>::table.size();

constexpr std::size_t spoken_kinds = Names<Spoken>::table.size();

/// Answers by status code. Few codes come, and mostly the same again.
class StatusCounts {
 public:
  void add(int status, std::uint64_t n = 1) {
    if (last_ < counts_.size() && counts_[last_].first == status) {
      counts_[last_].second += n;
      return;
    }
    last_ = 0;
    while (last_ < counts_.size() && counts_[last_].first != status) ++last_;
    if (last_ == counts_.size()) counts_.emplace_back(status, 0);
    counts_[last_].second += n;
  }
  void add(const StatusCounts& other) {
    for (const auto& [status, n] : other.counts_) add(status, n);
  }
  auto begin() const { return counts_.begin(); }
  auto end() const { return counts_.end(); }

 private:
  std::vector<std::pair<int, std::uint64_t>> counts_;
  std::size_t last_ = 0;
};

struct StepTally {
  std::uint64_t ended = 0, failed = 0, attempts = 0;
  StatusCounts statuses;
  std::array<std::uint64_t, error_classes> errors{};
  Histogram latency, service, waiting;
  std::map<ErrorClass, std::string> examples;  ///< the first of each class
};

struct JourneyTally {
  struct ByDue {
    int second = 0;
    std::uint64_t ended = 0, completed = 0;
  };
  std::uint64_t due = 0, dropped = 0, ended = 0, completed = 0, unfinished = 0;
  Histogram duration, waiting;
  std::vector<ByDue> by_due;  ///< few: most journeys end in the second in which they were due

  ByDue& due_in(int second) {
    for (auto at = by_due.rbegin(); at != by_due.rend(); ++at)
      if (at->second == second) return *at;
    return by_due.emplace_back(ByDue{second});
  }
};

struct Tally {
  int second = 0;
  std::uint64_t sent = 0, in_flight = 0, backlog = 0, users = 0;
  std::uint64_t reconnects = 0, opened = 0, connections = 0, bytes_in = 0, bytes_out = 0;
  std::array<std::uint64_t, spoken_kinds> spoken{};
  Histogram connect, late, queued, lag;
  Duration last_end{};  ///< of a journey; 0: none ended
  double cpu = 0;
  bool out_of_sockets = false;  ///< no descriptor or local port was left
  bool warm_up = false;
  bool over = false;
  bool last = false;
  std::vector<StepTally> steps;
  std::vector<JourneyTally> journeys;
};

}  // namespace load_room
}  // namespace gunflint
