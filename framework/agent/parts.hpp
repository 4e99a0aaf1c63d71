#pragma once
/// What a program that contains an agent gives it. The host agent (gunflint-agent) brings a network
/// and no HTTP, the api agent (`gunflint api-agent`) brings HTTP.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gunflint/concepts/fault.hpp"
#include "gunflint/concepts/target.hpp"
#include "host/real_host.hpp"

namespace gunflint {

struct AgentParts {
  Place place = Place::Host;
  /// Takes back ledgers of every place, not only of its own (`gunflint recover`).
  bool every_place = false;
  /// The words that lead this binary here: {"gunflint-agent"} or {"gunflint", "api-agent"}.
  /// Holders are started as these words, "holder" and their kind.
  std::vector<std::string> self;
  std::function<std::unique_ptr<Network>(RealHost&)> network;  ///< none: make_no_network()
  std::function<std::unique_ptr<Http>()> http;                 ///< none: NoHttp
  /// find_members and watch_members of concepts/target.hpp; none: this place has no members.
  Result<std::vector<Member>> (*find)(Host&, const TargetSpec&) = nullptr;
  std::unique_ptr<MemberWatch> (*watch)(const TargetSpec&) = nullptr;
};

/// The ports of one agent; only the holders are added by whoever uses them.
class AgentHost {
 public:
  /// `parts` must live as long as this.
  explicit AgentHost(const AgentParts& parts);
  Host with(Holders& holders) { return real_.with(*network_, holders, *http_); }
  const Facts& facts() const { return real_.facts; }
  Cgroups& cgroups() { return *real_.cgroups; }
  /// Whether this program may take back what an agent of that place left.
  bool serves(Place place) const { return parts_.every_place || parts_.place == place; }
  Result<std::vector<Member>> find(Host& host, const TargetSpec& spec) const;
  Result<std::unique_ptr<MemberWatch>> watch(const TargetSpec& spec) const;

 private:
  const AgentParts& parts_;
  RealHost real_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<Http> http_;
};

}  // namespace gunflint
