#include "model/yaml_traps.hpp"

#include <array>

#include <fmt/format.h>

namespace gunflint {
namespace {

constexpr std::size_t most_lines = 20'000, most_line_bytes = 64 << 10;

bool continues_a_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Length of the UTF-8 sequence that `lead` begins; 0 if it begins none.
int sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

/// How many `{` and `[` are open, quotes and comments left out. yaml-cpp looks far ahead of an open
/// bracket before it says anything, so thousands of them are counted here, before it sees them.
class Nesting {
 public:
  int next(const std::string& text, std::size_t i) {
    const char c = text[i];
    const char last = i > 0 ? text[i - 1] : '\n';
    if (c == '\n') comment_ = false;
    if (comment_) return depth_;
    if (quote_) {
      if (escaped_)
        escaped_ = false;
      else if (c == '\\' && quote_ == '"')
        escaped_ = true;
      else if (c == quote_)
        quote_ = 0;
    } else if ((c == '"' || c == '\'') &&
               std::string_view(" \n{[,:").find(last) != std::string_view::npos) {
      quote_ = c;
      opened_ = i;
    } else if (c == '#' && (last == ' ' || last == '\n')) {
      comment_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if ((c == '}' || c == ']') && depth_ > 0) {
      --depth_;
    }
    return depth_;
  }
  std::size_t open_quote() const { return quote_ ? opened_ : std::string::npos; }

 private:
  std::size_t opened_ = 0;
  int depth_ = 0;
  char quote_ = 0;
  bool escaped_ = false, comment_ = false;
};

/// The character that the mark points at, and those around it.
struct Around {
  std::string_view line;
  std::size_t column = 0;  ///< from 0, in bytes
  char here() const { return column < line.size() ? line[column] : '\0'; }
  char before() const { return column > 0 && column <= line.size() ? line[column - 1] : '\0'; }
};

Around around(const Mark& mark) {
  Around a;
  a.line = line_of(mark.source->text, mark.line);
  for (int n = 1; n < mark.column && a.column < a.line.size(); ++n) {
    ++a.column;
    while (a.column < a.line.size() && continues_a_character(a.line[a.column])) ++a.column;
  }
  return a;
}

using OpenBrackets = std::vector<std::pair<char, Mark>>;

/// The brackets that are open before `until` (or at the end), the innermost last; quotes and
/// comments left out.
OpenBrackets open_brackets(const std::shared_ptr<const SourceText>& source,
                           const Mark* until = nullptr) {
  OpenBrackets open;
  const std::string& text = source->text;
  int line = 1, column = 0;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!continues_a_character(c)) ++column;
    if (until && line == until->line && column == until->column) return open;
    if (c == '\n') {
      ++line;
      column = 0;
    } else if (quote) {
      if (c == '\\' && quote == '"')
        ++i, ++column;
      else if (c == quote)
        quote = 0;
    } else if ((c == '"' || c == '\'') && (i == 0 || std::string_view(" \n{[,:").find(
                                                         text[i - 1]) != std::string_view::npos)) {
      quote = c;
    } else if (c == '#' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\n')) {
      while (i + 1 < text.size() && text[i + 1] != '\n') ++i;
    } else if (c == '{' || c == '[') {
      open.push_back({c, Mark{source, line, column}});
    } else if ((c == '}' || c == ']') && !open.empty()) {
      open.pop_back();
    }
  }
  return open;
}

std::optional<Mark> unclosed(const std::shared_ptr<const SourceText>& source) {
  const auto open = open_brackets(source);
  return open.empty() ? std::nullopt : std::optional(open.back().second);
}

/// What the bracket at `where` would close; nothing if that is what it should.
struct Closed {
  char open = 0;
  int line = 0;
};
std::optional<Closed> closes(const Mark& where) {
  const auto open = open_brackets(where.source, &where);
  if (open.empty()) return Closed{};
  const char wanted = open.back().first == '{' ? '}' : ']';
  if (around(where).here() == wanted) return std::nullopt;
  return Closed{open.back().first, open.back().second.line};
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

void report_block(const Mark& where, std::string_view line, Reader& reader) {
  const auto at = line.find_last_of(">|", static_cast<std::size_t>(where.column) - 1);
  const char sign = at == line.npos ? '>' : line[at];
  Mark mark = where;
  std::string rest;
  if (at != line.npos) {
    mark.column = static_cast<int>(at) + 1;
    rest = std::string(line.substr(at));
  }
  reader.problem(mark, "E006", fmt::format("YAML reads `{}` as the start of a text block", sign),
                 sign == '>' ? fmt::format("start with the name of a metric: `value {}`", rest)
                             : std::string("put the whole value in quotes"));
}

void report_open_bracket(const Mark& where, const Around& a, Reader& reader) {
  const char here = a.here();
  if (const auto of = here == '}' || here == ']' ? closes(where) : std::nullopt) {
    if (of->open == 0)
      reader.problem(where, "E003", fmt::format("this `{}` closes nothing", here), "remove it");
    else
      reader.problem(where, "E003",
                     fmt::format("this `{}` stands where the `{}` of line {} must be closed", here,
                                 of->open, of->line),
                     fmt::format("write `{}`", of->open == '{' ? '}' : ']'));
  } else if (here == ':') {
    reader.problem(where, "E009", "a second `: ` in one value", "put the value in quotes");
  } else if (const auto mark = unclosed(where.source)) {
    const char c = around(*mark).here();
    reader.problem(*mark, "E003", fmt::format("this `{}` is not closed", c),
                   fmt::format("add `{}`", c == '{' ? '}' : ']'));
  } else {
    reader.problem(where, "E003", "YAML cannot read this inside { }", "put the value in quotes");
  }
}

/// The parser met a bracket, or the end, where it did not expect it.
void report_in_brackets(const Mark& where, const Around& a, Reader& reader) {
  const char c = a.here();
  if (c == '{' && a.before() == '$') {
    Mark mark = where;
    --mark.column;
    reader.problem(mark, "E009", "YAML tears an unquoted `${…}` inside { }",
                   "put it in quotes: \"${name}\"");
  } else if (c == '[' || c == '{') {
    reader.problem(where, "E009", fmt::format("a `{}` inside a value tears it", c),
                   "put the whole value in quotes");
  } else {
    report_open_bracket(where, a, reader);
  }
}

/// What yaml-cpp calls a mistake, and what a person would.
struct Refusal {
  std::string_view theirs;
  const char *code, *sentence, *fix;
};
constexpr const char* escapes = "write `\\\\` for a backslash, or use '…', which has no escapes";
constexpr std::array refusals{
    Refusal{"anchor", "E005", "anchors (`&name`) are not read", "put a literal `&` in quotes"},
    Refusal{"tag", "E007", "tags (`!name`) are not read", "put a literal `!` in quotes"},
    Refusal{"escape character", "E003",
            "a `\\` in a text in \"…\" begins an escape, and this is none", escapes},
    Refusal{"hex number", "E003", "the number of this escape is not hexadecimal", escapes},
    Refusal{"invalid unicode", "E003", "the number of this escape is no character", escapes},
    Refusal{"document indicator", "E003", "a line of `---` or `...` inside a quoted text",
            "close the quote that is open above it"},
    Refusal{"block entry", "E003", "an item (`- `) cannot begin here",
            "begin it on a line of its own; inside [ ] write items with commas"},
    Refusal{"map key", "E003", "a key cannot begin here", "begin it on a line of its own"},
    Refusal{"end of map", "E003", "this line is indented like no line above it",
            "line it up with the keys or items of its own level"},
    Refusal{"end of sequence", "E003", "this line is indented like no line above it",
            "line it up with the keys or items of its own level"},
    Refusal{"directive", "E003", "directives (`%…`) are not read", "leave the line out"},
};

const Refusal* find_refusal(const std::string& message) {
  for (const Refusal& one : refusals)
    if (contains(message, one.theirs)) return &one;
  return nullptr;
}

/// `a: b: c`, or a line that is indented under a finished value.
void report_second_colon(const Mark& where, const Around& a, Reader& reader) {
  const auto first = a.line.find(": ");
  if (first != a.line.npos && first + 1 < a.column)
    reader.problem(where, "E009", "a second `: ` in one value", "put the value in quotes");
  else if (const auto above = line_of(where.source->text, where.line - 1);
           where.line > 1 && !above.empty() && above.find(": ") == above.npos &&
           above.back() != ':' && above.find("- ") == above.npos)
    reader.problem(where, "E003", "a key where YAML expects the rest of the line above",
                   "the line above has no `: `; write `key: value`");
  else
    reader.problem(where, "E003", "a key where YAML expects the rest of the line above",
                   "line it up with the keys of its own map");
}

}  // namespace

std::string_view line_of(const std::string& text, int line) {
  std::size_t begin = 0;
  for (int n = 1; n < line; ++n) {
    begin = text.find('\n', begin);
    if (begin == text.npos) return {};
    ++begin;
  }
  std::size_t end = text.find('\n', begin);
  if (end == text.npos) end = text.size();
  if (end > begin && text[end - 1] == '\r') --end;
  return std::string_view(text).substr(begin, end - begin);
}

bool check_text(const std::shared_ptr<const SourceText>& source, Reader& reader,
                const ReadLimits& limits, std::size_t& open_quote) {
  const std::string& text = source->text;
  int line = 1, column = 1;
  std::size_t line_begin = 0;
  bool at_start = true;  // nothing but spaces on this line so far
  Nesting nesting;
  auto refuse = [&](const char* code, std::string sentence, const char* fix) {
    reader.problem({source, line, column}, code, std::move(sentence), fix);
    return false;
  };
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const int length = sequence_length(c);
    bool whole = length > 0 && i + static_cast<std::size_t>(length) <= text.size();
    for (int k = 1; whole && k < length; ++k)
      whole = continues_a_character(text[i + static_cast<std::size_t>(k)]);
    if (!whole) return refuse("E003", "this is not UTF-8 text", "save the file as UTF-8");
    // A tab that indents; elsewhere it is only space.
    if (c == '\t' && at_start)
      return refuse("E003", "a tab indents this line", "indent with spaces");
    if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f)
      return refuse("E003", fmt::format("a control character (0x{:02x})", c), "remove it");
    if (nesting.next(text, i) > limits.depth)
      return refuse("E002", fmt::format("the file is nested more than {} deep", limits.depth),
                    "make several experiments of it");
    if (i - line_begin >= most_line_bytes)
      return refuse("E002", fmt::format("the line has more than {} bytes", most_line_bytes),
                    "put a long text into a file and name it with `body_file`");
    at_start = c == '\n' || (at_start && c == ' ');
    i += static_cast<std::size_t>(length);
    if (c != '\n') {
      ++column;
      continue;
    }
    ++line, column = 1, line_begin = i;
    if (static_cast<std::size_t>(line) > most_lines)
      return refuse("E002", fmt::format("the file has more than {} lines", most_lines),
                    "make several experiments of it");
  }
  open_quote = nesting.open_quote();
  return true;
}

