#include "host/network_names.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "gunflint/base/value.hpp"

namespace gunflint {
namespace {

void add_once(std::vector<std::string>& list, std::string text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(std::move(text));
}

}  // namespace

bool is_address(const std::string& text) {
  const auto slash = text.find('/');
  const std::string address = text.substr(0, slash);
  in6_addr bytes{};
  const bool v4 = ::inet_pton(AF_INET, address.c_str(), &bytes) == 1;
  if (!v4 && ::inet_pton(AF_INET6, address.c_str(), &bytes) != 1) return false;
  if (slash == std::string::npos) return true;
  const std::string prefix = text.substr(slash + 1);
  if (prefix.empty() || prefix.size() > 3 ||
      prefix.find_first_not_of("0123456789") != std::string::npos)
    return false;
  return std::stoi(prefix) <= (v4 ? 32 : 128);
}

std::vector<std::string> parse_ahosts(std::string_view text) {
  std::vector<std::string> addresses;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    std::string address(line.substr(0, line.find_first_of(" \t%")));
    if (is_address(address)) add_once(addresses, std::move(address));
  }
  return addresses;
}

Result<std::vector<std::string>> resolve_name(Processes& processes, const std::string& name) {
  if (is_address(name)) return std::vector{name};
  GF_TRY_AS(const Exit exit, processes.run({.argv = {"getent", "ahosts", "--", name}}));
  auto addresses = parse_ahosts(exit.out);
  if (exit.code != 0 || addresses.empty())
    return fail(Cause::Unreachable, "the name " + name +
                                        " has no address on this host; check its spelling, or "
                                        "write the address");
  return addresses;
}

Result<std::vector<std::string>> interfaces_towards(Processes& processes,
                                                    const std::vector<std::string>& hosts) {
  std::vector<std::string> names;
  auto ask = [&](std::vector<std::string> argv, std::string_view key) -> Result<void> {
    GF_TRY_AS(const Exit exit, processes.run({.argv = std::move(argv)}));
    if (exit.code != 0)
      return fail(Cause::Unreachable, "`ip` knows no way there: " + exit.err +
                                          "; name the interface (`interface: eth0`)");
    GF_TRY_AS(const Value list, parse_json(exit.out));
    if (list.is_list())
      for (const auto& item : list.items())
        if (auto name = item.text_or(key); !name.empty()) add_once(names, std::move(name));
    return {};
  };
  if (hosts.empty()) GF_TRY(ask({"ip", "-j", "link", "show", "up"}, "ifname"));
  for (const auto& host : hosts)
    GF_TRY(ask({"ip", "-j", "route", "get", host.substr(0, host.find('/'))}, "dev"));
  return names;
}

}  // namespace gunflint
