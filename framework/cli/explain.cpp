#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/complain.hpp"
#include "cli/example.hpp"
#include "cli/reading.hpp"
#include "cli/starter.hpp"
#include "cli/values.hpp"
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

/// "faults[] (network).from" -> "faults.network.from"
std::string spoken(const std::string& path) {
  std::string out;
  for (const char c : path)
    if (c == ' ')
      out += '.';
    else if (c != '[' && c != ']' && c != '(' && c != ')')
      out += c;
  return out;
}

/// Keys by their name, or by the end of their path: `from`, `network.from`, `targets.local.port`.
std::vector<Found> keys_at(const std::string& word, const std::vector<KnownFault>& faults) {
  const std::string path = spoken(word);
  auto found = find_keys(path.substr(path.rfind('.') + 1), faults);
  std::erase_if(found, [&](const Found& f) {
    const std::string here = spoken(f.path);
    return here != path && !here.ends_with("." + path);
  });
  return found;
}

std::string explain_key(const std::string& word, const std::vector<KnownFault>& faults) {
  std::string out;
  if (word == "experiment") {
    out = "The keys of an experiment:\n";
    for (const auto& member : shape_of<Experiment>().members) out += row(member);
    return out + "A whole one, which `gunflint init` writes into a file:\n\n" +
           std::string(starter_experiment());
  }
  for (const auto& found : keys_at(word, faults)) {
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

std::string explain_code(std::string word) {
  for (char& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const ProblemCode* code = find_problem_code(word);
  return code ? fmt::format("{} ({}): {}\n", code->code, code->title, code->meaning)
              : std::string();
}

std::string explain_value(const std::string& word) {
  const ValueWord* value = find_value_word(word);
  return value ? value_text(*value) : std::string();
}

std::string explanation(const std::string& word, const std::vector<KnownFault>& faults) {
  return explain_fault(word, faults) + explain_value(word) + explain_key(word, faults) +
         explain_metric(word) + explain_code(word);
}

/// What may be asked for, for the nearest word.
std::vector<std::string> all_words(const std::vector<KnownFault>& faults) {
  std::vector<std::string> known{"experiment"};
  for (const auto& type : fault_words()) known.emplace_back(type.name);
  for (const auto& value : value_words()) known.emplace_back(value.name);
  for (const auto& member : shape_of<Experiment>().members) known.push_back(member.name);
  for (const Metric& m : all_metrics()) known.emplace_back(m.name);
  for (const ProblemCode& code : problem_codes()) known.emplace_back(code.code);
  for (const auto& fault : faults)
    for (const auto& member : fault.shape.members) known.push_back(fault.name + "." + member.name);
  return known;
}

}  // namespace

int explain_command(const ExplainOptions& options) {
  const auto faults = known_faults();
  std::string word = fmt::format("{}", fmt::join(options.words, " "));
  std::string out = explanation(word, faults);
  if (out.empty()) {
    for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    out = explanation(word, faults);
  }
  if (!out.empty()) {
    if (options.json) {
      Value v = Value::map();
      v.set("word", word);
      v.set("text", out);
      std::puts(to_json_pretty(v).c_str());
    } else {
      std::fputs(out.c_str(), stdout);
    }
    return exit_code(Outcome::Held);
  }
  const std::string near = nearest(word, all_words(faults));
  return complain("explain",
                  fmt::format("nothing is called `{}`; {}", word,
                              near.empty() ? "try a fault, a key, a value, a metric or a code"
                                           : fmt::format("did you mean `{}`?", near)),
                  Outcome::Invalid, options.json);
}

}  // namespace gunflint
