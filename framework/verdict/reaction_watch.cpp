#include "verdict/reaction_watch.hpp"

#include <fmt/format.h>

#include <cmath>

#include "verdict/judge.hpp"
#include "verdict/words.hpp"

namespace gunflint {

void Truth::put(double at, std::optional<bool> holds) {
  if (!holds) {
    last_unknown_ = at;
  } else {
    if (*holds && last_known_ != true) since_ = at;
    last_known_ = holds;
  }
  now_ = holds;
}

ReactionWatch::ReactionWatch(const Reaction& reaction)
    : reaction_(reaction),
      sli_({.key = probe_key("reactions", reaction.name),
            .of = reaction.of,
            .expect = reaction.expect,
            .every = reaction.every}) {}

void ReactionWatch::never(const std::string& why) {
  if (state_ != State::NotBegun) return;
  state_ = State::Unclear;
  why_ = why;
}

void ReactionWatch::second(int second, std::optional<double> start) {
  if (state_ == State::NotBegun && start && second + 1 > *start) {
    state_ = State::Open;
    start_ = *start;
    sli_.start_clock();
  }
  if (state_ != State::Open) return;
  const Look look = sli_.look(second);
  last_ = look;
  std::optional<bool> holds;
  if (look.light == Colour::Green || look.light == Colour::Red) holds = look.light == Colour::Green;
  if (reaction_.within) {
    // What is true at the first look, a moment after the start, was true at the start.
    const bool first = !truth_.now() && look.at <= start_ + 2;
    truth_.put(first ? start_ : std::max(look.at, start_), holds);
    if (const double deadline = start_ + seconds(*reaction_.within); second + 1 >= deadline - 1e-9)
      at_deadline(deadline);
    return;
  }
  if (look.light == Colour::Filling || look.light == Colour::Idle) return;
  ++judged_;
  if (!holds) ++unknown_;
  if (holds == false) {
    ++red_;
    if (!first_red_) first_red_ = second;
    if (std::isnan(worst_.value) || worse(look.value, worst_.value, reaction_.expect))
      worst_ = look;
  }
}

void ReactionWatch::at_deadline(double deadline) {
  const double stable = std::min(seconds(reaction_.stable_for), seconds(*reaction_.within));
  const auto since = truth_.since();
  const bool doubt =
      !truth_.now() || (truth_.last_unknown() && *truth_.last_unknown() > deadline - stable);
  if (since && *since <= deadline - stable + 1e-9 && !doubt) {
    state_ = State::Met;
    took_ = std::max(0.0, *since - start_);
  } else if (doubt && truth_.now() != false) {
    state_ = State::Unclear;
    why_ = "its value was unknown before the deadline" +
           (last_.why.empty() ? std::string() : ": " + last_.why);
  } else {
    state_ = State::Missed;
    why_ = since ? fmt::format("it became true {} before the deadline and had to stay so for {}",
                               spell_seconds(deadline - *since), print(reaction_.stable_for))
                 : "it was not true at the deadline";
  }
}

Finding ReactionWatch::with_deadline(bool over) const {
  Finding f;
  const std::string limit =
      fmt::format("{} within {}", reaction_.expect.text, print(*reaction_.within));
  f.limit = limit;
  if (state_ == State::Met) {
    f.held = Held::Yes;
    f.took_s = took_;
    f.measured = "after " + spell_seconds(*took_);
    f.sentence = fmt::format("{} held {} after its start and stayed so until the deadline.",
                             reaction_.expect.text, spell_seconds(*took_));
    return f;
  }
  f.measured = std::isnan(last_.value)
                   ? "no value"
                   : reaction_.expect.metric + " " + print_look(last_.value, reaction_.expect);
  if (state_ == State::Missed) {
    f.held = Held::No;
    f.sentence = fmt::format("Not reached within {}: {} (last value {}).", print(*reaction_.within),
                             why_, f.measured);
    f.evidence.push_back({static_cast<int>(start_),
                          static_cast<int>(std::ceil(start_ + seconds(*reaction_.within))),
                          f.measured, "", "from its start to its deadline"});
    return f;
  }
  f.held = Held::Inconclusive;
  if (state_ == State::Unclear)
    f.sentence = "Cannot say: " + why_ + ".";
  else if (state_ == State::NotBegun)
    f.sentence = "Never began: what it waits for did not happen.";
  else
    f.sentence = over ? "The run ended before its deadline." : "Still open.";
  return f;
}

Finding ReactionWatch::always(bool over) const {
  Finding f;
  f.limit = reaction_.expect.text + ", always";
  if (red_ > 0) {
    f.held = Held::No;
    f.measured = reaction_.expect.metric + " " + print_look(worst_.value, reaction_.expect);
    f.sentence = fmt::format("{} was violated for {} s, first at {} s.", reaction_.expect.text,
                             red_, *first_red_);
    f.evidence.push_back({*first_red_, *first_red_ + red_, f.measured, "", ""});
    return f;
  }
  if (!std::isnan(last_.value))
    f.measured = reaction_.expect.metric + " " + print_look(last_.value, reaction_.expect);
  if (judged_ == 0 || unknown_ * 20 > judged_) {
    f.held = Held::Inconclusive;
    f.sentence = judged_ == 0
                     ? std::string("No value was ever read.")
                     : fmt::format("Its value was unknown for {} of {} s.", unknown_, judged_);
    if (!why_.empty()) f.sentence = "Cannot say: " + why_ + ".";
    return f;
  }
  f.held = Held::Yes;
  f.sentence = fmt::format("{} held for all of {} s{}.", reaction_.expect.text, judged_,
                           over ? "" : " so far");
  return f;
}

Finding ReactionWatch::finding(bool over) const {
  Finding f = reaction_.within ? with_deadline(over) : always(over);
  f.kind = Finding::Kind::Reaction;
  f.name = reaction_.name;
  place(f, reaction_.mark);
  return f;
}

}  // namespace gunflint
