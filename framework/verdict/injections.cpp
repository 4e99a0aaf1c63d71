#include "verdict/injections.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "verdict/words.hpp"

namespace gunflint {

void Injections::on(double at, const Happening& what) {
  std::visit(
      [&](const auto& event) {
        if constexpr (requires { hear(at, event); }) hear(at, event);
      },
      what);
}

void Injections::hear(double, const FaultStarted& e) { stories_[e.fault].started = true; }
void Injections::hear(double, const FaultSkipped& e) {
  stories_[e.fault].skipped = e.why;
  stories_[e.fault].skip_counts = e.counts;
}
void Injections::hear(double at, const Injected& e) {
  stories_[e.fault].ended = false;
  auto& i = injections_[e.injection];
  i.fault = e.fault, i.member = e.member, i.label = e.label, i.from = at, i.bite = e.bite;
  if (!e.bite.in_force) i.lost_since = at, i.lost_why = e.bite.sentence;
}
void Injections::hear(double, const InjectionFailed& e) {
  Story& story = stories_[e.fault];
  story.refused = e.why;
  story.refused_fails |= e.cause == "wait_until" || e.cause == "empty";
  // A member that is gone cannot be under a fault: nobody misses its injection (semantics 26).
  if (!e.member.empty() && e.cause != name_of(Cause::Gone)) story.not_injected.insert(e.member);
}
void Injections::hear(double at, const BiteRead& e) {
  const auto found = injections_.find(e.injection);
  if (found == injections_.end()) return;
  auto& i = found->second;
  i.bite = e.bite;
  if (e.bite.in_force && i.lost_since) i.lost += at - *std::exchange(i.lost_since, std::nullopt);
}
void Injections::hear(double at, const BiteLost& e) {
  const auto found = injections_.find(e.injection);
  if (found == injections_.end()) return;
  if (!found->second.lost_since) found->second.lost_since = at;
  found->second.lost_why = e.why;
}
void Injections::hear(double at, const Undone& e) {
  const auto found = injections_.find(e.injection);
  if (found == injections_.end()) return;  // taken back before it was verified: nothing to judge
  auto& i = found->second;
  i.undone |= e.verified, i.gone |= e.gone;
  i.undo_why = e.why;
  i.by_lease |= e.by == "lease";
  if (!i.to) i.to = at;
  if (i.lost_since) i.lost += at - *i.lost_since;
}
void Injections::hear(double at, const FaultEnded& e) {
  stories_[e.fault].ended = true;
  for (auto& [id, i] : injections_)
    if (i.fault == e.fault && !i.to) i.to = at;
}
void Injections::hear(double, const LeftBehind& e) { left_behind_.push_back(e); }
void Injections::hear(double, const LeftChanged& e) {
  Story& story = stories_[e.fault];
  if (e.member.empty())
    story.end_unknown = e.what;
  else
    story.left_changed.push_back(e.what);
}

std::optional<std::string> Injections::why_never(const std::string& fault) const {
  const auto story = stories_.find(fault);
  if (story == stories_.end()) return std::nullopt;
  const bool injected = std::any_of(injections_.begin(), injections_.end(),
                                    [&](const auto& i) { return i.second.fault == fault; });
  if (injected) return std::nullopt;
  if (!story->second.skipped.empty()) return "`" + fault + "` was left out";
  if (!story->second.refused.empty()) return "`" + fault + "` could not be injected";
  return std::nullopt;
}

std::vector<std::string> Injections::injected_faults() const {
  std::vector<std::string> out;
  for (const auto& fault : experiment_.faults)
    if (std::any_of(injections_.begin(), injections_.end(),
                    [&](const auto& i) { return i.second.fault == fault.name; }))
      out.push_back(fault.name);
  return out;
}

Finding Injections::bite_finding(const FaultSpec& fault, const Story& story) const {
  Finding f;
  int count = 0, toothless = 0;
  double active = 0, lost = 0;
  std::optional<double> early;
  std::string sentence, why;
  std::set<std::string> members;
  for (const auto& [id, i] : injections_) {
    if (i.fault != fault.name) continue;
    ++count;
    members.insert(i.member);
    active += i.to.value_or(i.from) - i.from;
    lost += i.lost;
    if (i.by_lease) early = i.to.value_or(i.from) - i.from;
    const double span = i.to.value_or(i.from) - i.from;
    const bool never = span > 0 ? i.lost >= 0.95 * span : !i.bite.in_force;
    if (never) ++toothless;
    if (i.lost > 0 || never) why = i.lost_why.empty() ? i.bite.sentence : i.lost_why;
    if (!i.bite.sentence.empty()) sentence = i.bite.sentence;
  }
  f.measured = sentence;
  if (toothless > 0 || lost > 0.05 * active + 1e-9) {
    f.sentence = toothless == count ? fmt::format("It did not bite: {}.", why)
                                    : fmt::format(
                                          "It was in force on {} of {} injections, lost for "
                                          "{} of {}: {}.",
                                          count - toothless, count, spell_seconds(lost),
                                          spell_seconds(active), why);
    return f;
  }
  if (early) {
    f.sentence = fmt::format(
        "The lease took it back after {}, before its time: the agent had not heard from this run.",
        spell_seconds(*early));
    return f;
  }
  if (!story.skipped.empty() && story.skip_counts) {
    f.sentence = "It bit, but not as asked: " + story.skipped + ".";
    return f;
  }
  f.held = Held::Yes;
  f.sentence = sentence.empty() ? "." : ": " + sentence + ".";
  count_members(f, fault, story, members);
  return f;
}

void Injections::count_members(Finding& f, const FaultSpec& fault, const Story& story,
                               const std::set<std::string>& members) {
  auto asked = members;
  asked.insert(story.not_injected.begin(), story.not_injected.end());
  if (story.not_injected.empty()) {
    f.sentence =
        "It bit on " + counted(static_cast<long>(members.size()), "member", "members") + f.sentence;
    return;
  }
  const bool enough =
      fault.optional ||
      (fault.min_members && members.size() >= static_cast<std::size_t>(*fault.min_members));
  if (!enough) f.held = Held::Inconclusive;
  f.sentence = fmt::format("It bit on {} of {} members{} Not all were injected: {}.",
                           members.size(), asked.size(), f.sentence, story.refused);
}

Finding Injections::fault_finding(const FaultSpec& fault, bool gate_failed) const {
  static const Story untold;
  const auto found = stories_.find(fault.name);
  const Story& story = found == stories_.end() ? untold : found->second;
  const auto injected = injected_faults();
  Finding f;
  if (std::count(injected.begin(), injected.end(), fault.name)) {
    f = bite_finding(fault, story);
  } else if (!story.skipped.empty()) {
    f.held = story.skip_counts ? Held::Inconclusive : Held::Yes;
    f.sentence = "Left out: " + story.skipped + (story.skip_counts ? "." : " (it is optional).");
  } else if (!story.refused.empty()) {
    f.held = fault.optional ? Held::Yes : story.refused_fails ? Held::No : Held::Inconclusive;
    f.sentence = "Not injected: " + story.refused + ".";
  } else {
    f.sentence = gate_failed ? "Not injected: the run was held back before its first injection."
                             : "Never injected: the run ended before its start moment.";
  }
  if (!story.end_unknown.empty() && f.held == Held::Yes) {
    f.held = Held::Inconclusive;
    f.sentence = "Cannot say: " + story.end_unknown + ".";
  }
  if (!story.left_changed.empty()) {
    f.held = Held::No;
    f.sentence = "Left changed: " + story.left_changed.front() +
                 (story.left_changed.size() > 1
                      ? fmt::format(" (and {} more).", story.left_changed.size() - 1)
                      : ".");
  }
  f.kind = Finding::Kind::Fault;
  f.name = fault.name;
  f.limit = story.left_changed.empty() ? "bites" : "bites, and is healed";
  place(f, fault.mark);
  return f;
}

std::string Injections::taken_back(int undone, int gone, int acts) {
  if (undone + gone + acts == 0) return "Nothing was injected.";
  std::string text;
  const auto add = [&](int count, const char* one, const char* many) {
    if (count > 0) text += (text.empty() ? "" : "; ") + counted(count, one, many);
  };
  add(undone, "injection was taken back and looked at again",
      "injections were taken back and looked at again");
  add(gone, "had nothing to take back: its process is gone",
      "had nothing to take back: their processes are gone");
  add(acts, "was an act that the system has to heal", "were acts that the system has to heal");
  return text + ".";
}

Finding Injections::undo_finding() const {
  Finding f;
  f.kind = Finding::Kind::Undo;
  f.name = "undo";
  f.limit = "everything taken back";
  int open = 0, undone = 0, gone = 0, acts = 0;
  for (const auto& [id, i] : injections_) {
    const auto story = stories_.find(i.fault);
    const bool ended = story != stories_.end() && story->second.ended;
    if (i.gone || i.undone || ended) {
      ++(i.gone ? gone : i.undone ? undone : acts);
      continue;
    }
    ++open;
    f.evidence.push_back(
        {static_cast<int>(i.from), static_cast<int>(i.to.value_or(i.from)), "",
         i.label.empty() ? i.member : i.label,
         i.undo_why.empty() ? "the undo of `" + i.fault + "` is not confirmed" : i.undo_why});
  }
  for (const auto& left : left_behind_) {
    const auto of = injections_.find(left.injection);
    // What a person was told is the reason why it was not undone: told above.
    if (left.command.empty() && of != injections_.end() && of->second.undo_why == left.what)
      continue;
    f.evidence.push_back({0, 0, "", left.member,
                          left.what + (left.command.empty() ? "" : "; run: " + left.command)});
  }
  // What a killed or lost process had needs no undo: that is no undo that was seen.
  if (undone + open > 0)
    f.measured = fmt::format("{} of {} undone", undone, undone + open);
  else
    f.measured = injections_.empty() ? "nothing injected" : "nothing to undo";
  if (!left_behind_.empty()) {
    f.held = Held::No;
    f.sentence = fmt::format("Something is left behind: {}.", left_behind_.front().what) +
                 (left_behind_.front().command.empty() ? std::string()
                                                       : " Run: " + left_behind_.front().command);
  } else if (open > 0) {
    f.held = Held::No;
    f.sentence = fmt::format("The undo of {} is not confirmed; run: gunflint recover.",
                             counted(open, "injection", "injections"));
  } else {
    f.held = Held::Yes;
    f.sentence = taken_back(undone, gone, acts);
  }
  return f;
}

}  // namespace gunflint
