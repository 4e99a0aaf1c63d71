// libFuzzer: a name, a line break, the head of an answer. Whatever they are: what is found line by
// line is what find_header walks through, and extraction and check see the same.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "load/ascii.hpp"
#include "load/checks.hpp"
#include "load/extract.hpp"
#include "load/response.hpp"

using namespace gunflint;

namespace {
std::vector<std::string_view> values_of(std::string_view head, std::string_view name) {
  std::vector<std::string_view> all;
  while (!head.empty()) {
    const auto line = head.substr(0, head.find('\n'));
    head.remove_prefix(std::min(head.size(), line.size() + 1));
    const auto colon = line.find(':');
    if (colon != line.npos && same_word(line.substr(0, colon), name))
      all.push_back(trim(line.substr(colon + 1)));
  }
  return all;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto line = input.find('\n');
  if (line == input.npos) return 0;
  const std::string name(input.substr(0, line)), head(input.substr(line + 1));
  const auto values = values_of(head, name);
  std::size_t from = 0;
  for (const auto& value : values) {
    bool found = false;
    if (ResponseParser::find_header(head, name, found, &from) != value || !found) std::abort();
  }
  bool found = true;
  ResponseParser::find_header(head, name, found, &from);
  if (found) std::abort();
  const auto extractor = Extractor::compile({"v", Extract::From::Header, name});
  if (!extractor) return name.empty() ? 0 : (std::abort(), 0);
  std::string out;
  if (extractor->from({head, ""}, out) != !values.empty()) std::abort();
  if (!values.empty() && out != values.front()) std::abort();
  const auto checks = Checks::compile({.header_contains = {{name, out}}});
  std::string why;
  if (checks->verify(200, head, "", Duration(1), &why).has_value() != values.empty()) std::abort();
  if (why.find('\n') != why.npos) std::abort();
  return 0;
}
