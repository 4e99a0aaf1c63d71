#include "agent/ledger.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "agent/ledger_folder.hpp"
#include "base/crc32c.hpp"

namespace gunflint {
namespace {

/// Reserved on disk ahead of need, so that a full disk refuses an injection and never an undo.
constexpr std::size_t chunk = 256u << 10;
constexpr std::size_t margin = 64u << 10;
constexpr std::size_t largest = 64u << 20;

struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

/// By pread on the locked descriptor: opening the file once more and closing that would drop the
/// lock.
Result<std::string> read_whole(int fd, const std::string& path) {
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t n = ::pread(fd, buffer, sizeof buffer, static_cast<off_t>(text.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, "read the ledger " + path);
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > largest) return fail(Cause::BadInput, path + " is too long for a ledger");
  }
}

}  // namespace

Fields<LedgerHead> LedgerHead::fields() {
  using T = LedgerHead;
  return {field("format", &T::format, "Of this file.").required(),
          field("agent", &T::agent, "Id.").required(),
          field("run", &T::run, "Run."),
          field("version", &T::version, "Of the agent."),
          field("place", &T::place, "host or api."),
          field("uid", &T::uid, "User."),
          field("boot_id", &T::boot_id, "Boot."),
          field("pid", &T::pid, "Process."),
          field("start_time", &T::start_time, "Of the process."),
          field("guard_cgroup", &T::guard_cgroup, "Of the guardian.")};
}
Fields<UndoLine> UndoLine::fields() {
  return {field("undo", &UndoLine::undo, "How to take it back.").required()};
}
Fields<HolderLine> HolderLine::fields() {
  using T = HolderLine;
  return {field("tag", &T::tag, "Of the injection.").required(),
          field("holder", &T::holder, "Its kind."), field("pid", &T::pid, "Process.").required(),
          field("start_time", &T::start_time, "Of the process.").required(),
          field("pid_namespace", &T::pid_namespace, "Inode.")};
}
Fields<UndoneLine> UndoneLine::fields() {
  using T = UndoneLine;
  return {field("injection", &T::injection, "Id.").required(),
          field("verified", &T::verified, "Looked again."), field("by", &T::by, "Who."),
          field("why", &T::why, "Why not verified.")};
}
Fields<ToldLine> ToldLine::fields() {
  return {field("injection", &ToldLine::injection, "Id.").required(),
          field("by", &ToldLine::by, "Who told it.")};
}

std::string ledger_line_text(const LedgerLine& line) {
  const std::string document = to_json(encode(line));
  return fmt::format("{:08x} {}\n", crc32c(document), document);
}

namespace {
/// One line without its end. Empty and not `newer`: damaged.
struct ReadLine {
  std::optional<LedgerLine> line;
  UnreadLine unread;
};
ReadLine read_line(std::string_view text) {
  ReadLine result;
  if (text.size() < 10 || text[8] != ' ') return result;
  std::uint32_t sum = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + 8, sum, 16);
  const std::string_view document = text.substr(9);
  if (parsed.ptr != text.data() + 8 || sum != crc32c(document)) return result;
  result.unread.newer = true;
  auto value = parse_json(document);
  if (!value || !value->is_map()) return result;
  if (const Value* undo = value->find("undo"); undo != nullptr && undo->is_map())
    result.unread.injection = undo->text_or("injection");
  if (auto decoded = decode<LedgerLine>(*value)) result.line = std::move(*decoded);
  return result;
}

/// A write that the machine did not live to end: zeros of the reserve where the rest would be, and
/// nothing behind it.
bool is_torn_tail(std::string_view line, std::string_view behind) {
  return line.find('\0') != std::string_view::npos &&
         behind.find_first_not_of('\0') == std::string_view::npos;
}

void undone(LedgerContent& content, const UndoneLine& line) {
  const auto same = [&](const auto& r) { return r.injection == line.injection; };
  if (!line.verified)
    for (const auto& record : content.open)
      if (same(record)) content.conflicts.push_back({record, line.why});
  std::erase_if(content.open, same);
  std::erase_if(content.unread, same);
}

void take(LedgerContent& content, LedgerLine line) {
  if (auto* head = std::get_if<LedgerHead>(&line)) content.head = std::move(*head);
  if (auto* undo = std::get_if<UndoLine>(&line)) content.open.push_back(std::move(undo->undo));
  if (auto* holder = std::get_if<HolderLine>(&line)) content.holders.push_back(std::move(*holder));
  if (const auto* over = std::get_if<UndoneLine>(&line)) undone(content, *over);
  if (const auto* told = std::get_if<ToldLine>(&line))
    std::erase_if(content.conflicts,
                  [&](const KeptConflict& c) { return c.undo.injection == told->injection; });
}
}  // namespace

std::string unread_text(const std::string& path, const LedgerContent& content) {
  const auto& first = content.unread.front();
  const auto newer = std::count_if(content.unread.begin(), content.unread.end(),
                                   [](const UnreadLine& l) { return l.newer; });
  const std::string lines = content.unread.size() == 1
                                ? fmt::format("line {} of {} is", first.line, path)
                                : fmt::format("{} lines of {} (from line {}) are",
                                              content.unread.size(), path, first.line);
  if (newer > 0)
    return fmt::format(
        "{} written by a newer version than {}: what it undoes may still be in force; run "
        "`gunflint "
        "recover` of that version",
        lines, GUNFLINT_VERSION);
  return fmt::format(
      "{} damaged: what it undoes may still be in force; look at what run {} changed, put it back "
      "by hand, then remove that file",
      lines, content.head.run.empty() ? "(unknown)" : content.head.run);
}

