/// Lines of a log file that match a pattern: metric `value` is matches per second since the last
/// read. Follows rotation.
#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gunflint/model/pattern.hpp"
#include "host/fd.hpp"
#include "probe/kinds.hpp"

namespace gunflint {
namespace {

/// A log that grows faster than this per read is sampled: the rest is skipped, the rate scaled.
constexpr std::size_t most_bytes = 8u << 20;
constexpr std::size_t longest_line = 64u << 10;

class LogsProbe final : public Probe {
 public:
  LogsProbe(std::string file, Pattern pattern, Clock& clock)
      : file_(std::move(file)), pattern_(std::move(pattern)), clock_(clock), last_(clock.now()) {
    if (open()) at_ = size_;
  }

  Result<Reading> read() override {
    double matches = 0;
    if (!fd_) {
      // It appeared since: everything in it is new.
      if (auto opened = open(); !opened) return fail(opened.error());
      at_ = 0;
    }
    matches += rest();
    struct stat named {};
    if (::stat(file_.c_str(), &named) != 0) return fail_errno(errno, "look at the log " + file_);
    if (named.st_ino != inode_ || named.st_size < at_) {
      // Rotated or truncated: the old file has been read to its end above.
      GF_TRY(open());
      at_ = 0;
      matches += rest();
    }
    const Time now = clock_.now();
    const double passed = seconds(now - last_);
    last_ = now;
    Reading reading;
    reading.series[""] = passed > 0 ? matches / passed : 0;
    return reading;
  }

 private:
  Result<void> open() {
    fd_ = Fd(::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!fd_) return fail_errno(errno, "open the log " + file_);
    struct stat state {};
    ::fstat(fd_.get(), &state);
    if (!S_ISREG(state.st_mode)) {
      fd_.close();
      return fail(Cause::BadInput, "the log " + file_ + " is not an ordinary file; name one");
    }
    inode_ = state.st_ino;
    size_ = state.st_size;
    partial_.clear();
    return {};
  }

  /// Matches in what was appended, by whole lines.
  double rest() {
    double matches = 0;
    std::size_t taken = 0;
    char buffer[64 << 10];
    while (taken < most_bytes) {
      const ssize_t n = ::pread(fd_.get(), buffer, sizeof buffer, at_);
      if (n <= 0) return matches;
      at_ += n, taken += static_cast<std::size_t>(n);
      matches += lines({buffer, static_cast<std::size_t>(n)});
    }
    struct stat state {};
    if (::fstat(fd_.get(), &state) == 0 && state.st_size > at_) {
      const auto skipped = static_cast<double>(state.st_size - at_);
      matches *= 1 + skipped / static_cast<double>(taken);
      at_ = state.st_size;
      partial_.clear();
    }
    return matches;
  }

  double lines(std::string_view text) {
    double matches = 0;
    for (auto end = text.find('\n'); end != text.npos; end = text.find('\n')) {
      partial_.append(text.substr(0, end));
      matches += pattern_.found_in(partial_);
      partial_.clear();
      text.remove_prefix(end + 1);
    }
    partial_.append(text.substr(
        0, std::min(text.size(), longest_line - std::min(partial_.size(), longest_line))));
    return matches;
  }

  std::string file_;
  Pattern pattern_;
  Clock& clock_;
  Time last_;
  Fd fd_;
  ino_t inode_ = 0;
  off_t at_ = 0, size_ = 0;
  std::string partial_;  ///< a line whose end has not been written yet
};

}  // namespace

MadeProbe make_logs_probe(const OfLogs& of, const ProbeHost& host) {
  GF_TRY_AS(Pattern pattern, Pattern::compile(of.pattern));
  return std::make_unique<LogsProbe>(of.file, std::move(pattern), host.clock);
}

}  // namespace gunflint
