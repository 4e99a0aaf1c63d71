#pragma once
// What a test prints goes through here, so that no skipped test is overlooked.

#include <set>
#include <string>
#include <vector>

namespace capsule {

class Words {
 public:
  /// `strict`: a skip is a failure, except for a reason that contains a line of the file `allowed`.
  Words(bool strict, const std::string& allowed);

  /// Passes on all that comes from the pipe until its last writer is gone.
  void pass_on(int fd);
  /// The test's own exit code, or 1 when something was skipped that must not be.
  int code_for(int code);
  /// Why tests were skipped, each reason once.
  const std::set<std::string>& reasons() const { return reasons_; }

 private:
  void pass_on_line(std::string line);
  void skipped(const std::string& reason);

  bool strict_, refused_ = false, reason_follows_ = false;
  std::vector<std::string> allowed_;
  std::set<std::string> reasons_;
};

}  // namespace capsule
