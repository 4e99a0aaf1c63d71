#pragma once
/// Locks that hold for the whole machine, across users and network namespaces: one file that
/// everybody may write, of which each key owns one byte, locked by the kernel for a process until
/// that ends, however it ends. The file's text says for which run. It stays, and without locks it
/// means nothing.

#include <string>

#include "host/fd.hpp"

namespace gunflint {

/// /run/lock, or /dev/shm where /run/lock is not everybody's; the same for every user.
std::string machine_lock_file();

class MachineLocks {
 public:
  /// `owner`: written beside each lock, for whoever finds it taken. A file that cannot be opened
  /// (another mount namespace, somebody hid it) locks nothing.
  explicit MachineLocks(std::string file = machine_lock_file()) : path_(std::move(file)) {}

  /// Conflict, naming the owner, when another process holds it. Locking twice is locking once.
  Result<void> lock(const std::string& key, const std::string& owner);
  void release(const std::string& key);

 private:
  bool open();
  std::string path_;
  Fd file_;  ///< one per process: closing another of the same file would drop all locks
};

}  // namespace gunflint
