#include "load/text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gunflint/base/problem.hpp"

namespace gunflint {
namespace {

void percent(std::string& out, unsigned char c) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  out += '%';
  out += hex[c >> 4];
  out += hex[c & 15];
}

void json(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (byte < 0x20) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
  } else {
    out += c;
  }
}

bool unreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

void append_escaped(std::string& out, std::string_view value, Escape escape) {
  if (escape == Escape::None) {
    out += value;
    return;
  }
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (escape == Escape::Json)
      json(out, c);
    else if (escape == Escape::Header)
      c == '\r' || c == '\n' || c == '\0' ? void() : void(out += c);
    else if (escape == Escape::Form ? !unreserved(byte) : byte <= ' ' || byte >= 0x7f || c == '#')
      percent(out, byte);
    else
      out += c;
  }
}

Result<Text> Text::compile(std::string_view text, const SlotNames& known,
                           const std::string& whose) {
  Text made;
  std::string* literal = &made.start_;
  while (!text.empty()) {
    const auto at = text.find("${");
    literal->append(text.substr(0, at));
    if (at == text.npos) break;
    text.remove_prefix(at + 2);
    const auto end = text.find('}');
    if (end == text.npos)
      return fail(Cause::BadInput, fmt::format("{}: `${{` without `}}`; close it", whose));
    const std::string name(text.substr(0, end));
    text.remove_prefix(end + 1);
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const auto& one) { return one.first == name; });
    if (found == known.end()) {
      std::vector<std::string> names;
      for (const auto& [one, slot] : known) names.push_back(one);
      return fail(Cause::BadInput,
                  fmt::format("{}: no earlier step extracts `{}`; {}", whose, name,
                              names.empty() ? std::string("add an `extract` to an earlier step")
                                            : "known are " + listed(names, "and")));
    }
    made.pieces_.emplace_back(found->second, "");
    literal = &made.pieces_.back().second;
  }
  return made;
}

void Text::fill(std::string& out, const Values& values, Escape escape) const {
  out += start_;
  for (const auto& [slot, literal] : pieces_) {
    append_escaped(out, values.at(slot), escape);
    out += literal;
  }
}

}  // namespace gunflint
