#include "verdict/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "model/gating.hpp"
#include "verdict/sli.hpp"
#include "verdict/tally.hpp"

namespace gunflint {
namespace {

constexpr int most_idle = 10;  ///< one in this many seconds of the gate may be without traffic

/// The one server that all requests of a load go to; empty when there are several.
std::string only_server(const LoadSpec& load) {
  std::set<std::string> servers;
  for (const Journey& journey : load.journeys)
    for (const Step& step : journey.steps)
      if (const auto* request = std::get_if<Request>(&step)) {
        const auto scheme = request->url.find("://");
        servers.insert(scheme == std::string::npos
                           ? load.base_url
                           : request->url.substr(0, request->url.find('/', scheme + 3)));
      }
  return servers.size() == 1 ? *servers.begin() : std::string();
}

/// "11 refused" -> "11 refused by http://127.0.0.1:8080": who does not listen is the first
/// question.
std::string with_address(std::string why, const Hypothesis& h, const Experiment& experiment) {
  const auto* of = std::get_if<OfLoad>(&h.of);
  const auto refused = why.find(" refused");
  if (of == nullptr || refused == std::string::npos) return why;
  for (const LoadSpec& load : experiment.loads)
    if (of->load.empty() ? experiment.loads.size() == 1 : load.name == of->load)
      if (const std::string server = only_server(load); !server.empty())
        why.insert(refused + std::string_view(" refused").size(), " by " + server);
  return why;
}

/// "`works` was red at 7 s: error_rate 100% (20 http_4xx), limit error_rate < 5%".
std::string red_text(const Experiment& experiment, const Hypothesis& h, const LightHistory& lights,
                     int second) {
  const JudgedSecond j = lights.at(second);
  const std::string why = with_address(lights.why(second), h, experiment);
  std::string value;
  if (std::isnan(j.value))
    value = why.empty() ? "nothing was answered" : why;
  else
    value = h.expect.metric + " " + print_look(j.value, h.expect) +
            (why.empty() ? "" : " (" + why + ")");
  return fmt::format("`{}` was red at {} s: {}, limit {}", h.name, second, value, h.expect.text);
}

}  // namespace

Judge::Gate gate_of(const Experiment& experiment, const std::vector<LightHistory>& lights,
                    int closed) {
  using S = Judge::GateState;
  const int length = std::max(0, static_cast<int>(std::lround(seconds(experiment.gate))));
  const bool anything =
      !experiment.alerts.empty() ||
      std::any_of(experiment.steady_state.begin(), experiment.steady_state.end(), guards_the_gate);
  if (!anything) return {S::Green, ""};
  // A second is closed a moment after it is over: the gate may end up to 2 s before now.
  if (closed + 2 < length)
    return {S::Waiting, fmt::format("the gate needs {} s, {} s are over", length, closed)};
  Judge::Gate gate{S::Green, ""};
  auto at_least = [&](S state, const std::string& why) {
    // Red explains more than unknown, and unknown more than waiting.
    const auto rank = [](S s) { return s == S::Red ? 3 : s == S::Unknown ? 2 : s == S::Waiting; };
    if (rank(state) > rank(gate.state)) gate = {state, why};
  };
  for (std::size_t i = 0; i < experiment.steady_state.size(); ++i) {
    const auto& h = experiment.steady_state[i];
    if (!guards_the_gate(h)) continue;
    // A window that is not full yet is no trouble while the first full one looks back over all of
    // it: then every second of the gate lies in a window that was judged. A reading
    // without a window stands for its own second; before the first there may be a moment.
    const bool rolling = h.window > 0s;
    const int width = std::max(1, static_cast<int>(std::lround(seconds(h.window))));
    const int from = std::max(0, closed - std::max(1, length));
    int green = 0, idle = 0, filling = 0;
    for (int s = from; s < closed; ++s) {
      const JudgedSecond j = lights[i].at(s);
      green += j.light == Colour::Green;
      idle += j.light == Colour::Idle;
      filling += j.light == Colour::Filling;
      if (j.light == Colour::Red) at_least(S::Red, red_text(experiment, h, lights[i], s));
      if (j.light == Colour::Unknown)
        at_least(S::Unknown, fmt::format("`{}` had no value at {} s", h.name, s));
    }
    // Throughout: a moment without traffic is none, and a gate of which only a part was seen is no
    // gate.
    if (idle > 1 && idle * most_idle > closed - from)
      at_least(S::Unknown, fmt::format("`{}` saw no traffic in {} of the {} s before it", h.name,
                                       idle, closed - from));
    else if (green == 0 || (rolling && filling >= width))
      at_least(S::Waiting, fmt::format("the window of `{}` is not full yet", h.name));
  }
  return gate;
}

}  // namespace gunflint
