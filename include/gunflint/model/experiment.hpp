#pragma once
/// One experiment file as values. Reading is in framework/model; everything here is copyable data.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gunflint/model/condition.hpp"
#include "gunflint/model/fault_spec.hpp"
#include "gunflint/model/load_spec.hpp"
#include "gunflint/model/probe_spec.hpp"
#include "gunflint/model/target_spec.hpp"

namespace gunflint {

/// An HTTP service that answers questions.
struct Endpoint {
  std::string url, token, ca;
  static Fields<Endpoint> fields();
};
struct Sources {
  std::optional<Endpoint> prometheus, alertmanager, grafana;
  std::map<std::string, Endpoint> scrape;
  Value receivers;
  static Fields<Sources> fields();
};

/// One layer of the system under test, from the door inward.
struct Tier {
  std::string tier, target, adapter, url;
  Value limit;
  static Fields<Tier> fields();
};

enum class During { All, Before, Fault, Recovery, After };
template <>
struct Names<During> {
  static constexpr std::array table{
      std::pair{During::All, "all"}, std::pair{During::Before, "before"},
      std::pair{During::Fault, "fault"}, std::pair{During::Recovery, "recovery"},
      std::pair{During::After, "after"}};
};
enum class NoData { Inconclusive, Fail, Ignore };
template <>
struct Names<NoData> {
  static constexpr std::array table{std::pair{NoData::Inconclusive, "inconclusive"},
                                    std::pair{NoData::Fail, "fail"},
                                    std::pair{NoData::Ignore, "ignore"}};
};

/// Red time that is forgiven: a total duration, or a share of the judged time.
struct Tolerance {
  Duration time{};
  std::optional<Share> share;
};

struct Hypothesis {
  std::string name;
  ProbeSpec of;
  Condition expect;
  Duration window = 10s;
  bool window_is_phase = false;
  std::vector<During> during{During::All};
  Tolerance tolerate;
  NoData no_data = NoData::Inconclusive;
  std::optional<Duration> every;  ///< how often it is read; 5 s for prometheus, else 1 s
  std::string control;            ///< a target to compare with at the same moments
  Mark mark;
};

/// What the system must do about a fault or a surge.
struct Reaction {
  std::string name;
  ProbeSpec of;
  Condition expect;
  std::optional<Start> start;      ///< `at` or `after`; none: from t = 0
  std::optional<Duration> within;  ///< none: it must hold always
  Duration stable_for = 10s;
  std::optional<Duration> every;
  Mark mark;
};

struct AlertExpectation {
  enum class Must { Fire, StaySilent } must = Must::Fire;
  std::string name;
  std::map<std::string, std::string> labels;
  std::optional<Start> start;
  std::optional<Duration> within, resolve_within;
  std::string delivered_to;
  Mark mark;
};
template <>
struct Names<AlertExpectation::Must> {
  static constexpr std::array table{std::pair{AlertExpectation::Must::Fire, "fire"},
                                    std::pair{AlertExpectation::Must::StaySilent, "stay_silent"}};
};

/// An abort condition. Window 5 s.
struct Guard {
  std::string name;  ///< defaults to the condition
  ProbeSpec of;
  Condition when;
  Duration lasting{};  ///< `for`
  NoData no_data = NoData::Fail;
  std::optional<Duration> every;
  Mark mark;
};

struct BlastRadius {
  std::optional<int> max_members;
  std::optional<Share> max_share;
  int keep_ready = 1;
  static Fields<BlastRadius> fields();
};

struct Experiment {
  int version = 1;
  std::string name, description, owner;
  std::vector<std::string> tags;
  std::optional<Duration> time_limit;
  std::uint64_t seed = 0;                   ///< 0: drawn when the run starts, then recorded
  std::map<std::string, std::string> vars;  ///< after --set and the environment
  Sources sources;
  std::vector<TargetSpec> targets;
  std::vector<Tier> system;
  std::vector<LoadSpec> loads;
  std::vector<Hypothesis> steady_state;
  std::vector<FaultSpec> faults;
  RecoverySpec recovery;
  std::vector<Reaction> reactions;
  std::vector<AlertExpectation> alerts;
  std::vector<Guard> abort;
  BlastRadius blast_radius;
  Duration gate = 30s;
  Value matrix, capacity;  ///< validated by the reader, used by later versions
  int extend = 0;

  const TargetSpec* target(std::string_view name) const;
  const LoadSpec* load(std::string_view name) const;
  const FaultSpec* fault(std::string_view name) const;
};

/// Writing gives a complete document with every name resolved; reading it gives the same
/// Experiment. This is how a journal carries its experiment.
template <>
struct Codec<Experiment> {
  static bool read(const Value&, Experiment& out, Reader&);
  static Value write(const Experiment&);
  static Shape shape();
};

}  // namespace gunflint
