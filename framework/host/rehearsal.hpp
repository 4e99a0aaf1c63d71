#pragma once
/// A host on which nothing happens: what would change it is written down as one line each, with the
/// exact command or file, and is remembered, so that reading back shows what would then be there.
/// Everything else is asked of the real host. `plan` shows the lines.

#include <memory>
#include <string>
#include <vector>

#include "gunflint/host/host.hpp"

namespace gunflint {

class Rehearsal {
 public:
  /// `real` must live as long as the rehearsal.
  explicit Rehearsal(Host& real);
  ~Rehearsal();
  Rehearsal(const Rehearsal&) = delete;
  Rehearsal& operator=(const Rehearsal&) = delete;

  Host& host();
  void note(std::string line);
  /// The lines since the last call.
  std::vector<std::string> take_notes();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gunflint
