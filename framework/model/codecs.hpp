#pragma once
/// Parts of the language with a syntax of their own that no other room reads by itself.

#include "gunflint/model/experiment.hpp"
#include "model/wire.hpp"

namespace gunflint {

#define GUNFLINT_CODEC(type)                        \
  template <>                                       \
  struct Codec<type> {                              \
    static bool read(const Value&, type&, Reader&); \
    static Value write(const type&);                \
    static Shape shape();                           \
  }

GUNFLINT_CODEC(Tolerance);        ///< `5s` or `1%`
GUNFLINT_CODEC(Think);            ///< `1s..3s` or `1s`
GUNFLINT_CODEC(Retries);          ///< `2` or `{ times, backoff, budget }`
GUNFLINT_CODEC(Check::Statuses);  ///< `200`, `2xx`, `200..299`
GUNFLINT_CODEC(Check);
GUNFLINT_CODEC(std::vector<Extract>);  ///< `{ item: { json: "$.id" } }`
GUNFLINT_CODEC(Request);
GUNFLINT_CODEC(Step);
GUNFLINT_CODEC(Journey);
GUNFLINT_CODEC(When);
GUNFLINT_CODEC(Hypothesis);
GUNFLINT_CODEC(Reaction);
GUNFLINT_CODEC(AlertExpectation);
GUNFLINT_CODEC(Guard);

namespace wire {

/// The keys that name a source: `load`, `journey`, `step`, `target`, `across`, `prometheus`, …
const std::vector<std::string>& source_keys();
bool read_source(const Value& keys, ProbeSpec& out, Reader& r);
Value write_source(const ProbeSpec& spec);
Shape source_shape();

/// The keys that say when: `at`, `after`, `while`, `after_recovery`, `plus`.
const std::vector<std::string>& start_keys();
bool read_start(const Value& keys, Start& out, Reader& r);
Value write_start(const Start& start);
Shape start_shape();

/// All keys of an entry of `faults:` that belong to every type.
const std::vector<std::string>& common_fault_keys();

}  // namespace wire
}  // namespace gunflint
