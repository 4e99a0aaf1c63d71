#pragma once
/// What users of a load bring along: rows of data files, and recorded requests.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gunflint/model/load_spec.hpp"
#include "model/access_log.hpp"
#include "model/rows.hpp"

namespace gunflint {

/// The rows of one data file. `user`: the number of the arrival, or of the member of a closed loop.
class DataSet {
 public:
  /// Reads the file. Errors name it, and the line.
  static Result<DataSet> load(const DataSpec& spec);

  const std::string& name() const { return name_; }
  const std::vector<std::string>& columns() const { return rows_.columns(); }
  /// `order: unique`, and every row is taken.
  bool used_up(std::uint64_t user) const {
    return order_ == RowOrder::Unique && user >= rows_.size();
  }
  /// Which row a user takes. `set`: the place of this file among those of the load.
  std::size_t row_of(std::uint64_t user, std::uint64_t seed, std::size_t set) const;
  const Rows& rows() const { return rows_; }

 private:
  std::string name_;
  RowOrder order_ = RowOrder::Sequential;
  Rows rows_;
};

/// An access log that is replayed, from the start again at its end.
class Recording {
 public:
  /// Reads the file. Errors name it, and the line.
  static Result<std::shared_ptr<const Recording>> load(const ReplaySpec& spec);

  /// Request `number` of the replay.
  std::string_view target(std::uint64_t number) const { return log_[number % log_.size()].target; }
  bool is_head(std::uint64_t number) const { return log_[number % log_.size()].method == "HEAD"; }
  /// When it is due, as recorded and sped up.
  Duration due(std::uint64_t number) const;
  /// The log says when, not the stages.
  bool timed() const { return timed_; }

 private:
  AccessLog log_;
  double speed_ = 1;
  bool timed_ = false;
};

}  // namespace gunflint
