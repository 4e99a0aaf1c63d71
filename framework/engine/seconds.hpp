#pragma once
/// Which seconds of the run are complete: all workers have sent their slices, and probes had a
/// moment to answer. A second that a worker withholds is closed anyway, 2 s after it ended.

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "gunflint/base/units.hpp"
#include "gunflint/model/slice.hpp"

namespace gunflint {

class Seconds {
 public:
  /// `sources`: loads times workers, each of which sends one slice a second.
  explicit Seconds(int sources) : sources_(sources) {}

  void took(const Slice& slice);
  /// The next second that can be closed at `now`, each once, in order.
  std::optional<int> close(Duration now);
  /// Whatever is left up to `now`, without waiting (the run ends).
  std::optional<int> close_rest(Duration now);
  Duration next_wake() const;
  /// Every source has sent its last slice.
  bool drained() const { return ended_ >= sources_; }

 private:
  bool complete(int second) const;
  int sources_ = 0, ended_ = 0;
  int next_ = 0;
  std::map<std::pair<std::string, int>, int> last_;  ///< (load, worker) -> last second sent
};

}  // namespace gunflint