Result<LedgerContent> parse_ledger(std::string_view text) {
  LedgerContent content;
  bool any = false;
  for (int number = 1; content.whole_bytes < text.size(); ++number) {
    const auto end = text.find('\n', content.whole_bytes);
    if (end == std::string_view::npos) break;
    const std::string_view line = text.substr(content.whole_bytes, end - content.whole_bytes);
    ReadLine read = read_line(line);
    read.unread.newer = read.unread.newer && !read.line;
    if (!read.line && !read.unread.newer && is_torn_tail(line, text.substr(end + 1))) break;
    any = any || read.line || read.unread.newer;
    read.unread.line = number;
    const bool is_head = read.line && std::holds_alternative<LedgerHead>(*read.line);
    if (!read.line || is_head != (number == 1)) content.unread.push_back(std::move(read.unread));
    if (read.line && (!is_head || number == 1)) take(content, std::move(*read.line));
    content.whole_bytes = end + 1;
  }
  if (!any) return fail(Cause::BadInput, "it is no ledger of gunflint");
  if (content.head.format != 1)
    return fail(Cause::Unsupported,
                fmt::format("it was written in format {} by version {}; recover with that version",
                            content.head.format, content.head.version));
  return content;
}

Result<Ledger> Ledger::create(const std::string& folder, const LedgerHead& head) {
  // The dot hides it from everybody who looks for ledgers until the lock is ours.
  const std::string path = fmt::format("{}/{}.ledger", folder, head.agent);
  const std::string draft = fmt::format("{}/.{}.new", folder, head.agent);
  Fd fd(::open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno(errno, "make the ledger " + path);
  Ledger ledger(path, std::move(fd));
  auto lock = whole_file(F_WRLCK);
  Result<void> done;
  if (::fcntl(ledger.fd_.get(), F_SETLK, &lock) != 0) done = fail_errno(errno, "lock " + draft);
  if (done) done = ledger.append(head);
  if (done && ::rename(draft.c_str(), path.c_str()) != 0)
    done = fail_errno(errno, "put the ledger in its place " + path);
  if (!done) {
    ::unlink(draft.c_str());
    return fail(std::move(done).error());
  }
  const Fd parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent || ::fsync(parent.get()) != 0) return fail_errno(errno, "make durable " + folder);
  return ledger;
}

Result<Ledger> Ledger::take_over(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno == ELOOP)
    return fail(Cause::NotPermitted, path + " is a symbolic link, not a ledger; remove it");
  if (!fd) return fail_errno(errno, "open the ledger " + path);
  GF_TRY(check_ledger_file(fd.get(), path));
  auto lock = whole_file(F_WRLCK);
  if (::fcntl(fd.get(), F_SETLK, &lock) != 0)
    return fail(Cause::Conflict, "the agent of " + path + " is alive; nothing was taken from it");
  // Its owner may have removed it between open and lock.
  struct stat mine {
  }, there{};
  if (::fstat(fd.get(), &mine) != 0 || ::stat(path.c_str(), &there) != 0 ||
      mine.st_ino != there.st_ino || mine.st_dev != there.st_dev)
    return fail(Cause::Gone, "the ledger " + path + " is no more");
  Ledger ledger(path, std::move(fd));
  GF_TRY_AS(const std::string text, read_whole(ledger.fd_.get(), path));
  auto content = parse_ledger(text);
  if (!content) {
    Error error = std::move(content).error();
    error.message = path + " cannot be read: " + error.message;
    return fail(std::move(error));
  }
  ledger.content_ = std::move(*content);
  ledger.reserved_ = static_cast<std::size_t>(mine.st_size);
  return ledger;
}

Result<void> Ledger::reserve(std::size_t more) {
  const std::size_t wanted = content_.whole_bytes + more + margin;
  if (wanted <= reserved_) return {};
  const std::size_t size = (wanted + chunk - 1) / chunk * chunk;
  const int error = ::posix_fallocate(fd_.get(), 0, static_cast<off_t>(size));
  // An undone line may use the margin: it is what the margin is for.
  if (error != 0 && content_.whole_bytes + more > reserved_)
    return fail_errno(error, "reserve room for the ledger " + path_);
  if (error == 0) reserved_ = size;
  return {};
}

Result<void> Ledger::append(const LedgerLine& line) {
  const std::string text = ledger_line_text(line);
  GF_TRY(reserve(text.size()));
  std::string_view left = text;
  auto at = static_cast<off_t>(content_.whole_bytes);
  while (!left.empty()) {
    const ssize_t n = ::pwrite(fd_.get(), left.data(), left.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail_errno(n < 0 ? errno : EIO, "write the ledger " + path_);
    left.remove_prefix(static_cast<std::size_t>(n));
    at += n;
  }
  if (::fdatasync(fd_.get()) != 0) return fail_errno(errno, "make the ledger durable: " + path_);
  content_.whole_bytes += text.size();
  take(content_, line);
  return {};
}

Result<void> Ledger::remove() {
  if (::unlink(path_.c_str()) != 0 && errno != ENOENT)
    return fail_errno(errno, "remove the ledger " + path_);
  fd_.close();
  return {};
}

Result<int> ledger_owner(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return fail_errno(errno, "open the ledger " + path);
  auto lock = whole_file(F_WRLCK);
  if (::fcntl(fd.get(), F_GETLK, &lock) != 0) return fail_errno(errno, "ask who holds " + path);
  return lock.l_type == F_UNLCK ? 0 : static_cast<int>(lock.l_pid);
}

}  // namespace gunflint
