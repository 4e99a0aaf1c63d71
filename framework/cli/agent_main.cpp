// gunflint-agent: the hand on a host. Fully static, so that it runs on any Linux it is pushed to:
// no HTTP library, no name service.
#include "agent/agent_main.hpp"

#include <cstdio>
#include <string_view>

#include "agent/undo_desk.hpp"
#include "holder/holder.hpp"
#include "host/network_real.hpp"

namespace {

constexpr const char* usage =
    "gunflint-agent " GUNFLINT_VERSION
    ": the hand of gunflint on a host.\n"
    "It is started by gunflint and speaks to it on standard input and output.\n"
    "  gunflint-agent            serve one coordinator\n"
    "  gunflint-agent recover    take back what dead agents of this user left in force\n"
    "                            (--all, as root: of every user)\n"
    "  gunflint-agent version\n";

}  // namespace

int main(int argc, char** argv) {
  using namespace gunflint;
  AgentParts parts;
  parts.place = Place::Host;
  parts.self = {"gunflint-agent"};
  parts.network = [](RealHost& real) { return make_real_network(*real.processes); };
  parts.find = find_members;
  parts.watch = watch_members;
  const std::string_view word = argc > 1 ? argv[1] : "";
  if (word == "holder" && argc == 3) return holder_main(argv[2]);
  if (word.empty()) return agent_main(parts);
  if (word == "recover") {
    AgentHost host(parts);
    const bool everybody = argc > 2 && std::string_view(argv[2]) == "--all";
    auto report = recover_machine(host, everybody, "recovery");
    if (!report) return std::fputs((report.error().message + "\n").c_str(), stderr), 5;
    std::fputs(recovery_text(*report).c_str(), stdout);
    return report->clean() ? 0 : 5;
  }
  if (word == "version") return std::puts("gunflint-agent " GUNFLINT_VERSION) < 0 ? 1 : 0;
  std::fputs(usage, stderr);
  return word == "help" || word == "--help" ? 0 : 2;
}
