// Problems as people and machines read them.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "gunflint/model/reader.hpp"
#include "model/yaml_traps.hpp"

namespace gunflint {
namespace {

struct Paint {
  bool on = false;
  std::string operator()(const char* code, std::string text) const {
    return on ? fmt::format("\033[{}m{}\033[0m", code, text) : std::move(text);
  }
  std::string red(std::string t) const { return (*this)("1;31", std::move(t)); }
  std::string yellow(std::string t) const { return (*this)("1;33", std::move(t)); }
  std::string blue(std::string t) const { return (*this)("1;34", std::move(t)); }
  std::string bold(std::string t) const { return (*this)("1", std::move(t)); }
};

/// What a file says reaches the terminal without its control characters.
std::string clean(std::string text) {
  for (char& c : text)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f) c = ' ';
  return text;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

int width_of(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::size_t byte_at(std::string_view line, int column) {
  std::size_t i = 0;
  for (int n = 1; n < column && i < line.size(); ++n) {
    ++i;
    while (i < line.size() && is_continuation(line[i])) ++i;
  }
  return i;
}

/// " name: …"
bool is_key(std::string_view text) {
  if (!text.starts_with(' ')) return false;
  std::size_t n = 1;
  while (n < text.size() && (std::isalnum(static_cast<unsigned char>(text[n])) || text[n] == '_'))
    ++n;
  return n > 1 && text.substr(n).starts_with(": ");
}

/// The word, key or value that begins at `begin`, as far as carets should reach.
std::string_view token_at(std::string_view line, std::size_t begin) {
  if (begin >= line.size()) return {};
  const char first = line[begin];
  if (first == '"' || first == '\'') {
    const auto end = line.find(first, begin + 1);
    return line.substr(begin, end == line.npos ? line.npos : end - begin + 1);
  }
  if (first == '{' || first == '[') return line.substr(begin, 1);
  int depth = 0;  // of the brackets that are open at `begin`
  for (const char c : line.substr(0, begin)) {
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && depth > 0) --depth;
  }
  std::size_t end = begin;
  int inner = 0;
  while (end < line.size()) {
    const char c = line[end];
    const char next = end + 1 < line.size() ? line[end + 1] : ' ';
    if (c == ':' && next == ' ') break;
    if (c == ' ' && next == '#') break;
    if (depth > 0 && inner == 0 && (c == ',' || c == '}' || c == ']')) break;
    // A map whose first line is above.
    if (inner == 0 && c == ',' && is_key(line.substr(end + 1))) break;
    if (c == '{' || c == '[') ++inner;
    if ((c == '}' || c == ']') && --inner < 0) break;
    ++end;
  }
  std::string_view token = line.substr(begin, end - begin);
  while (token.size() > 1 && (token.back() == ' ' || token.back() == '\t')) token.remove_suffix(1);
  return token;
}

/// Long lines are shown around the column.
struct Excerpt {
  std::string text;
  int column = 1;
};
Excerpt excerpt_of(std::string_view line, int column) {
  constexpr std::size_t most = 160;
  if (line.size() <= most) return {clean(std::string(line)), column};
  Excerpt out;
  std::size_t at = byte_at(line, column);
  std::size_t from = at > most / 2 ? at - most / 2 : 0;
  while (from > 0 && is_continuation(line[from])) --from;
  std::size_t to = std::min(line.size(), from + most);
  while (to < line.size() && is_continuation(line[to])) ++to;
  out.column = column - width_of(line.substr(0, from)) + (from > 0 ? 1 : 0);
  out.text = (from > 0 ? "…" : "") + std::string(line.substr(from, to - from)) +
             (to < line.size() ? "…" : "");
  out.text = clean(std::move(out.text));
  return out;
}

void append_frame(std::string& out, const Problem& p, const Paint& paint) {
  const std::string_view line = line_of(p.where.source->text, p.where.line);
  const std::string number = std::to_string(p.where.line);
  const std::string gutter(number.size(), ' ');
  out += fmt::format("{}{} {}\n", gutter, paint.blue("-->"), p.where.text());
  if (line.empty()) {
    if (!p.suggestion.empty())
      out += fmt::format("{} {} {}\n", gutter, paint.blue("="), p.suggestion);
    return;
  }
  const Excerpt excerpt = excerpt_of(line, p.where.column);
  const std::string bar = paint.blue("|");
  const int carets =
      std::clamp(width_of(token_at(excerpt.text, byte_at(excerpt.text, excerpt.column))), 1, 80);
  std::string under = std::string(static_cast<std::size_t>(std::max(0, excerpt.column - 1)), ' ') +
                      std::string(static_cast<std::size_t>(carets), '^');
  if (!p.suggestion.empty()) under += " " + p.suggestion;
  out += fmt::format("{} {}\n", gutter, bar);
  out += fmt::format("{} {} {}\n", paint.blue(number), bar, excerpt.text);
  out += fmt::format("{} {} {}\n", gutter, bar,
                     p.severity == Severity::Error ? paint.red(under) : paint.yellow(under));
}

void append_problem(std::string& out, const Problem& p, const Paint& paint) {
  const bool error = p.severity == Severity::Error;
  const std::string head = fmt::format("{}[{}]", error ? "error" : "warning", p.code);
  out +=
      fmt::format("{}: {}\n", error ? paint.red(head) : paint.yellow(head), paint.bold(p.sentence));
  std::string gutter = "  ";
  if (p.where) {
    append_frame(out, p, paint);
    gutter = std::string(std::to_string(p.where.line).size() + 1, ' ');
  } else if (!p.suggestion.empty()) {
    out += fmt::format("{}{} {}\n", gutter, paint.blue("="), p.suggestion);
  }
  for (const Mark& other : p.also)
    if (other) out += fmt::format("{}{} also: {}\n", gutter, paint.blue("="), other.text());
  if (!p.help.empty()) out += fmt::format("{}{} help: {}\n", gutter, paint.blue("="), p.help);
}

}  // namespace

std::string print_problems(const std::vector<Problem>& problems, bool colour, std::size_t most) {
  const Paint paint{colour};
  std::string out;
  for (std::size_t i = 0; i < problems.size() && i < most; ++i) {
    Problem p = problems[i];
    p.sentence = clean(std::move(p.sentence));
    p.suggestion = clean(std::move(p.suggestion));
    append_problem(out, p, paint);
    out += '\n';
  }
  if (problems.size() > most)
    out += fmt::format("… and {} more problem{}\n", problems.size() - most,
                       problems.size() - most == 1 ? "" : "s");
  return out;
}

Value encode_problems(const std::vector<Problem>& problems) {
  Value all = Value::list();
  for (const Problem& p : problems) {
    Value one = Value::map();
    one.set("severity", p.severity == Severity::Error ? "error" : "warning");
    one.set("code", p.code);
    if (p.where) {
      one.set("file", p.where.source->name);
      one.set("line", Value(p.where.line));
      one.set("column", Value(p.where.column));
    }
    one.set("path", p.path);
    one.set("sentence", p.sentence);
    if (!p.suggestion.empty()) one.set("suggestion", p.suggestion);
    if (!p.help.empty()) one.set("help", p.help);
    all.push(std::move(one));
  }
  return all;
}

}  // namespace gunflint
