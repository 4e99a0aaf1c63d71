#pragma once
/// Everything a fault may touch: small ports, one real and one recording fake implementation each
/// (framework/host, tests/support). There is no other way out of the program.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gunflint/base/units.hpp"
#include "gunflint/base/value.hpp"
#include "gunflint/host/network.hpp"
#include "gunflint/model/undo.hpp"

namespace gunflint {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;           ///< CLOCK_MONOTONIC
  virtual WallTime wall() const = 0;      ///< CLOCK_REALTIME
  virtual Duration boottime() const = 0;  ///< CLOCK_BOOTTIME, goes on while the machine sleeps
  virtual void sleep(Duration) = 0;       ///< only inside an operation with a deadline
};

/// A process by identity. A pid used again has another start time and is another process.
struct ProcessId {
  int pid = 0;
  std::uint64_t start_time = 0;  ///< field 22 of /proc/pid/stat, clock ticks since boot
  bool operator==(const ProcessId&) const = default;
};

struct ProcessInfo {
  ProcessId id;
  int parent = 0;
  char state = '?';  ///< field 3 of stat: R S D T Z …
  std::string name;  ///< comm
  std::vector<std::string> argv;
  std::uint32_t uid = 0;
  std::uint64_t cpu_ticks = 0;  ///< utime + stime
  std::uint64_t resident_bytes = 0;
  std::uint64_t pid_namespace = 0;
  std::map<std::string, std::string> cgroups;  ///< controller ("" = v2) -> path
};

struct Command {
  std::vector<std::string> argv;  ///< argv[0] is looked up in PATH; never a shell
  std::string input = {};         ///< standard input
  Duration deadline = 10s;        ///< then SIGKILL to its process group and Cause::TimedOut
};
struct Exit {
  int code = 0;          ///< exit code, or 128 + signal
  std::string out, err;  ///< at most 1 MiB each
};

struct SoftLimit {
  std::uint64_t soft = 0, hard = 0;
};

class Processes {
 public:
  virtual ~Processes() = default;
  virtual Result<Exit> run(const Command& command) = 0;
  virtual Result<ProcessInfo> look(int pid) = 0;  ///< Gone when it does not exist
  virtual Result<std::vector<ProcessInfo>> all() = 0;
  /// By pidfd, after checking the identity. Gone if that process is no more (a zombie is gone).
  /// NotPermitted for pid 1, our own ancestors, agent, guardian, sshd and container runtimes when
  /// `number` could stop or end them.
  virtual Result<void> signal(const ProcessId& process, int number) = 0;
  /// `resource` is a RLIMIT_ constant. Only the soft limit is ever changed (the hard one could not
  /// be put back without CAP_SYS_RESOURCE).
  virtual Result<SoftLimit> limit(const ProcessId& process, int resource) = 0;
  virtual Result<void> set_soft_limit(const ProcessId& process, int resource,
                                      std::uint64_t soft) = 0;
  /// PIDs of all descendants, children before grandchildren.
  virtual Result<std::vector<ProcessInfo>> descendants(int pid) = 0;
};

struct FileState {
  std::string content;
  std::uint32_t mode = 0, uid = 0, gid = 0;
};

class Files {
 public:
  virtual ~Files() = default;
  virtual Result<FileState> read(const std::string& path) = 0;  ///< at most 16 MiB
  /// Replaces the content in one step (temporary file in the same folder, then rename); keeps mode,
  /// owner and extended attributes. `path` must not be a symbolic link in its last part.
  virtual Result<void> replace(const std::string& path, const std::string& content) = 0;
  virtual Result<void> remove(const std::string& path) = 0;  ///< Gone when absent
  virtual Result<bool> exists(const std::string& path) = 0;
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;
};

/// Control groups, v1 and v2 alike. `controller` is "cpu", "memory", "pids", "cpuset", "freezer";
/// "" is the v2 hierarchy as such. Paths are below the hierarchy's root and begin with "/".
class Cgroups {
 public:
  virtual ~Cgroups() = default;
  /// 1 or 2: where this controller lives on this host; Unsupported when nowhere.
  virtual Result<int> version(const std::string& controller) = 0;
  virtual Result<std::string> path_of(const ProcessId& process, const std::string& controller) = 0;
  virtual Result<std::string> read(const std::string& controller, const std::string& path,
                                   const std::string& file) = 0;
  virtual Result<void> write(const std::string& controller, const std::string& path,
                             const std::string& file, const std::string& text) = 0;
  virtual Result<bool> exists(const std::string& controller, const std::string& path) = 0;
  virtual Result<void> create(const std::string& controller, const std::string& path) = 0;
  virtual Result<void> remove(const std::string& controller, const std::string& path) = 0;
  virtual Result<std::vector<int>> members(const std::string& controller,
                                           const std::string& path) = 0;
  virtual Result<void> move(const ProcessId& process, const std::string& controller,
                            const std::string& path) = 0;
};

/// Processes that ARE a fault: they burn, delay, hold. Started inert; the ledger knows them before
/// they act; they die with the agent's end of their pipe. Bodies are in framework/holder, one file
/// each.
class Holders {
 public:
  virtual ~Holders() = default;
  /// Returns when the holder acts (it has said "ready"), or its error. Idempotent: the same tag and
  /// kind again with another config changes the running one.
  virtual Result<void> start(const std::string& kind, const Value& config, const Tag& tag) = 0;
  /// What the holder last published about itself; Gone when none runs under the tag.
  virtual Result<Value> stats(const Tag& tag) = 0;
  virtual Result<void> stop(const Tag& tag) = 0;  ///< success when none runs
  virtual Result<bool> running(const Tag& tag) = 0;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::map<std::string, std::string> headers = {};
  std::string body = {};
  Duration deadline = 5s;
  std::string ca = {};  ///< file with certificates to trust instead of the system's
  std::string unix_socket = {};
};
struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;                            ///< at most 16 MiB
  Duration took{};
};
/// For everything that is not load. Redirects are not followed.
class Http {
 public:
  virtual ~Http() = default;
  virtual Result<HttpResponse> send(const HttpRequest& request) = 0;
};

/// A service's own control socket (unix stream): haproxy's runtime API and its like. Not for load.
class Sockets {
 public:
  virtual ~Sockets() = default;
  /// Connects, sends `text`, closes the sending side and reads until the other side closes; at most
  /// 4 MiB. Unreachable when nobody listens at `path`, TimedOut after `deadline`.
  virtual Result<std::string> exchange(const std::string& path, const std::string& text,
                                       Duration deadline) = 0;
};

/// What the machine is and can do; looked up once when an agent opens.
struct Facts {
  std::string hostname, boot_id, kernel;
  int cores = 1;
  std::uint64_t memory_bytes = 0;
  std::uint32_t uid = 0;
  std::uint64_t capabilities = 0;      ///< CapEff
  std::map<std::string, int> cgroups;  ///< controller -> 1 or 2
  bool netem = false, nfqueue = false;
  std::map<std::string, std::string> tools;  ///< "nft" -> "/usr/sbin/nft"
  bool can(int capability) const { return (capabilities >> capability) & 1; }
  static Fields<Facts> fields();
};

struct Host {
  Processes& processes;
  Files& files;
  Cgroups& cgroups;
  Network& network;
  Holders& holders;
  Http& http;
  Sockets& sockets;
  Clock& clock;
  const Facts& facts;
  /// `plan` writes down what would be done and does nothing: a fault then does not wait to see the
  /// effect of what it did, and takes back what it would have done.
  bool rehearsal = false;
};

}  // namespace gunflint
