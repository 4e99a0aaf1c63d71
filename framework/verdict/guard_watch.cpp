#include "verdict/guard_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "verdict/judge.hpp"
#include "verdict/words.hpp"

namespace gunflint {

GuardWatch::GuardWatch(const Guard& guard)
    : guard_(guard),
      sli_({.key = probe_key("abort", guard.name),
            .of = guard.of,
            .expect = guard.when,
            .window = 5s,
            .every = guard.every,
            .danger = true}) {}

void GuardWatch::second(int second) {
  if (tripped()) return;
  last_ = sli_.look(second);
  // The condition names the danger: further inside it is worse.
  if (!std::isnan(last_.value) &&
      (std::isnan(worst_.value) || worse(worst_.value, last_.value, guard_.when)))
    worst_ = last_;
  const bool blind = last_.light == Colour::Unknown || last_.light == Colour::Filling;
  blind_for_ = blind ? blind_for_ + 1 : 0;
  true_for_ = last_.light == Colour::Green ? true_for_ + 1 : 0;
  const double lasting = std::max(1.0, seconds(guard_.lasting));
  if (true_for_ >= lasting) {
    tripped_at_ = second;
    why_ = fmt::format(
        "{} for {}{}", guard_.when.text, spell_seconds(lasting),
        std::isnan(last_.value)
            ? last_.why.empty() ? std::string() : " (" + last_.why + ")"
            : " (" + guard_.when.metric + " " + print_look(last_.value, guard_.when) + ")");
  } else if (guard_.no_data != NoData::Ignore && blind_for_ > seconds(guard_.lasting) + 10) {
    tripped_at_ = second;
    why_ = fmt::format("blind for {}{}", spell_seconds(blind_for_),
                       last_.why.empty() ? "" : ": " + last_.why);
  }
}

Finding GuardWatch::finding() const {
  Finding f;
  f.kind = Finding::Kind::Guard;
  f.name = guard_.name;
  f.limit = guard_.when.text;
  place(f, guard_.mark);
  const Look& shown = tripped() ? last_ : worst_;
  if (!std::isnan(shown.value))
    f.measured = guard_.when.metric + " " + print_look(shown.value, guard_.when);
  f.held = tripped() ? Held::No : Held::Yes;
  f.sentence = tripped() ? fmt::format("The guard tripped at {} s: {}.", *tripped_at_ + 1, why_)
                         : "The guard watched and did not trip.";
  if (tripped())
    f.evidence.push_back({*tripped_at_ + 1 - std::max(true_for_, blind_for_), *tripped_at_ + 1,
                          f.measured, "", why_});
  return f;
}

}  // namespace gunflint
