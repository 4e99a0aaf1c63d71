#include "verdict/users.hpp"

#include <algorithm>
#include <charconv>

namespace gunflint {
namespace {

/// Far more than any run; a damaged journal must not ask for a terabyte.
constexpr int most_seconds = 10'000'000;

}  // namespace

UsersByDue::Second& UsersByDue::at(Series& series, int second) {
  second = std::clamp(second, 0, most_seconds);
  if (second >= static_cast<int>(series.size()))
    series.resize(static_cast<std::size_t>(second) + 1);
  return series[static_cast<std::size_t>(second)];
}

void UsersByDue::on(const Slice& slice) {
  if (slice.warm_up) {
    int& until = warm_until_[slice.load];
    until = std::max(until, std::clamp(slice.second, 0, most_seconds) + 1);
  }
  auto by_due = [](Series& series, const std::map<std::string, std::uint64_t>& counts,
                   std::uint32_t Second::*part) {
    for (const auto& [text, count] : counts) {
      int second = 0;
      std::from_chars(text.data(), text.data() + text.size(), second);
      at(series, second).*part += static_cast<std::uint32_t>(count);
    }
  };
  for (const auto& journey : slice.journeys) {
    auto& series = by_journey_[{slice.load, journey.journey}];
    auto& now = at(series, slice.second);
    now.due += static_cast<std::uint32_t>(journey.due);
    now.dropped += static_cast<std::uint32_t>(journey.dropped);
    by_due(series, journey.ended_by_due, &Second::ended);
    by_due(series, journey.completed_by_due, &Second::completed);
  }
}

UsersByDue::Count UsersByDue::between(int from, int to, const OfLoad& of) const {
  Count count;
  for (const auto& [key, series] : by_journey_) {
    if (!of.load.empty() && key.first != of.load) continue;
    if (!of.journey.empty() && key.second != of.journey) continue;
    const int end = std::min(to, static_cast<int>(series.size()));
    const auto warm = warm_until_.find(key.first);
    for (int s = std::max(warm == warm_until_.end() ? 0 : warm->second, from); s < end; ++s) {
      const auto& second = series[static_cast<std::size_t>(s)];
      count.due += second.due;
      count.dropped += second.dropped;
      count.lost += second.ended - std::min(second.completed, second.ended);
      count.pending += second.due - std::min(second.ended, second.due);
    }
  }
  return count;
}

}  // namespace gunflint
