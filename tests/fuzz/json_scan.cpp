// libFuzzer: a path, a line break, a text. Whatever they are: no crash, and of a text that is JSON
// the same answer as by way of its tree.
#include <cstdint>
#include <cstdlib>

#include "load/json_scan.hpp"
#include "support/json_tree.hpp"

using namespace gunflint;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto line = input.find('\n');
  if (line == input.npos) return 0;
  const auto path = JsonPath::compile(input.substr(0, line));
  if (!path) return 0;
  // In memory of its own size, so that one byte too far is seen.
  const std::string body(input.substr(line + 1));
  std::string by_scan = "as it was";
  const auto found = find_json(body, *path, by_scan);
  if (found != JsonFound::Value && by_scan != "as it was") std::abort();
  // parse_json takes a NUL for the end and does not look behind it; RFC 8259 knows none.
  if (body.find('\0') != body.npos) return 0;
  const auto document = parse_json(body);
  if (!document) return 0;
  const Value* value = find_in_tree(*document, *path);
  const auto by_tree = value ? spelled(*value) : std::nullopt;
  if (found != (by_tree ? JsonFound::Value : value ? JsonFound::Null : JsonFound::Absent))
    std::abort();
  if (by_tree && by_scan != *by_tree) std::abort();
  return 0;
}
