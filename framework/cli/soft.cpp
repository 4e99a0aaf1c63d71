#include "cli/soft.hpp"

#include <fmt/format.h>

namespace gunflint {

Result<std::set<Outcome>> soft_outcomes(const std::vector<std::string>& names) {
  std::set<Outcome> soft;
  for (std::string name : names) {
    for (char& c : name)
      if (c == '_') c = ' ';
    if (name == name_of(Outcome::Inconclusive))
      soft.insert(Outcome::Inconclusive);
    else if (name == name_of(Outcome::NotStarted))
      soft.insert(Outcome::NotStarted);
    else
      return fail(Cause::BadInput,
                  fmt::format("--soft {} is refused: only inconclusive and not_started can be "
                              "soft; a failure stays a failure",
                              name));
  }
  return soft;
}

}  // namespace gunflint
