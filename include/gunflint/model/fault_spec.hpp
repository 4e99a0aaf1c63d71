#pragma once
/// A fault as the experiment asks for it: what, to whom, when, for how long.

#include <optional>
#include <string>
#include <vector>

#include "gunflint/base/fields.hpp"
#include "gunflint/model/condition.hpp"
#include "gunflint/model/probe_spec.hpp"

namespace gunflint {

enum class PickOrder { Random, Oldest, Youngest };
template <>
struct Names<PickOrder> {
  static constexpr std::array table{std::pair{PickOrder::Random, "random"},
                                    std::pair{PickOrder::Oldest, "oldest"},
                                    std::pair{PickOrder::Youngest, "youngest"}};
};
/// Which members. Exactly one of all, count, share; default: one.
struct Pick {
  bool all = false;
  std::optional<int> count;
  std::optional<Share> share;
  std::string where;  ///< a text that the member's label or address contains
  PickOrder order = PickOrder::Random;
};
template <>
struct Codec<Pick> {
  static bool read(const Value&, Pick& out, Reader&);
  static Value write(const Pick&);
  static Shape shape();
};

/// When a fault or reaction begins (semantics 2). `Gate`: when the gate has passed.
struct Start {
  enum class How { Gate, At, After, While, AfterRecovery };
  How how = How::Gate;
  std::optional<Duration> time;  ///< At: since t = 0
  std::vector<std::string>
      names;  ///< stages ("stage" or "load.stage") or faults; While: first and last
  Duration plus{};
  Mark mark;
};
template <>
struct Names<Start::How> {
  static constexpr std::array table{
      std::pair{Start::How::Gate, "gate"}, std::pair{Start::How::At, "at"},
      std::pair{Start::How::After, "after"}, std::pair{Start::How::While, "while"},
      std::pair{Start::How::AfterRecovery, "after_recovery"}};
};

struct Repeat {
  Duration every{};
  Duration jitter{};
  std::optional<int> times;
  static Fields<Repeat> fields();
};

enum class NewMembers { Ignore, Inject };
template <>
struct Names<NewMembers> {
  static constexpr std::array table{std::pair{NewMembers::Ignore, "ignore"},
                                    std::pair{NewMembers::Inject, "inject"}};
};
enum class OnDisconnect { Restore, Keep };
template <>
struct Names<OnDisconnect> {
  static constexpr std::array table{std::pair{OnDisconnect::Restore, "restore"},
                                    std::pair{OnDisconnect::Keep, "keep"}};
};

/// Within 30 s green, and of the next 60 s 95 % (semantics 37).
struct RecoverySpec {
  Duration within = 30s;
  Duration stable_for = 60s;
  static Fields<RecoverySpec> fields();
};

/// A condition to wait for before injecting, or to skip by.
struct When {
  ProbeSpec of;
  Condition expect;
  Duration timeout = 60s;
  enum class OnTimeout { Fail, Skip, Start } on_timeout = OnTimeout::Fail;
};
template <>
struct Names<When::OnTimeout> {
  static constexpr std::array table{std::pair{When::OnTimeout::Fail, "fail"},
                                    std::pair{When::OnTimeout::Skip, "skip"},
                                    std::pair{When::OnTimeout::Start, "start"}};
};

struct FaultSpec {
  std::string name;  ///< defaults to the type, numbered when used twice
  std::string type;
  Value params;  ///< the fault's own fields; decoded by the fault itself
  std::string target;
  Pick pick;
  Start start;
  std::optional<Duration> length;  ///< `for`
  Duration grace{};
  std::optional<Repeat> repeat;
  std::vector<FaultSpec> one_of;  ///< one is drawn each time
  std::optional<When> wait_until, only_if;
  bool optional = false;
  NewMembers new_members = NewMembers::Ignore;
  std::optional<int> min_members;
  bool scope_host = false;  ///< `scope: host`
  OnDisconnect on_disconnect = OnDisconnect::Restore;
  std::optional<Duration> lease;
  bool irreversible = false;
  std::optional<RecoverySpec> recovery;
  Mark mark;
};
template <>
struct Codec<FaultSpec> {
  static bool read(const Value&, FaultSpec& out, Reader&);
  static Value write(const FaultSpec&);
  static Shape shape();
};

}  // namespace gunflint
