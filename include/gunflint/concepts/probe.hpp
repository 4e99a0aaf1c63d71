#pragma once
/// A probe reads a value. Each kind is one file in framework/probe.

#include <map>
#include <memory>
#include <string>

#include "gunflint/host/host.hpp"
#include "gunflint/model/experiment.hpp"

namespace gunflint {

/// One value per series; a probe with a single value uses the key "". An Error instead of a Reading
/// makes the value unknown, never zero.
struct Reading {
  std::map<std::string, double> series;
  std::string text;  ///< body, for text conditions
};

/// What a probe may use. It runs on the coordinator.
struct ProbeHost {
  Http& http;
  Processes& processes;
  Files& files;
  Clock& clock;
  const Sources& sources;
};

/// Keeps what it needs between reads (the last page for `rate`), nothing else. One thread at a
/// time.
class Probe {
 public:
  virtual ~Probe() = default;
  virtual Result<Reading> read() = 0;
};

/// A probe for everything but OfLoad and OfTarget, whose values come from slices and agents.
/// `metric` is the condition's: which part of the answer is wanted.
Result<std::unique_ptr<Probe>> make_probe(const ProbeSpec& spec, const std::string& metric,
                                          ProbeHost host);

/// Whether an alert is firing, asked of `sources.alertmanager`, else of `sources.prometheus`: one
/// value, 1 firing, 2 firing but silenced or inhibited, 0 quiet. Its ReadingTaken has the key
/// `probe_key(alert)` of verdict/judge.hpp.
Result<std::unique_ptr<Probe>> make_alert_probe(const AlertExpectation& alert, ProbeHost host);

}  // namespace gunflint
