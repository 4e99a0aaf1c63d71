#pragma once
/// The undo file of one agent: preallocated, append-only, durable line by line, locked by its
/// owner. Every line is eight hex digits of CRC-32C, a space and one JSON document; a torn last
/// line is as if it had never been begun (what it announced was not done yet). Any other line that
/// cannot be read (damaged, or written by a newer version) is counted and passed over: the lines
/// behind it hold, and the file stays until a person has looked at it.
///
///     {"kind":"agent",…}    first line: whose ledger this is
///     {"kind":"undo",…}     an injection is about to act; how to take it back
///     {"kind":"holder",…}   a process that belongs to a tag is about to act
///     {"kind":"undone",…}   the injection was taken back; or somebody else changed it meanwhile
///     {"kind":"told",…}     a person has heard that it was left as somebody else changed it
///
/// The lock is a POSIX record lock: the kernel drops it when the process ends however it ends, and
/// a forked child never has it (rule 2).

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "gunflint/model/undo.hpp"
#include "host/fd.hpp"

namespace gunflint {

struct LedgerHead {
  static constexpr std::string_view kind = "agent";
  int format = 1;
  std::string agent, run, version, place;  ///< place: "host" or "api"
  std::uint32_t uid = 0;
  std::string boot_id;
  int pid = 0;
  std::uint64_t start_time = 0;
  std::string guard_cgroup;  ///< where its guardian stands; empty: nowhere of its own
  static Fields<LedgerHead> fields();
};
struct UndoLine {
  static constexpr std::string_view kind = "undo";
  UndoRecord undo;
  static Fields<UndoLine> fields();
};
struct HolderLine {
  static constexpr std::string_view kind = "holder";
  std::string tag, holder;
  int pid = 0;
  std::uint64_t start_time = 0, pid_namespace = 0;
  static Fields<HolderLine> fields();
};
struct UndoneLine {
  static constexpr std::string_view kind = "undone";
  std::string injection;
  bool verified = false;  ///< false: a conflict, kept until it is told
  std::string by, why;
  static Fields<UndoneLine> fields();
};
struct ToldLine {
  static constexpr std::string_view kind = "told";
  std::string injection, by;
  static Fields<ToldLine> fields();
};
using LedgerLine = std::variant<LedgerHead, UndoLine, HolderLine, UndoneLine, ToldLine>;

/// Not tried again: what somebody else has changed is left as it is. Nobody has heard it yet.
struct KeptConflict {
  UndoRecord undo;
  std::string why;
};
/// A line that is there and cannot be read.
struct UnreadLine {
  int line = 0;           ///< from 1
  bool newer = false;     ///< its sum is right: a newer version wrote it
  std::string injection;  ///< which undo record it is, if it says so
};

/// What a ledger says, up to its last whole line.
struct LedgerContent {
  LedgerHead head;
  std::vector<UndoRecord> open;  ///< not undone yet, oldest first
  std::vector<KeptConflict> conflicts;
  std::vector<UnreadLine> unread;
  std::vector<HolderLine> holders;
  std::size_t whole_bytes = 0;  ///< where the next line belongs
  /// Nothing is in force by it and nobody needs it: only then the file may go.
  bool done() const { return open.empty() && conflicts.empty() && unread.empty(); }
};
/// Why a ledger with unread lines stays, as a sentence. Precondition: there are some.
std::string unread_text(const std::string& path, const LedgerContent& content);

std::string ledger_line_text(const LedgerLine& line);
/// Never fails on a torn tail or for one unreadable line; BadInput when no line is one of ours.
Result<LedgerContent> parse_ledger(std::string_view text);

class Ledger {
 public:
  /// A new one in `folder`, which must exist. Visible to others only when it is locked.
  static Result<Ledger> create(const std::string& folder, const LedgerHead& head);
  /// The ledger of a dead agent. Conflict when its owner lives (the lock is held); NotPermitted
  /// when somebody else could have written it; Gone when it is no more.
  static Result<Ledger> take_over(const std::string& path);

  const std::string& path() const { return path_; }
  std::string folder() const { return path_.substr(0, path_.rfind('/')); }
  const LedgerContent& content() const { return content_; }
  /// Returns when the line is on the disk.
  Result<void> append(const LedgerLine& line);
  /// Precondition: content().done(). The file goes away.
  Result<void> remove();

 private:
  Ledger(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  Result<void> reserve(std::size_t more);

  std::string path_;
  Fd fd_;
  LedgerContent content_;
  std::size_t reserved_ = 0;
};

/// Pid of the process that holds the ledger's lock; 0 when nobody does. Gone when it is no more.
/// Never ask about a ledger of this very process: closing the file would drop the lock.
Result<int> ledger_owner(const std::string& path);

}  // namespace gunflint
