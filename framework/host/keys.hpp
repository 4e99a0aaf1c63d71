#pragma once
/// Locks on the resources that faults touch, between agents that know nothing of each other
/// (rule 11). The kernel gives each to one process and takes it back when that process ends,
/// however it ends: the machine's lock file where it can be reached, and an abstract unix socket,
/// which also holds between mount namespaces (containers) that share a network namespace.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/machine_lock.hpp"

namespace gunflint {

/// `network:` and `http:` keys, and `member:host`, mean something in one network namespace only,
/// and `member:pid:` in one pid namespace: its number is added.
std::string machine_wide(const std::string& key);

/// Whether two keys name the same thing, or one of them a part of the other: `network:` keys of one
/// member and direction, where `*` is every host or every port. Names are compared as written.
bool keys_overlap(std::string_view a, std::string_view b);

class KeyLocks {
 public:
  explicit KeyLocks(LockFiles files = LockFiles::of_this_user()) : machine_(std::move(files)) {}
  ~KeyLocks();
  KeyLocks(const KeyLocks&) = delete;
  KeyLocks& operator=(const KeyLocks&) = delete;

  /// For whom all locks are taken; whoever finds one taken is told.
  void set_run(std::string run) { run_ = std::move(run); }
  /// All or nothing. Conflict, naming the key and its holder, when somebody holds one of them, or
  /// when another holder of this process has one that overlaps.
  Result<void> lock(const std::string& holder, const std::vector<std::string>& keys);
  /// A key that many may hold at one time, and nobody alone meanwhile: `lock` of another process is
  /// refused. Where there is no lock file, and between users, only who locks is seen, not who
  /// shares.
  Result<void> share(const std::string& holder, const std::string& key);
  void release(const std::string& holder);

 private:
  void let_go(const std::map<std::string, Fd>& taken);
  std::string run_;
  MachineLocks machine_;
  std::map<std::string, std::map<std::string, Fd>> held_;  ///< holder -> key -> socket
};

}  // namespace gunflint
