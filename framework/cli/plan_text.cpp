#include "cli/plan_text.hpp"

#include <fmt/format.h>

#include "report/words.hpp"

namespace gunflint {
namespace {

/// "  would send    text", the word only on the first of several lines.
class Lines {
 public:
  explicit Lines(const Style& style) : style_(style) {}
  void add(std::string_view word, const std::string& text, Ink ink = Ink::None) {
    const bool again = word == last_;
    last_ = word;
    text_ +=
        fmt::format(" {} {}\n", inked(style_, Ink::Bold, fmt::format("{:<13}", again ? "" : word)),
                    inked(style_, ink, text));
  }
  void raw(const std::string& line) { text_ += line + "\n"; }
  std::string text() && { return std::move(text_); }

 private:
  const Style& style_;
  std::string last_, text_;
};

std::string joined(const std::vector<std::string>& all) {
  return fmt::format("{}", fmt::join(all, ", "));
}

/// "200/s", "50/s to 200/s", "64 users, each at once again", "replay of access.log: 12,345 requests
/// in 10m, 87 lines left out (POST)".
std::string traffic_text(const PlannedStage& s) {
  if (s.timed) return "replay of " + s.replay;
  std::string text = s.from_rate == s.to_rate
                         ? rate_text(s.to_rate)
                         : rate_text(s.from_rate) + " to " + rate_text(s.to_rate);
  if (s.users)
    text = *s.users == 1 ? "1 user, at once again"
                         : fmt::format("{} users, each at once again", grouped(*s.users));
  return s.replay.empty() ? text : text + ", replay of " + s.replay;
}

void tell_load(const Plan& plan, Lines& lines) {
  bool users = false;
  for (const auto& s : plan.stages) {
    const std::string text = traffic_text(s);
    users |= s.users.has_value();
    lines.add("would send",
              fmt::format("{}  {:<12} {}{} for {}{}", clock_text(s.begin), s.load + "." + s.stage,
                          text, text.find(',') == text.npos ? "" : ",", human(s.end - s.begin),
                          s.last ? " and until everything is decided" : ""));
  }
  if (plan.stages.empty() || (users && plan.journeys < 1)) return;
  lines.add("would send", fmt::format("about {} journeys in all{}", grouped(plan.journeys),
                                      users ? ", beside those of the users" : ""));
}

void tell_hypotheses(const Plan& plan, Lines& lines) {
  for (const auto& h : plan.hypotheses)
    lines.add("must hold", fmt::format("{}: {} ({}){}", h.name, h.limit, h.of,
                                       h.red_from.empty() ? "" : "  " + h.red_from));
  for (const auto& probe : plan.probes) lines.add("would ask", probe);
}

std::string when_text(const PlannedFault& f) {
  std::string text = f.when;
  text += f.latest_start > f.start
              ? fmt::format(" ({} to {})", clock_text(f.start), clock_text(f.latest_start))
              : fmt::format(" ({})", clock_text(f.start));
  if (f.instant) return text + ", at once over";
  text += f.latest_end > f.end
              ? fmt::format(", until {} to {}", clock_text(f.end), clock_text(f.latest_end))
              : fmt::format(", until {}", clock_text(f.end));
  if (f.repetitions > 1) text += fmt::format(", {} times", f.repetitions);
  if (f.repetitions == 0) text += ", again and again";
  return text;
}

void tell_fault(const PlannedFault& f, std::uint64_t seed, Lines& lines) {
  std::vector<std::string> labels;
  for (const auto& i : f.injections) labels.push_back(i.label);
  lines.add("would inject",
            fmt::format("{} ({}) into {} of `{}`{}", f.name, f.type, f.whom.empty() ? "?" : f.whom,
                        f.target,
                        labels.empty() ? "" : fmt::format(": {} (seed {})", joined(labels), seed)));
  lines.add(" when", when_text(f));
  for (const auto& i : f.injections) {
    for (const auto& action : i.actions) lines.add(" does", action);
    if (!i.nothing_to_do.empty()) lines.add(" does", "nothing: " + i.nothing_to_do);
    for (const auto& undo : i.undo) lines.add(" undo", undo);
    for (const auto& missing : i.missing) lines.add(" missing", missing, Ink::Red);
    if (&i - f.injections.data() == 2 && f.injections.size() > 4) {
      lines.add(" does", fmt::format("… and the same on {} more", f.injections.size() - 3));
      break;
    }
  }
  if (f.healing != "by us") lines.add(" undo", "healed " + f.healing + ", not by gunflint");
}

}  // namespace

std::string plan_text(const Plan& plan, const std::string& next, const Style& style) {
  Lines lines(style);
  lines.raw(inked(style, Ink::Bold, plan.experiment));
  tell_load(plan, lines);
  tell_hypotheses(plan, lines);
  for (const auto& t : plan.targets)
    lines.add("target", t.trouble.empty()
                            ? fmt::format("{} ({}): {} member{}{}", t.name, t.kind,
                                          t.members.size(), t.members.size() == 1 ? "" : "s",
                                          t.members.empty() ? "" : ": " + joined(t.members))
                            : fmt::format("{} ({}): {}", t.name, t.kind, t.trouble));
  for (const auto& f : plan.faults) tell_fault(f, plan.seed, lines);
  for (const auto& a : plan.agents) lines.add("agent", fmt::format("{}, {}", a.key, a.why));
  if (plan.first_injection && !plan.hypotheses.empty())
    lines.add("gate", fmt::format("{} of green before {}", print(plan.gate),
                                  clock_text(*plan.first_injection)));
  lines.add("length", fmt::format("{}{}, never longer than {}", human(plan.shortest),
                                  plan.longest > plan.shortest ? " to " + human(plan.longest) : "",
                                  human(plan.hard_stop)));
  for (const auto& n : plan.notes)
    lines.add(n.kind,
              fmt::format("{}{}{}", n.sentence, n.fix.empty() ? "" : "; " + n.fix,
                          n.file.empty() ? "" : fmt::format("  ({}:{})", n.file, n.line)),
              n.kind == "warning" ? Ink::Yellow : Ink::Red);
  lines.raw(plan.exit() == 0 ? "Nothing was touched.   Next: " + next
                             : "Nothing was touched, and a run would not start.");
  return std::move(lines).text();
}

}  // namespace gunflint
