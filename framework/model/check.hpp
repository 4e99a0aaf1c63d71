#pragma once
/// What can be said about an experiment on paper, once its parts are read.

#include "gunflint/model/reader.hpp"
#include "model/names.hpp"

namespace gunflint {

/// All that a check looks at.
struct Checked {
  const Experiment& experiment;
  const Value& document;  ///< for places and for what was written out
  const NamesInFile& names;
  const ReadOptions& options;
};

/// Where `key` of `map` has its value; without one, where the map is.
inline Mark mark_at(const Value& map, std::string_view key) {
  const Value* value = map.find(key);
  return value ? value->mark : map.mark;
}

void check_loads(const Checked& c, Reader& reader);
/// Of one load: stages against what is due in them. `entry`: its map in the document.
void check_load_traffic(const LoadSpec& load, const Value& entry, Reader& reader);
/// Of one load: `tls`, `connect`, `transport`, and what the transport cannot do.
void check_load_connections(const LoadSpec& load, const Value& entry, Reader& reader);
void check_probes(const Checked& c, Reader& reader);  ///< steady_state, reactions, alerts, abort
void check_faults(const Checked& c, Reader& reader);
void check_rest(const Checked& c, Reader& reader);  ///< system, capacity, matrix, blast_radius
/// Only for an experiment without errors: time_limit, cycles, baseline, gate; warnings.
void check_schedule(const Checked& c, Reader& reader);

/// A condition against its source: E122, E123, E135. `baseline`: whether `of baseline` has a
/// meaning.
void check_condition(const Condition& condition, const ProbeSpec& of, bool baseline,
                     Reader& reader);
/// The names that a probe uses. `entry` is the document's map, for places.
void check_source(const Checked& c, const ProbeSpec& of, const Value& entry, Reader& reader);
/// The names of a start moment.
void check_start(const Checked& c, const Start& start, Reader& reader);

/// All fault types of the language, built or not, with a sentence for those that are not.
struct FaultWord {
  std::string_view name, summary;
};
std::span<const FaultWord> fault_words();

/// Features that not_in_this_version refuses, and what to use meanwhile.
struct LaterFeature {
  std::string_view what, meanwhile;
};
std::span<const LaterFeature> later_features();

}  // namespace gunflint
