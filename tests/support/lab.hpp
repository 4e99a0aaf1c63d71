#pragma once
// A lab: a place where a test starts real servers. It has its own folder, as root also its own
// network namespace, and it leaves nothing: every process it started is ended by pid and waited
// for.

#include <sys/types.h>
#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace gunflint::lab {

struct Ended {
  int code = 0;     ///< exit code, or 128 + signal; 124 when it was ended for taking too long
  std::string out;  ///< standard output
  std::string err;  ///< standard error
};

class Lab {
 public:
  /// As root: unshares the network of the calling process and brings up loopback.
  Lab();
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  const std::string& dir() const { return dir_; }
  std::string path(const std::string& name) const { return dir_ + "/" + name; }
  /// Writes a file below the folder; returns its path.
  std::string write(const std::string& name, const std::string& text) const;
  std::string read(const std::string& name) const;

  /// A built program where every user can start it: a clone below /root is closed to all others.
  std::string for_everybody(const std::string& program) const;

  /// A TCP port of loopback that nobody listens on, the first of `block` free ones in a row.
  int free_port(int block = 1) const;

  /// Starts a process; its output goes to `<name>.log`. It dies with the test.
  pid_t start(const std::string& name, const std::vector<std::string>& argv);
  /// Ends a process that was started here, waits for it, and gives its exit status as Ended does.
  int stop(pid_t pid, int signal = 15);
  /// Runs to its end, at most `limit`.
  Ended run(const std::vector<std::string>& argv,
            std::chrono::milliseconds limit = std::chrono::seconds(60),
            const std::map<std::string, std::string>& environment = {});

  /// True as soon as something accepts on the port; false after `limit`.
  bool wait_for_port(int port, std::chrono::milliseconds limit = std::chrono::seconds(10)) const;
  bool wait_for_file(const std::string& name,
                     std::chrono::milliseconds limit = std::chrono::seconds(10)) const;

 private:
  std::string dir_;
  std::map<pid_t, std::string> running_;
};

/// The path of a built program: bin/gunflint and its neighbours.
std::string program(const std::string& name);
/// Where a Debian package put a tool ("haproxy" -> "/usr/sbin/haproxy"), or empty.
std::string tool(const std::string& name);
bool is_root();

}  // namespace gunflint::lab
