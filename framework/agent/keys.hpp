#pragma once
/// Locks on the resources that faults touch, between agents that know nothing of each other: one
/// abstract unix socket per key, which the kernel gives to one process and takes back when that
/// process ends, however it ends (rule 11). They hold within one network namespace.

#include <map>
#include <string>
#include <vector>

#include "host/fd.hpp"

namespace gunflint {

class KeyLocks {
 public:
  /// All or nothing. Conflict, naming the key, when somebody holds one of them.
  Result<void> lock(const std::string& injection, const std::vector<std::string>& keys);
  void release(const std::string& injection);

 private:
  std::map<std::string, std::map<std::string, Fd>> held_;  ///< injection -> key -> socket
};

}  // namespace gunflint
