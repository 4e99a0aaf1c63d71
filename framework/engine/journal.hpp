#pragma once
/// The journal of a run: every event as one JSON line with a sequence number and a checksum.
/// `{"n":1,"at":0,"wall":"…","kind":"run_started",…,"crc":"e3069283"}`: `crc` is the CRC-32C of the
/// line's bytes before `,"crc"`. A line is one write(2), so after SIGKILL everything up to the last
/// whole line can be read; durable events are on the disk when append() returns.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gunflint/model/event.hpp"

namespace gunflint {

enum class Durable { No, Yes };

/// One line without its newline, and back. Reading checks the checksum.
std::string journal_line(const Event& event);
Result<Event> parse_journal_line(std::string_view line);

/// Where events go. One thread.
class Journal {
 public:
  /// Creates the file (it must not exist) and locks it: while the lock is held, the run is alive.
  static Result<Journal> create(const std::string& path);
  Journal(Journal&&) noexcept;
  Journal& operator=(Journal&&) noexcept;
  ~Journal();

  /// Gives the event its sequence number and wall time (if it has none) and writes it.
  Result<void> append(Event& event, Durable durable);
  const std::string& path() const { return path_; }

 private:
  Journal(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  int fd_ = -1;
  std::string path_;
  std::uint64_t last_ = 0;
};

/// Reads line by line. A torn or damaged last line ends the reading like the end of the file; a
/// damaged line with whole lines behind it is an error with its number. `next()` may be called
/// again after the end: it goes on when the writer has gone on.
class JournalReader {
 public:
  static Result<JournalReader> open(const std::string& path);
  JournalReader(JournalReader&&) noexcept;
  JournalReader& operator=(JournalReader&&) noexcept;
  ~JournalReader();
  Result<std::optional<Event>> next();

 private:
  explicit JournalReader(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  Result<bool> fill();
  int fd_ = -1;
  std::string path_, buffer_;
  std::size_t begin_ = 0;
  std::uint64_t line_ = 0;
};

/// The whole journal. `path` is the journal file.
Result<std::vector<Event>> read_journal(const std::string& path);
/// The same without keeping it; `each` returns false to stop.
Result<void> read_journal(const std::string& path, const std::function<bool(Event)>& each);

/// Appends to the journal of a run that is over (what `recover` took back). Fails with Conflict
/// while its run is alive.
Result<void> append_to_journal(const std::string& path, Happening what);
/// Whether the process that writes this journal still lives.
bool run_is_alive(const std::string& journal_path);

}  // namespace gunflint
