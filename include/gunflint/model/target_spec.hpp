#pragma once
/// What may be touched, and how its members are found.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gunflint/base/fields.hpp"

namespace gunflint {

/// Selects processes on one host. All given parts must match.
struct LocalSelector {
  std::string process;  ///< the program's name (comm, or the base name of argv[0])
  std::string cmdline;  ///< a text that the joined argv contains
  std::string pid_file;
  std::optional<int> port;  ///< whoever listens on this TCP port
  std::string unit;         ///< a systemd unit
  std::string cgroup;       ///< path below the cgroup root
  bool empty() const {
    return process.empty() && cmdline.empty() && pid_file.empty() && !port && unit.empty() &&
           cgroup.empty();
  }
  static Fields<LocalSelector> fields();
};

/// When a member counts as ready. At most one is set; `http` and `exec` may use ${member.…}.
struct Readiness {
  std::string http;
  std::string tcp;
  std::vector<std::string> exec;
  bool empty() const { return http.empty() && tcp.empty() && exec.empty(); }
  static Fields<Readiness> fields();
};

enum class OnEmpty { Fail, Skip };
template <>
struct Names<OnEmpty> {
  static constexpr std::array table{std::pair{OnEmpty::Fail, "fail"},
                                    std::pair{OnEmpty::Skip, "skip"}};
};

struct TargetSpec {
  std::string name;
  std::string kind;     ///< "local", "ssh", "container", "kubernetes"
  LocalSelector local;  ///< for local and ssh
  Value other;          ///< the document of a kind that this version does not open
  Readiness ready;
  OnEmpty on_empty = OnEmpty::Fail;
  std::map<std::string, std::string>
      with;  ///< free values for ${member.<key>}, e.g. a port pattern
  Mark mark;
};
template <>
struct Codec<TargetSpec> {
  static bool read(const Value&, TargetSpec& out, Reader&);
  static Value write(const TargetSpec&);
  static Shape shape();
};

/// One instance of a target, by identity; selected by the target, never by a fault. A process is
/// (boot id, pid, start time): a pid used again is another member.
struct Member {
  std::string target;
  std::string id;     ///< unique and stable: "pid:4711@83920" for a process, "host" for a host
  std::string label;  ///< for people: "gunicorn[4711]"
  int pid = 0;        ///< 0: the member is the host
  std::uint64_t start_time = 0;  ///< field 22 of /proc/pid/stat
  std::string boot_id;
  std::uint64_t pid_namespace = 0;             ///< inode of /proc/pid/ns/pid
  std::map<std::string, std::string> cgroups;  ///< controller ("" = v2) -> path
  std::string address;                         ///< ${member.host}
  std::vector<int> ports;  ///< TCP ports it listens on; ${member.port} is the first
  std::map<std::string, std::string> with;  ///< further ${member.<key>}
  static Fields<Member> fields();
  bool operator==(const Member& o) const { return target == o.target && id == o.id; }
};

/// `text` with every ${member.host}, ${member.port}, ${member.pid}, ${member.id}, ${member.label}
/// and ${member.<key of with>} filled in. BadInput for a name the member has no value for; other
/// ${…} are left as they are.
Result<std::string> expand_member(const std::string& text, const Member& member);

/// A member at one moment.
struct MemberState {
  Member member;
  bool alive = true;
  bool ready = true;
  double cpu = 0;     ///< share of its limit or of the host, 0..1
  double memory = 0;  ///< share of its limit or of the host, 0..1
  double queue = 0;   ///< accept queue length
  static Fields<MemberState> fields();
};

}  // namespace gunflint
