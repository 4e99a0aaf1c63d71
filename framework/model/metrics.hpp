#pragma once
/// The names that a condition may start with, by the kind of source they belong to.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gunflint/model/condition.hpp"
#include "gunflint/model/probe_spec.hpp"

namespace gunflint {

struct Metric {
  std::string_view source;  ///< kind of ProbeSpec: "load", "target", …
  std::string_view name;
  Unit unit = Unit::None;
  bool also_count = false;  ///< a bare count is accepted too (users_affected < 500)
  bool of_journey = true;   ///< load: may be asked of one journey
  bool of_step = true;      ///< load: may be asked of one step
  std::string_view help;
};

std::span<const Metric> all_metrics();
/// The metric `name` of sources of `kind`, or nullptr.
const Metric* find_metric(std::string_view kind, std::string_view name);
std::vector<std::string> metric_names(std::string_view kind);
/// Whether any kind of source has it.
bool is_metric(std::string_view name);
/// Unit of `name` in any source; None when unknown.
Unit unit_of_metric(std::string_view name);

}  // namespace gunflint
