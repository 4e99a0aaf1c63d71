#pragma once
// A cgroup of the capsule's own in every hierarchy. In a cgroup namespace it is the root that the
// test sees, so that tests side by side see neither each other nor the machine.

#include <string>
#include <vector>

namespace capsule {

class Groups {
 public:
  /// Makes them, and removes those of capsules that died without doing so. A hierarchy where none
  /// can be made is left out: there the test sees what the machine has.
  static Groups make();

  /// Puts the calling process into all of them.
  bool join() const;
  /// On a hierarchy that has controllers, a cgroup with processes in it cannot hand them on (cgroup
  /// v2, "no internal processes"): the calling process moves to a leaf, and controllers are on.
  void hand_on() const;
  /// Cgroups that were made below and are still there, as the test saw them.
  std::vector<std::string> left() const;
  void remove() const;

  struct Place {
    std::string mount;  ///< where the hierarchy is mounted, for the machine and for the test
    std::string path;   ///< the capsule's cgroup, as the machine sees it
    bool v2 = false;
  };
  const std::vector<Place>& places() const { return places_; }

 private:
  std::vector<Place> places_;
};

}  // namespace capsule
