// libFuzzer: a regular expression, a line break, a body. Whatever they are: a refusal with a
// reason, or a piece of the body that the check with the same expression finds, too.
#include <cstdint>
#include <cstdlib>

#include "load/checks.hpp"
#include "load/extract.hpp"

using namespace gunflint;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto line = input.find('\n');
  if (line == input.npos) return 0;
  const std::string expression(input.substr(0, line)), body(input.substr(line + 1));
  const auto extractor = Extractor::compile({"v", Extract::From::Regex, expression});
  if (!extractor) {
    if (extractor.error().message.empty()) std::abort();
    return 0;
  }
  std::string out = "as it was", why;
  const bool found = extractor->from({"", body}, out);
  if (found ? body.find(out) == body.npos : out != "as it was") std::abort();
  const auto checks = Checks::compile({.body_matches = {expression}});
  if (!checks) std::abort();
  const auto failure = checks->verify(200, "", body, Duration(1), &why);
  if (failure.has_value() == found || why.empty() == failure.has_value()) std::abort();
  if (why.find('\n') != why.npos) std::abort();
  return 0;
}
