#include "model/wire.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace gunflint {

bool Codec<Mark>::read(const Value& v, Mark& out, Reader& r) {
  std::string text;
  if (!detail::read_text(v, text, r)) return false;
  const auto column = text.rfind(':');
  const auto line = column == text.npos || column == 0 ? text.npos : text.rfind(':', column - 1);
  if (line == text.npos) return detail::wrong_kind(r, v, "a place such as `a.yaml:3:1`");
  auto number = [&](std::size_t from, std::size_t to, int& out_number) {
    const auto [end, error] = std::from_chars(text.data() + from, text.data() + to, out_number);
    return error == std::errc() && end == text.data() + to;
  };
  if (!number(line + 1, column, out.line) || !number(column + 1, text.size(), out.column))
    return detail::wrong_kind(r, v, "a place such as `a.yaml:3:1`");
  out.source = std::make_shared<const SourceText>(SourceText{text.substr(0, line), {}});
  return true;
}

Value Codec<Mark>::write(const Mark& mark) { return Value(mark.text()); }

namespace wire {

Mark mark_of(const Value& value, const Mark& journal) { return journal ? journal : value.mark; }

Parts split(const Value& map, const std::vector<std::string>& names) {
  Parts parts;
  parts.named.mark = parts.others.mark = map.mark;
  for (const auto& entry : map.entries()) {
    const bool named = std::find(names.begin(), names.end(), entry.key) != names.end();
    (named ? parts.named : parts.others).entries().push_back(entry);
  }
  return parts;
}

void append(Value& to, const Value& from) {
  for (const auto& entry : from.entries()) to.set(entry.key, entry.value);
}
void append(Shape& to, const Shape& from) {
  to.members.insert(to.members.end(), from.members.begin(), from.members.end());
}

bool exactly_one(const Value& map, std::initializer_list<const char*> keys, int least, Reader& r) {
  const Value::Entry* first = nullptr;
  bool ok = true;
  std::vector<std::string> names(keys.begin(), keys.end());
  for (const auto& entry : map.entries()) {
    if (std::find(names.begin(), names.end(), entry.key) == names.end()) continue;
    if (first) {
      auto& p = r.problem(entry.mark, "E120",
                          fmt::format("`{}` and `{}` exclude each other", first->key, entry.key),
                          fmt::format("keep one of {}", listed(names)));
      p.also.push_back(first->mark);
      ok = false;
    } else {
      first = &entry;
    }
  }
  if (!first && least > 0) {
    r.problem(map.mark, "E103", fmt::format("one of {} is missing", listed(names)));
    ok = false;
  }
  return ok;
}

}  // namespace wire
}  // namespace gunflint
