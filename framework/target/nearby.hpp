#pragma once
/// What is here instead, when a selector finds nobody. Looks and touches nothing.

#include <string>
#include <vector>

#include "gunflint/model/target_spec.hpp"

namespace gunflint {

/// One listening port and the name of who listens there; empty when we may not see it.
struct Neighbour {
  int port = 0;
  std::string process;
};
/// "did you mean `gunicorn`?" or "listening here: 80 nginx, 5432 postgres"; empty when nothing is
/// near. `names` are the processes of this host, `listening` is in any order.
std::string nearby(const LocalSelector& wanted, const std::vector<std::string>& names,
                   std::vector<Neighbour> listening);
/// The same for this host, now.
std::string nearby(const LocalSelector& wanted);

}  // namespace gunflint
