#include "verdict/moments.hpp"

#include "verdict/recovery_watch.hpp"

namespace gunflint {

std::optional<StageTimes> stage_times(const Experiment& experiment, const std::string& name) {
  for (const auto& load : experiment.loads) {
    Duration from{};
    for (const auto& stage : load.stages) {
      const Duration to = from + stage.length;
      if (stage.name == name || load.name + "." + stage.name == name)
        return StageTimes{seconds(from), seconds(to)};
      from = to;
    }
  }
  return std::nullopt;
}

std::optional<double> moment_of(const Start& start, const Experiment& experiment,
                                const Phases& phases, const RecoveryWatch& recoveries,
                                std::optional<double> gate_passed) {
  const std::string name = start.names.empty() ? std::string() : start.names.front();
  std::optional<double> moment;
  switch (start.how) {
    case Start::How::Gate:
      moment = gate_passed;
      break;
    case Start::How::At:
    case Start::How::While:
      if (start.time)
        moment = seconds(*start.time);
      else if (const auto stage = stage_times(experiment, name))
        moment = stage->from;
      else
        moment = phases.began(name);
      break;
    case Start::How::After:
      if (const auto stage = stage_times(experiment, name))
        moment = stage->to;
      else
        moment = phases.ended(name);
      break;
    case Start::How::AfterRecovery:
      moment = recoveries.recovered_at(name);
      break;
  }
  if (moment) *moment += seconds(start.plus);
  return moment;
}

}  // namespace gunflint
