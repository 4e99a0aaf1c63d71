#include <cstdio>

#include <fmt/format.h>

#include "cli/example.hpp"
#include "cli/reading.hpp"
#include "model/check.hpp"
#include "model/metrics.hpp"
#include "model/problem_codes.hpp"
#include "model/schema.hpp"

namespace gunflint {
namespace {

std::string row(const Shape::Member& m) {
  std::string text = fmt::format("  {:<16} {}", m.name, m.help);
  text += fmt::format(" ({}", prose(m.shape));
  if (m.required) text += ", required";
  if (!m.fallback.empty()) text += ", default " + m.fallback;
  return text + ")\n";
}

std::string explain_fault(const std::string& word, const std::vector<KnownFault>& faults) {
  for (const auto& known : faults)
    if (known.name == word) {
      std::string out = fmt::format("{} (a fault): {}\n", known.name, known.summary);
      if (known.instant) out += "It is over at once: it has no `for`.\n";
      if (!known.shape.members.empty()) out += "Its own fields:\n";
      for (const auto& member : known.shape.members) out += row(member);
      return out + "Example:\n" + known.example;
    }
  for (const auto& type : fault_words())
    if (type.name == word)
      return fmt::format("{} (a fault): {}; not in this version.\n", type.name, type.summary);
  return {};
}

/// The map behind a shape: itself, or that of a list's or map's elements.
const Shape* members_of(const Shape& shape) {
  if (!shape.members.empty()) return &shape;
  for (const auto& inner : shape.of)
    if (const Shape* found = members_of(inner)) return found;
  return nullptr;
}

std::string explain_key(const std::string& word, const std::vector<KnownFault>& faults) {
  std::string out;
  if (word == "experiment") {
    out = "The keys of an experiment:\n";
    for (const auto& member : shape_of<Experiment>().members) out += row(member);
    return out;
  }
  for (const auto& found : find_keys(word, faults)) {
    const Shape::Member& m = found.member;
    out += fmt::format("{}: {} ({}{}{})\n", found.path, m.help, prose(m.shape),
                       m.required ? ", required" : "",
                       m.fallback.empty() ? "" : ", default " + m.fallback);
    if (const Shape* inner = members_of(m.shape))
      for (const auto& member : inner->members) out += row(member);
    out += "  For example: " + example_of(m) + "\n";
  }
  return out;
}

std::string explain_metric(const std::string& word) {
  std::string out;
  for (const Metric& m : all_metrics())
    if (m.name == word) out += fmt::format("{} (a metric of a {}): {}\n", m.name, m.source, m.help);
  return out;
}

std::string explain_code(const std::string& word) {
  const ProblemCode* code = find_problem_code(word);
  return code ? fmt::format("{} ({}): {}\n", code->code, code->title, code->meaning)
              : std::string();
}

}  // namespace

int explain_command(const ExplainOptions& options) {
  const auto faults = known_faults();
  const std::string out = explain_fault(options.word, faults) + explain_key(options.word, faults) +
                          explain_metric(options.word) + explain_code(options.word);
  if (!out.empty()) {
    if (options.json) {
      Value v = Value::map();
      v.set("word", options.word);
      v.set("text", out);
      std::puts(to_json_pretty(v).c_str());
    } else {
      std::fputs(out.c_str(), stdout);
    }
    return exit_code(Outcome::Held);
  }
  std::vector<std::string> known{"experiment"};
  for (const auto& type : fault_words()) known.emplace_back(type.name);
  for (const auto& member : shape_of<Experiment>().members) known.push_back(member.name);
  for (const Metric& m : all_metrics()) known.emplace_back(m.name);
  const std::string near = nearest(options.word, known);
  std::fputs(fmt::format("gunflint explain: nothing is called `{}`; {}\n", options.word,
                         near.empty() ? std::string("try a fault, a key, a metric or a code")
                                      : fmt::format("did you mean `{}`?", near))
                 .c_str(),
             stderr);
  return exit_code(Outcome::Invalid);
}

}  // namespace gunflint
