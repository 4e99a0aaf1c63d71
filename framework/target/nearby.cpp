#include "target/nearby.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "gunflint/base/problem.hpp"
#include "host/process_table.hpp"
#include "target/listeners.hpp"

namespace gunflint {
namespace {

constexpr std::size_t most_shown = 6;

bool ours(const std::string& name) {
  return name.starts_with("gunflint-age") || name == "gunflint";
}

}  // namespace

std::string nearby(const LocalSelector& wanted, const std::vector<std::string>& names,
                   std::vector<Neighbour> listening) {
  if (!wanted.process.empty())
    if (const std::string name = nearest(wanted.process, names); !name.empty())
      return fmt::format("did you mean `{}`?", name);
  // Whoever looks for a port has most likely mistyped it: the nearest first.
  const int around = wanted.port.value_or(0);
  std::sort(listening.begin(), listening.end(), [&](const Neighbour& a, const Neighbour& b) {
    return std::pair(std::abs(a.port - around), a.port) <
           std::pair(std::abs(b.port - around), b.port);
  });
  listening.erase(std::unique(listening.begin(), listening.end(),
                              [](const auto& a, const auto& b) { return a.port == b.port; }),
                  listening.end());
  std::string text;
  for (std::size_t i = 0; i < std::min(most_shown, listening.size()); ++i)
    text += fmt::format("{}{}{}", i ? ", " : "listening here: ", listening[i].port,
                        listening[i].process.empty() ? "" : " " + listening[i].process);
  if (listening.size() > most_shown)
    text += fmt::format(" and {} more", listening.size() - most_shown);
  return text;
}

std::string nearby(const LocalSelector& wanted) {
  std::map<std::uint64_t, int> ports;
  for (const auto& listener : listeners_of_namespace(0)) ports[listener.inode] = listener.port;
  std::vector<std::string> names;
  std::vector<Neighbour> listening;
  for (const auto& process : read_process_stats()) {
    if (ours(process.name) || process.state == 'Z') continue;
    names.push_back(process.name);
    for (const auto inode : sockets_of(process.pid))
      if (const auto port = ports.find(inode); port != ports.end()) {
        listening.push_back({port->second, process.name});
        ports.erase(port);
      }
  }
  for (const auto& [inode, port] : ports) listening.push_back({port, ""});
  return nearby(wanted, names, std::move(listening));
}

}  // namespace gunflint