void report_syntax(const Mark& where, const std::string& message, Reader& reader) {
  const Around a = around(where);
  const char c = a.here();
  if (contains(message, "block scalar")) return report_block(where, a.line, reader);
  if (contains(message, "flow")) return report_in_brackets(where, a, reader);
  if (c == '?') {
    reader.problem(where, "E009", "a `?` inside { } tears the value",
                   "put the whole value in quotes");
  } else if (c == '>' && contains(message, "unknown token")) {
    const auto end = a.line.find_first_of(",}]", a.column);
    std::string rest(a.line.substr(a.column, end == a.line.npos ? end : end - a.column));
    while (!rest.empty() && rest.back() == ' ') rest.pop_back();
    reader.problem(where, "E009", "a value inside { } or [ ] cannot begin with `>`",
                   fmt::format("a comparison starts with the name of a metric: `value {}`; any "
                               "other text goes in quotes",
                               rest));
  } else if (std::string_view("@`%|").find(c) != std::string_view::npos && c != '\0') {
    reader.problem(where, "E009", fmt::format("a value cannot begin with `{}`", c),
                   "put it in quotes");
  } else if (contains(message, "alias") || contains(message, "anchor is not defined")) {
    reader.problem(where, "E005", "aliases (`*name`) are not read", "put a literal `*` in quotes");
  } else if (contains(message, "illegal map value")) {
    report_second_colon(where, a, reader);
  } else if (contains(message, "EOF in scalar")) {
    reader.problem(where, "E003", "a quoted text is not closed", "add its closing quote");
  } else if (a.before() == '"' || a.before() == '\'') {
    reader.problem(where, "E003", "the text goes on after its closing quote",
                   "put quotes around all of it, with the other kind of quote");
  } else if (const Refusal* known = find_refusal(message)) {
    reader.problem(where, known->code, known->sentence, known->fix);
  } else {
    reader.problem(where, "E003", fmt::format("YAML cannot read this: {}", message),
                   "look above it for a quote, bracket or colon too many or too few");
  }
}

bool report_torn_key(Reader& reader, const std::string& key, const Mark& mark) {
  if (!mark) return false;
  const Around a = around(mark);
  if (!key.empty() && (key.back() == ')' || key.back() == ']')) {
    reader.problem(mark, "E009", fmt::format("`{}` is the rest of a value torn at a comma", key),
                   "a comma inside { } ends the value: put the whole value in quotes");
    return true;
  }
  if (a.before() == '?') {
    reader.problem(mark, "E009", fmt::format("`{}` is the rest of a value torn at `?`", key),
                   "a `?` inside { } ends the value: put the whole value in quotes");
    return true;
  }
  return false;
}

}  // namespace gunflint
