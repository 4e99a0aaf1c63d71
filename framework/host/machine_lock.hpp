#pragma once
/// Locks that hold for the whole machine, across users and network namespaces: one file that
/// everybody may write, of which each key owns one byte, locked by the kernel for a process until
/// that ends, however it ends. The file's text says for which run. It stays, and without locks it
/// means nothing.

#include <map>
#include <string>
#include <vector>

#include "host/fd.hpp"

namespace gunflint {

/// Where a process of ours locks. Anybody may open and lock everybody's file: root has one of its
/// own that nobody else may open, and in everybody's it obeys the locks of gunflint alone.
struct LockFiles {
  std::string own;
  std::string everybodys = {};  ///< looked at, too; empty: nothing else to look at
  /// /run/lock, or /dev/shm where /run/lock is not everybody's; for root a file in /run/gunflint.
  static LockFiles of_this_user();
};

class MachineLocks {
 public:
  explicit MachineLocks(LockFiles files = LockFiles::of_this_user()) : files_(std::move(files)) {}

  /// `owner`: written beside the lock, for whoever finds it taken. Conflict, naming the owner, when
  /// another process holds it; any other error when no lock can be taken (no such folder: Gone;
  /// the file is no ordinary one or not to be opened: NotPermitted). Never success without a lock.
  /// Locking twice is locking once.
  /// `Share::Yes`: beside others who share it, and against whoever wants it alone. What a user
  /// shares in everybody's file root sees; what root shares no user can see.
  enum class Share { No, Yes };
  Result<void> lock(const std::string& key, const std::string& owner, Share share = Share::No);
  void release(const std::string& key);

 private:
  Result<void> open();
  /// Somebody has put another file in the place of the one that we locked.
  bool replaced() const;
  struct Held {
    std::string owner;
    Share share = Share::No;
  };
  Result<void> lock_here(const std::string& key, const Held& held);
  Result<void> look_at_everybodys(const std::string& key, Share share) const;
  LockFiles files_;
  Fd file_;                           ///< closing another of the same file drops all locks
  std::vector<Fd> before_;            ///< what stood in its place, with locks on it
  std::map<std::string, Held> held_;  ///< by key
};

}  // namespace gunflint
