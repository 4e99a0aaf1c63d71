#include "load/data.hpp"

#include <algorithm>

#include "load/draw.hpp"

namespace gunflint {

Result<DataSet> DataSet::load(const DataSpec& spec) {
  DataSet set;
  set.name_ = spec.name;
  set.order_ = spec.order;
  GF_TRY_AS(set.rows_, Rows::load(spec.file));
  return set;
}

std::size_t DataSet::row_of(std::uint64_t user, std::uint64_t seed, std::size_t set) const {
  const auto size = rows_.size();
  if (order_ != RowOrder::Random) return user % size;
  const auto at =
      static_cast<std::size_t>(draw(seed, user, Purpose::Row, set) * static_cast<double>(size));
  return std::min(at, size - 1);
}

Result<std::shared_ptr<const Recording>> Recording::load(const ReplaySpec& spec) {
  auto made = std::make_shared<Recording>();
  made->speed_ = spec.speed;
  made->timed_ = spec.timed;
  GF_TRY_AS(made->log_, AccessLog::load(spec.file));
  return std::shared_ptr<const Recording>(std::move(made));
}

Duration Recording::due(std::uint64_t number) const {
  const auto rounds = static_cast<std::int64_t>(number / log_.size());
  const Duration recorded = log_.length() * rounds + log_[number % log_.size()].at;
  return from_seconds(seconds(recorded) / speed_);
}

}  // namespace gunflint
