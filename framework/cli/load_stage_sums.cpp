#include "cli/load_stage_sums.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cli/load_stages.hpp"

namespace gunflint {
namespace {

int first_second_from(Duration t) {
  return static_cast<int>(std::chrono::ceil<std::chrono::seconds>(t).count());
}

/// The number of a stage says nothing; what it asks does.
std::string title_of(const Stage& stage, int number) {
  const std::string asks = spell_stage(stage) + " for " + print(stage.length);
  return has_own_name(stage, number) ? stage.name + ": " + asks : asks;
}

}  // namespace

StageSums::StageSums(const LoadSpec& load) {
  if (load.stages.size() < 2) return;
  Duration end{};
  for (const Stage& stage : load.stages) {
    StageSum sum;
    sum.load = load.name;
    sum.number = static_cast<int>(stages_.size()) + 1;
    sum.name = title_of(stage, sum.number);
    sum.from = first_second_from(end);
    stages_.push_back(std::move(sum));
    end += stage.length;
    ends_.push_back(first_second_from(end));
  }
}

void StageSums::add(const Slice& slice) {
  if (stages_.empty()) return;
  const auto after = std::upper_bound(ends_.begin(), ends_.end() - 1, slice.second);
  stages_[static_cast<std::size_t>(after - ends_.begin())].sum.add(slice);
}

std::vector<StageSum> StageSums::finish(Duration ran) const {
  auto stages = stages_;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const double end = std::min<double>(ends_[i], seconds(ran));
    stages[i].length = std::max(0.0, end - stages[i].from - stages[i].sum.warm_up_seconds);
  }
  return stages;
}

}  // namespace gunflint
