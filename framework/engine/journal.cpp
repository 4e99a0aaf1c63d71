#include "engine/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "base/crc32c.hpp"

namespace gunflint {
namespace {

constexpr std::string_view mark = ",\"crc\":\"";
constexpr std::size_t tail = mark.size() + 8 + 2;  // 8 digits, `"}`

WallTime wall_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

Result<void> write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, "write the journal " + path);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

std::string journal_line(const Event& event) {
  std::string line = to_json(encode(event));
  line.pop_back();
  return fmt::format("{}{}{:08x}\"}}", line, mark, crc32c(line));
}

Result<Event> parse_journal_line(std::string_view line) {
  if (line.size() < tail || line.substr(line.size() - tail, mark.size()) != mark)
    return fail(Cause::BadInput, "a line of the journal has no checksum");
  const std::string_view body = line.substr(0, line.size() - tail);
  if (line.substr(line.size() - 10, 8) != fmt::format("{:08x}", crc32c(body)))
    return fail(Cause::BadInput, "a line of the journal does not fit its checksum");
  std::string text(body);
  text += '}';
  GF_TRY_AS(const Value value, parse_json(text));
  return decode_event(value);
}

Result<Journal> Journal::create(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return fail_errno(errno, "create the journal " + path);
  Journal journal(fd, path);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return fail_errno(errno, "lock the journal " + path);
  return journal;
}

Journal::Journal(Journal&& o) noexcept
    : fd_(std::exchange(o.fd_, -1)), path_(std::move(o.path_)), last_(o.last_) {}
Journal& Journal::operator=(Journal&& o) noexcept {
  std::swap(fd_, o.fd_);
  std::swap(path_, o.path_);
  std::swap(last_, o.last_);
  return *this;
}
Journal::~Journal() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> Journal::append(Event& event, Durable durable) {
  event.sequence = ++last_;
  if (event.wall == WallTime{}) event.wall = wall_now();
  GF_TRY(write_all(fd_, journal_line(event) + '\n', path_));
  if (durable == Durable::Yes && ::fdatasync(fd_) != 0)
    return fail_errno(errno, "bring the journal " + path_ + " to the disk");
  return {};
}

Result<JournalReader> JournalReader::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail_errno(errno, "open the journal " + path);
  return JournalReader(fd, path);
}
JournalReader::JournalReader(JournalReader&& o) noexcept
    : fd_(std::exchange(o.fd_, -1)),
      path_(std::move(o.path_)),
      buffer_(std::move(o.buffer_)),
      begin_(o.begin_),
      line_(o.line_) {}
JournalReader& JournalReader::operator=(JournalReader&& o) noexcept {
  std::swap(fd_, o.fd_);
  std::swap(path_, o.path_);
  std::swap(buffer_, o.buffer_);
  std::swap(begin_, o.begin_);
  std::swap(line_, o.line_);
  return *this;
}
JournalReader::~JournalReader() {
  if (fd_ >= 0) ::close(fd_);
}

/// Reads more; false at the (present) end of the file.
Result<bool> JournalReader::fill() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const std::size_t size = buffer_.size();
  constexpr std::size_t chunk = 256 * 1024;
  buffer_.resize(size + chunk);
  ssize_t n;
  do n = ::read(fd_, buffer_.data() + size, chunk);
  while (n < 0 && errno == EINTR);
  buffer_.resize(size + static_cast<std::size_t>(n < 0 ? 0 : n));
  if (n < 0) return fail_errno(errno, "read the journal " + path_);
  return n > 0;
}

Result<std::optional<Event>> JournalReader::next() {
  std::size_t end;
  std::size_t from = begin_;
  while ((end = buffer_.find('\n', from)) == std::string::npos) {
    const std::size_t looked_at = buffer_.size() - begin_;
    GF_TRY_AS(const bool more, fill());
    if (!more) return std::nullopt;
    from = looked_at;
  }
  const std::string_view line(buffer_.data() + begin_, end - begin_);
  auto event = parse_journal_line(line);
  if (!event) {
    if (end + 1 == buffer_.size()) {  // the last line: torn by a crash, unless more follows it
      GF_TRY_AS(const bool more, fill());
      if (!more) return std::nullopt;
    }
    return fail(Cause::BadInput, fmt::format("line {} of {} is damaged: {}", line_ + 1, path_,
                                             event.error().message));
  }
  begin_ = end + 1;
  ++line_;
  return std::optional(std::move(*event));
}

Result<void> read_journal(const std::string& path, const std::function<bool(Event)>& each) {
  GF_TRY_AS(auto reader, JournalReader::open(path));
  for (;;) {
    GF_TRY_AS(auto event, reader.next());
    if (!event || !each(std::move(*event))) return {};
  }
}

Result<std::vector<Event>> read_journal(const std::string& path) {
  std::vector<Event> events;
  GF_TRY(read_journal(path, [&](Event event) {
    events.push_back(std::move(event));
    return true;
  }));
  return events;
}

Result<void> append_to_journal(const std::string& path, Happening what) {
  const int fd = ::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  if (fd < 0) return fail_errno(errno, "open the journal " + path);
  struct Close {
    int fd;
    ~Close() { ::close(fd); }
  } close{fd};
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0)
    return fail(Cause::Conflict, "the run of " + path + " is alive; stop it first");
  Event event;
  GF_TRY(read_journal(path, [&](Event e) {
    event.sequence = e.sequence;
    event.at = e.at;
    return true;
  }));
  ++event.sequence;
  event.wall = wall_now();
  event.what = std::move(what);
  // A line torn by the crash must not swallow ours: cut it off.
  off_t size = ::lseek(fd, 0, SEEK_END);
  for (char byte = 0; size > 0; --size)
    if (::pread(fd, &byte, 1, size - 1) == 1 && byte == '\n') break;
  if (::ftruncate(fd, size) != 0) return fail_errno(errno, "mend the journal " + path);
  GF_TRY(write_all(fd, journal_line(event) + '\n', path));
  if (::fdatasync(fd) != 0) return fail_errno(errno, "bring the journal " + path + " to the disk");
  return {};
}

bool run_is_alive(const std::string& journal_path) {
  const int fd = ::open(journal_path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool held = ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(fd);
  return held;
}

}  // namespace gunflint
