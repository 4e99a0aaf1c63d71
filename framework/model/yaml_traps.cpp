#include "model/yaml_traps.hpp"

#include <fmt/format.h>

namespace gunflint {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

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
constexpr int deepest = 32;
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
    while (a.column < a.line.size() && is_continuation(a.line[a.column])) ++a.column;
  }
  return a;
}

/// The innermost `{` or `[` that is open at the end of the text, quotes and comments left out.
std::optional<Mark> unclosed(const std::shared_ptr<const SourceText>& source) {
  std::vector<std::pair<char, Mark>> open;
  const std::string& text = source->text;
  int line = 1, column = 0;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!is_continuation(c)) ++column;
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
  if (open.empty()) return std::nullopt;
  return open.back().second;
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

void report_open_bracket(const Mark& where, Reader& reader) {
  if (const auto mark = unclosed(where.source)) {
    const char c = around(*mark).here();
    reader.problem(*mark, "E003", fmt::format("this `{}` is not closed", c),
                   fmt::format("add `{}`", c == '{' ? '}' : ']'));
  } else {
    reader.problem(where, "E003", "YAML cannot read this inside { }", "put the value in quotes");
  }
}

/// `a: b: c`, or a line that is indented under a finished value.
void report_second_colon(const Mark& where, const Around& a, Reader& reader) {
  const auto first = a.line.find(": ");
  if (first != a.line.npos && first + 1 < a.column)
    reader.problem(where, "E009", "a second `: ` in one value", "put the value in quotes");
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
                std::size_t& open_quote) {
  const std::string& text = source->text;
  int line = 1, column = 1;
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
      whole = is_continuation(text[i + static_cast<std::size_t>(k)]);
    if (!whole) return refuse("E003", "this is not UTF-8 text", "save the file as UTF-8");
    // A tab that indents; elsewhere it is only space.
    if (c == '\t' && at_start)
      return refuse("E003", "a tab indents this line", "indent with spaces");
    if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f)
      return refuse("E003", fmt::format("a control character (0x{:02x})", c), "remove it");
    if (nesting.next(text, i) > deepest)
      return refuse("E002", fmt::format("the file is nested more than {} deep", deepest),
                    "make several experiments of it");
    at_start = c == '\n' || (at_start && c == ' ');
    if (c == '\n')
      ++line, column = 1;
    else
      ++column;
    i += static_cast<std::size_t>(length);
  }
  open_quote = nesting.open_quote();
  return true;
}

void report_syntax(const Mark& where, const std::string& message, Reader& reader) {
  const Around a = around(where);
  const char c = a.here();
  if (contains(message, "block scalar")) return report_block(where, a.line, reader);
  if (contains(message, "flow not found") || contains(message, "flow")) {
    if (c == '{' && a.before() == '$') {
      Mark mark = where;
      --mark.column;
      reader.problem(mark, "E009", "YAML tears an unquoted `${…}` inside { }",
                     "put it in quotes: \"${name}\"");
    } else if (c == '[' || c == '{') {
      reader.problem(where, "E009", fmt::format("a `{}` inside a value tears it", c),
                     "put the whole value in quotes");
    } else {
      report_open_bracket(where, reader);
    }
    return;
  }
  if (c == '?') {
    reader.problem(where, "E009", "a `?` inside { } tears the value",
                   "put the whole value in quotes");
  } else if (c == '@' || c == '`' || c == '%') {
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
  } else if (contains(message, "end of map not found") ||
             contains(message, "end of sequence not found")) {
    reader.problem(where, "E003", "this line is indented like no line above it",
                   "line it up with the keys or items of its own level");
  } else {
    reader.problem(where, "E003", fmt::format("YAML cannot read this: {}", message));
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
