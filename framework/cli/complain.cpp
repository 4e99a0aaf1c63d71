#include "cli/complain.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "report/words.hpp"

namespace gunflint {

int complain(std::string_view command, const std::string& why, Outcome outcome, bool json) {
  std::fputs(fmt::format("gunflint {}: {}\n", command, plain(why)).c_str(), stderr);
  if (json) std::puts(to_json_pretty(error_document(why, outcome)).c_str());
  return exit_code(outcome);
}

Value error_document(const std::string& why, Outcome outcome) {
  Value document = Value::map();
  document.set("error", Value(why));
  document.set("exit", Value(exit_code(outcome)));
  return document;
}

Outcome outcome_of(const Error& error) {
  switch (error.cause) {
    case Cause::BadInput:
    case Cause::Gone:
    case Cause::Unsupported:
      return Outcome::Invalid;
    default:
      return Outcome::ToolError;
  }
}

}  // namespace gunflint
