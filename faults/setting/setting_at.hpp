#pragma once
/// Where a setting lies, with the member filled in: enough to read and write it without the member,
/// the experiment, or anybody's memory. It travels in the ledger.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gunflint/concepts/fault.hpp"

namespace gunflint {

/// A running service's own interface. Per request 5 s.
struct HttpAt {
  std::string url;
  std::string path;  ///< dotted path in a JSON document; empty: the whole body is the value
  std::string body;  ///< what is sent, with ${value}; empty: made from `path`
  std::string method = "POST";
  std::map<std::string, std::string> headers;
  bool shared = false;  ///< behind a balancer: three reads must agree
  static Fields<HttpAt> fields();
};

/// By what a service is known again when it was restarted: a signal to anybody else could end it.
struct ServiceId {
  std::string name;  ///< comm; empty: it was not running when it was looked at
  std::uint32_t uid = 0;
  std::uint64_t pid_namespace = 0;             ///< 0: could not be seen
  std::map<std::string, std::string> cgroups;  ///< as in ProcessInfo
  static ServiceId of(const ProcessInfo& process);
  bool matches(const ProcessInfo& process) const;
  static Fields<ServiceId> fields();
};

/// How a service is told to read its file again.
struct ReloadAt {
  int signal = 0;
  std::string pid_file;
  ProcessId process;               ///< who was to be told when it was looked at
  ServiceId service;               ///< and how to know its replacement: this, in the pid_file …
  std::vector<std::string> argv;   ///< … or without a pid_file with this command
  std::vector<std::string> exec;   ///< a command instead of a signal
  bool new_workers = false;        ///< the process's children are replaced, and that shows it
  bool surely = false;             ///< it is known to do so, whoever else may not
  std::vector<ProcessId> workers;  ///< its children when it was looked at, where nobody knows it
  static Fields<ReloadAt> fields();
};
struct FileAt {
  std::string path;
  std::string key, line, section;      ///< see Wanted
  std::vector<std::string> check;      ///< exits with 0 when the service would accept the file
  std::vector<std::string> read_back;  ///< prints the value that the service works with
  bool trusted = false;                ///< nobody looks whether the service has taken it
  ReloadAt reload;
  static Fields<FileAt> fields();
};

/// haproxy's runtime socket.
struct HaproxyAt {
  std::string socket;
  std::string scope;  ///< "global", "frontend f", "server b/s"
  static Fields<HaproxyAt> fields();
};

/// gunicorn's worker count, which lives only in its master: TTIN adds one, TTOU takes one away.
struct GunicornAt {
  ProcessId master;
  static Fields<GunicornAt> fields();
};

/// Exactly one is set.
struct SettingAt {
  std::optional<HttpAt> http;
  std::optional<FileAt> file;
  std::optional<HaproxyAt> haproxy;
  std::optional<GunicornAt> gunicorn;
  static Fields<SettingAt> fields();
};

/// What a write is for. A fault is in force when the service was seen to take it. An undo needs no
/// such proof from a service that may never give one: the file is as it was, and it was told.
enum class Purpose { Fault, Undo };

/// Where a person finds it: "`worker_processes` in /etc/nginx/nginx.conf".
std::string in_words(const SettingAt& at);
Result<Value> read_setting(Host& host, const SettingAt& at);
/// Returns when the service has taken it, as far as the service lets us see.
Result<void> write_setting(Host& host, const SettingAt& at, const Value& value, Purpose purpose);
/// The value that the service works with, as far as it lets us see: of a file with `read_back` what
/// that prints, else read_setting.
Result<Value> value_at_work(Host& host, const SettingAt& at);
/// An error, with what to add, where nobody could see that the service takes what its file says.
Result<void> can_be_seen(Host& host, const SettingAt& at, const Value& now);
/// Tells the service once more, for an undo: a crash may have come between a write and its reload.
Result<void> reload_setting(Host& host, const SettingAt& at);

// One file each.
Result<Value> read_http(Host& host, const HttpAt& at);
Result<void> write_http(Host& host, const HttpAt& at, const Value& value);
Result<Value> read_file(Host& host, const FileAt& at);
Result<void> write_file(Host& host, const FileAt& at, const Value& value, Purpose purpose);
Result<Value> read_back(Host& host, const FileAt& at);
Result<void> can_be_seen(Host& host, const FileAt& at, const Value& now);
/// Signals nobody but the very service, or what has replaced it; Conflict when somebody else stands
/// in its place. A service that does not run is told when it starts. With `new_workers` TimedOut,
/// with what to do, when its workers of before are not replaced; see Purpose. For a fault, and not
/// `surely`, one of before must be of `workers`, noted a second ago or more (else BadInput), and
/// the new ones must live for a second: children that come and go are connections.
Result<void> reload(Host& host, const ReloadAt& at, Purpose purpose);
/// Whom a pid file names; Gone when there is no such file or process.
Result<ProcessInfo> process_in(Host& host, const std::string& pid_file);
Result<Value> read_haproxy(Host& host, const HaproxyAt& at);
Result<void> write_haproxy(Host& host, const HaproxyAt& at, const Value& value);
Result<Value> read_gunicorn(Host& host, const GunicornAt& at);
Result<void> write_gunicorn(Host& host, const GunicornAt& at, const Value& value);
/// In a plan nobody answers the signals: the steps from one number to the other, not waited for.
Result<void> rehearse_gunicorn(Host& host, const GunicornAt& at, const Value& from,
                               const Value& to);

/// The topmost process of the family `pid` belongs to: climbs while the parent has the same name.
Result<ProcessInfo> master_of(Host& host, int pid);
/// Direct children that are not zombies.
Result<std::vector<ProcessInfo>> children_of(Host& host, int pid);

}  // namespace gunflint

namespace gunflint {
template <>
struct Codec<ProcessId> {
  static bool read(const Value& v, ProcessId& out, Reader&) {
    out.pid = static_cast<int>(v.integer_or("pid"));
    out.start_time = static_cast<std::uint64_t>(v.integer_or("start_time"));
    return true;
  }
  static Value write(const ProcessId& id) {
    Value v = Value::map();
    v.set("pid", Value(id.pid));
    v.set("start_time", Value(id.start_time));
    return v;
  }
  static Shape shape() { return {}; }
};
}  // namespace gunflint
