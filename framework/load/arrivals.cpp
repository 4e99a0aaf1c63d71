#include "load/arrivals.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "load/draw.hpp"

namespace gunflint {

Pace::Pace(const std::vector<Stage>& stages) {
  for (const auto& stage : stages) {
    Piece piece;
    piece.start = end_;
    piece.length = seconds(stage.length);
    // Where a closed loop is asked for, nobody else arrives.
    piece.from = stage.users ? 0 : stage.rate ? stage.rate->per_second : final_rate_;
    piece.to = stage.ramp_to ? stage.ramp_to->per_second : piece.from;
    piece.before = total_;
    final_rate_ = piece.to;
    if (piece.length <= 0) continue;
    end_ += piece.length;
    total_ += (piece.from + piece.to) / 2 * piece.length;
    pieces_.push_back(piece);
  }
}

double Pace::rate_at(Duration t) const {
  const double s = seconds(t);
  for (const auto& p : pieces_)
    if (s >= p.start && s < p.start + p.length)
      return p.from + (p.to - p.from) * (s - p.start) / p.length;
  return final_rate_;
}

double Pace::expected_until(Duration t) const {
  const double s = seconds(t);
  if (s <= 0) return 0;
  if (s >= end_) return total_ + final_rate_ * (s - end_);
  double sum = 0;
  for (const auto& p : pieces_)
    if (s > p.start) sum = p.before + p.expected(std::min(s - p.start, p.length));
  return sum;
}

std::optional<Duration> Pace::reaches(double count) const {
  const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), count,
                                      [](double c, const Piece& p) { return c < p.before; });
  // Pieces without arrivals share `before` with their successor; upper_bound passes them all.
  if (count < total_ && after != pieces_.begin()) {
    const Piece& p = *std::prev(after);
    const double rest = count - p.before;
    const double slope = (p.to - p.from) / p.length;
    // Root of from*x + slope*x^2/2 = rest in the form that does not cancel.
    const double root = std::sqrt(std::max(0.0, p.from * p.from + 2 * slope * rest));
    const double x = rest <= 0 ? 0 : 2 * rest / (p.from + root);
    return from_seconds(p.start + std::min(x, p.length));
  }
  if (final_rate_ <= 0) return std::nullopt;
  return from_seconds(end_ + (count - total_) / final_rate_);
}

Duration Pace::length() const { return from_seconds(end_); }

Arrivals::Arrivals(const std::vector<Stage>& stages, ArrivalKind kind,
                   const std::vector<double>& weights, std::uint64_t seed, WorkShare share,
                   int burst)
    : pace_(stages),
      kind_(kind),
      seed_(seed),
      share_(share),
      timed_(static_cast<std::uint64_t>(share.i)),
      burst_(kind == ArrivalKind::Bursty ? static_cast<std::uint64_t>(std::max(1, burst)) : 1) {
  assert(share.n >= 1 && share.i >= 0 && share.i < share.n);
  double sum = 0;
  for (const double weight : weights) cumulative_.push_back(sum += weight);
  assert(sum > 0);
  if (kind_ == ArrivalKind::Uniform) number_ = static_cast<std::uint64_t>(share.i);
}

std::optional<Arrival> Arrivals::next() {
  const auto n = static_cast<std::uint64_t>(share_.n);
  if (recording_ && recording_->timed()) {
    const auto number = timed_;
    timed_ += n;
    // A load that ends in silence ends with its log; any other begins the log again.
    if (pace_.rate_at(recording_->due(number)) <= 0) return std::nullopt;
    return Arrival{recording_->due(number), number, journey_of(number)};
  }
  if (kind_ == ArrivalKind::Uniform) {
    const auto due = pace_.reaches(static_cast<double>(number_));
    if (!due) return std::nullopt;
    const auto number = std::exchange(number_, number_ + n);
    return Arrival{*due, number, journey_of(number)};
  }
  while (true) {
    const auto number = number_++;
    if (number % burst_ == 0)
      reached_ -=
          std::log1p(-draw(seed_, number / burst_, Purpose::Gap)) * static_cast<double>(burst_);
    if (number % n != static_cast<std::uint64_t>(share_.i)) continue;
    const auto due = pace_.reaches(reached_);
    if (!due) return std::nullopt;
    return Arrival{*due, number, journey_of(number)};
  }
}

int Arrivals::journey_of(std::uint64_t number) const {
  if (cumulative_.size() == 1) return 0;
  if (recording_) return recording_->is_head(number) ? 1 : 0;
  const double at = draw(seed_, number, Purpose::Journey) * cumulative_.back();
  const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), at);
  return static_cast<int>(std::min<std::ptrdiff_t>(
      found - cumulative_.begin(), static_cast<std::ptrdiff_t>(cumulative_.size()) - 1));
}

}  // namespace gunflint
