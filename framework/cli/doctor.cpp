// gunflint doctor: what this machine can do, fault by fault, and what is missing. Touches nothing.
#include <cstdio>
#include <filesystem>

#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/reading.hpp"
#include "gunflint/concepts/fault.hpp"
#include "gunflint/model/reader.hpp"
#include "host/real_host.hpp"

namespace gunflint {
namespace {

struct Remark {
  std::string what;
  bool good = true;
  std::string detail, fix;
};

/// The fault's own fields in its example: what a usual injection needs.
Value example_params(const FaultKind& kind) {
  Reader reader;
  const auto source =
      std::make_shared<SourceText>(SourceText{std::string(kind.name), std::string(kind.example)});
  const auto document = parse_yaml(source, reader);
  Value params = Value::map();
  if (!document || !document->is_list() || document->items().empty()) return params;
  for (const auto& member : kind.shape().members)
    if (const Value* value = document->items().front().find(member.name))
      params.set(member.name, *value);
  return params;
}

void look_at_faults(const Facts& facts, std::vector<Remark>& found) {
  for (const FaultKind* kind : fault_catalogue()) {
    const Value example = example_params(*kind);
    Remark f{"fault " + std::string(kind->name), true, std::string(kind->summary), ""};
    for (const Need& need : kind->needs(facts, example)) {
      if (need.present) continue;
      // The first is told: without root, a module that cannot be seen may well be there.
      if (f.good) {
        f.detail = need.what + " is missing: " + need.why;
        f.fix = need.fix;
      }
      f.good = false;
    }
    found.push_back(std::move(f));
  }
}

void look_at_machine(const Facts& facts, std::vector<Remark>& found) {
  found.push_back({"kernel", true, fmt::format("{}, {} cores", facts.kernel, facts.cores), ""});
  std::string groups;
  for (const auto& [controller, version] : facts.cgroups)
    groups += fmt::format("{}{} v{}", groups.empty() ? "" : ", ",
                          controller.empty() ? "core" : controller, version);
  found.push_back({"control groups", !groups.empty(), groups.empty() ? "none are mounted" : groups,
                   "mount cgroup2, or run on a systemd machine"});
  // What the kernel can delay with is tried, and root alone may try it.
  const bool may_look = facts.uid == 0;
  found.push_back(
      {"network delay", facts.netem || facts.nfqueue,
       facts.netem     ? "by netem"
       : facts.nfqueue ? "by the packet queue (NFQUEUE); the kernel has no netem"
       : may_look      ? "neither netem nor NFQUEUE"
                       : "this user may not look for netem and NFQUEUE",
       may_look ? "load sch_netem or nfnetlink_queue" : "ask again as root: sudo gunflint doctor"});
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  found.push_back({"open files", files.rlim_cur >= 4096,
                   fmt::format("{} at once; a load of n connections needs n", files.rlim_cur),
                   "ulimit -n 65536"});
  const auto programs = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const bool agent = std::filesystem::exists(programs / "gunflint-agent");
  found.push_back({"gunflint-agent", agent, (programs / "gunflint-agent").string(),
                   "reinstall: it belongs beside gunflint"});
  const bool root = facts.uid == 0;
  found.push_back({"rights", true,
                   root ? "root" : "an ordinary user; faults that need root go through `sudo -n`",
                   ""});
}

}  // namespace

int doctor_command(const DoctorOptions& options) {
  const Facts facts = look_up_facts();
  std::vector<Remark> found;
  look_at_machine(facts, found);
  look_at_faults(facts, found);
  bool all_good = true;
  Value list = Value::list();
  for (const auto& f : found) {
    all_good = all_good && f.good;
    if (options.json) {
      Value v = Value::map();
      v.set("what", Value(f.what));
      v.set("good", Value(f.good));
      v.set("detail", Value(f.detail));
      if (!f.good) v.set("fix", Value(f.fix));
      list.push(std::move(v));
      continue;
    }
    fmt::print(" {} {:<16} {}\n", f.good ? "✓" : "✗", f.what, f.detail);
    if (!f.good) fmt::print("   {:<16} fix: {}\n", "", f.fix);
  }
  if (options.json)
    std::puts(to_json_pretty(list).c_str());
  else
    fmt::print("{} Next: gunflint init\n",
               all_good ? "Everything is there."
                        : "What has a ✗ is not possible here as it is; everything else is.");
  return exit_code(Outcome::Held);
}

}  // namespace gunflint
