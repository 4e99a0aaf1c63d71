#pragma once
/// What happened, told: one event of the journal becomes one line for a person, or none.

#include <map>
#include <optional>
#include <string>

#include "gunflint/model/event.hpp"

namespace gunflint {

enum class Tone { Plain, Good, Bad, Warning };
template <>
struct Names<Tone> {
  static constexpr std::array table{std::pair{Tone::Plain, "plain"}, std::pair{Tone::Good, "good"},
                                    std::pair{Tone::Bad, "bad"},
                                    std::pair{Tone::Warning, "warning"}};
};

/// One entry of the timeline.
struct Moment {
  Duration at{};
  WallTime wall{};
  std::string
      kind;  ///< one word: run, load, phase, fault, undo, scale, check, alert, guard, note …
  Tone tone = Tone::Plain;
  std::string text;  ///< "lose one → gunicorn[4711]: SIGKILL, process gone"
};

/// Remembers what a sentence needs from earlier events: labels of members, instances last seen.
class Timeline {
 public:
  std::optional<Moment> on(const Event& event);

 private:
  struct Seen {
    int ready = 0, desired = 0, restarts = 0;
    bool unknown = false;
  };
  struct Injection {
    std::string fault, label;
  };
  template <class T>
  std::optional<Moment> tell(const T&);
  std::string label(const std::string& injection, const std::string& member) const;

  std::map<std::string, Seen> targets_;
  std::map<std::string, Injection> injections_;
  bool loads_ = true;   ///< the experiment has load to tell of
  bool judged_ = true;  ///< and a steady state, or alerts
};

}  // namespace gunflint
