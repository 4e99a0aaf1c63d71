// Loads: how much is due when, and whether there is enough to send it with.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "model/check.hpp"

namespace gunflint {
namespace {

void check_baseline_stage(const LoadSpec& load, const Value& entry, Reader& reader) {
  if (load.baseline.empty()) return;
  const Mark mark = mark_at(entry, "baseline");
  const Stage* named = nullptr;
  std::vector<std::string> known;
  for (const auto& stage : load.stages) {
    known.push_back(stage.name);
    if (stage.name == load.baseline) named = &stage;
  }
  if (!named)
    report_unknown(reader, mark, "E117", "stage", load.baseline, known);
  else if (named->users)
    reader.problem(mark, "E135",
                   fmt::format("in `{}` the system sets the pace itself: there is no constant rate "
                               "to compare with",
                               load.baseline),
                   "name a stage with `rate`");
  else if (!named->rate || (load.replay && load.replay->timed))
    reader.problem(mark, "E135",
                   fmt::format("`{}` has no constant rate to compare with", load.baseline),
                   "name a stage with `rate`");
}

/// Keys that change nothing, by why: a person who wrote one believes otherwise.
void check_idle_keys(const LoadSpec& load, const Value& entry, Reader& reader) {
  auto idle = [&](std::string_view key, std::string why, std::string fix) {
    const Value::Entry* written = entry.find_entry(key);
    if (!written) return false;
    auto scope = reader.in(key);
    reader.problem(written->mark, "E145", fmt::format("`{}` changes nothing: {}", key, why),
                   std::move(fix));
    return true;
  };
  const bool closed =
      !load.stages.empty() && std::all_of(load.stages.begin(), load.stages.end(),
                                          [](const Stage& stage) { return stage.users; });
  if (load.replay && load.replay->timed) {
    for (const char* key : {"arrivals", "burst"})
      idle(key, "the log says when requests are due",
           "leave it out, or give the load `stages` of its own");
  } else if (closed) {
    for (const char* key : {"arrivals", "burst"})
      idle(key, "a user begins again when the last journey has ended", "leave it out");
  } else if (load.arrivals != ArrivalKind::Bursty) {
    idle("burst", fmt::format("arrivals are `{}`", name_of(load.arrivals)),
         "write `arrivals: bursty`");
  }
  if (closed)
    for (const char* key : {"max_in_flight", "on_overload"})
      idle(key, "every stage says how many `users` there are", "leave it out");
  if (load.replay && !load.replay->timed)
    if (const Value::Entry* speed = entry.find("replay")->find_entry("speed")) {
      auto scope = reader.in("replay");
      reader.problem(speed->mark, "E145",
                     "`speed` changes nothing: the load's `stages` say when requests are due",
                     "leave one of them out");
    }
}

void check_warm_up(const LoadSpec& load, const Value& entry, Reader& reader) {
  Duration stages{};
  for (const Stage& stage : load.stages) stages += stage.length;
  if (load.warm_up < stages || load.stages.empty()) return;
  auto scope = reader.in("warm_up");
  reader.problem(
      mark_at(entry, "warm_up"), "E104",
      fmt::format("the stages are over after {}, and all of it would be warm-up", print(stages)),
      "write a shorter one, or make a stage longer");
}

/// How many rows the stages take within their `for` (semantics 4: the last one may last longer).
std::uint64_t rows_wanted(const LoadSpec& load) {
  double journeys = 0, rate = 0;
  std::uint64_t users = 0;
  for (const Stage& stage : load.stages) {
    const double last = rate;
    rate = stage.rate ? stage.rate->per_second : stage.ramp_to ? stage.ramp_to->per_second : 0;
    journeys += seconds(stage.length) * (stage.ramp_to ? (last + rate) / 2 : rate);
    // A user of a closed loop keeps the first row.
    if (stage.users) users = std::max(users, static_cast<std::uint64_t>(*stage.users));
  }
  return users + static_cast<std::uint64_t>(std::llround(std::min(journeys, 1e15)));
}

void check_rows(const LoadSpec& load, const Value& entry, Reader& reader) {
  const Value* data = entry.find("data");
  if (!data || !data->is_map()) return;
  auto scope = reader.in("data");
  for (const DataSpec& set : load.data) {
    const Value* written = data->find(set.name);
    if (!written || set.order != RowOrder::Unique) continue;
    const auto rows = static_cast<std::uint64_t>(written->integer_or("rows"));
    const std::uint64_t wanted = rows_wanted(load);
    if (rows == 0 || wanted <= rows) continue;
    auto inner = reader.in(set.name);
    reader.problem(mark_at(*written, "order"), "E146",
                   fmt::format("`{}` has {} row{}, none is taken twice, and the stages need {}",
                               set.name, rows, rows == 1 ? "" : "s", wanted),
                   "add rows, or say `order: sequential`");
  }
}

}  // namespace

void check_load_traffic(const LoadSpec& load, const Value& entry, Reader& reader) {
  check_baseline_stage(load, entry, reader);
  check_idle_keys(load, entry, reader);
  check_warm_up(load, entry, reader);
  check_rows(load, entry, reader);
}

}  // namespace gunflint
