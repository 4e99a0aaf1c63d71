#include "host/frame.hpp"

#include <algorithm>
#include <cerrno>

#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>

#include "host/fd.hpp"

namespace gunflint {

std::string to_frame(const Value& document) {
  const std::string text = to_json(document);
  const auto size = static_cast<std::uint32_t>(text.size());
  std::string bytes;
  bytes.reserve(text.size() + 4);
  for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<char>(size >> shift));
  return bytes + text;
}

void FrameReader::feed(std::string_view bytes) { buffer_.append(bytes); }

Result<std::optional<Value>> FrameReader::next() {
  if (buffer_.size() < 4) return std::nullopt;
  std::size_t size = 0;
  for (int i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(buffer_[i]);
  if (size > frame_limit)
    return fail(Cause::BadInput,
                fmt::format("a frame of {} bytes was announced, {} is the limit; the other side "
                            "does not speak the agent protocol",
                            size, frame_limit));
  if (buffer_.size() < size + 4) return std::nullopt;
  auto document = parse_json(std::string_view(buffer_).substr(4, size));
  buffer_.erase(0, size + 4);
  if (!document) return fail(std::move(document).error());
  return std::optional(std::move(*document));
}

Result<ReadOutcome> read_some(int fd, FrameReader& reader) {
  char buffer[65536];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return ReadOutcome::Nothing;
    if (n < 0 && errno == ECONNRESET) return ReadOutcome::End;
    if (n < 0) return fail_errno(errno, "read from the other side of a pipe");
    if (n == 0) return ReadOutcome::End;
    reader.feed({buffer, static_cast<std::size_t>(n)});
    return ReadOutcome::Data;
  }
}

namespace {

/// What has come by now; nullopt while the document is not whole.
Result<std::optional<Value>> hear(int fd, FrameReader& reader) {
  GF_TRY_AS(const ReadOutcome outcome, read_some(fd, reader));
  if (outcome == ReadOutcome::End)
    return fail(Cause::Unreachable, "the other side closed the pipe; it has ended");
  return reader.next();
}

Failure no_answer(Duration deadline) {
  return fail(Cause::TimedOut,
              fmt::format("the other side did not answer within {}", human(deadline)));
}

int in_poll(Duration left) {
  return static_cast<int>(std::clamp<std::int64_t>(left / 1ms, 1, 1000));
}

}  // namespace

Result<Value> read_frame(int fd, FrameReader& reader, Duration deadline) {
  const Time end = monotonic_now() + deadline;
  GF_TRY_AS(auto document, reader.next());
  while (!document) {
    const Duration left = end - monotonic_now();
    if (left <= Duration::zero()) return no_answer(deadline);
    pollfd wait{fd, POLLIN, 0};
    if (::poll(&wait, 1, in_poll(left)) <= 0) continue;
    GF_TRY_AS(document, hear(fd, reader));
  }
  return std::move(*document);
}

std::vector<Result<Value>> read_frames(const std::vector<int>& fds, Duration deadline) {
  const Time end = monotonic_now() + deadline;
  std::vector<Result<Value>> answers(fds.size(), no_answer(deadline));
  std::vector<FrameReader> readers(fds.size());
  std::vector<pollfd> waiting;
  for (const int fd : fds) waiting.push_back({fd, POLLIN, 0});
  for (std::size_t open = fds.size(); open > 0;) {
    const Duration left = end - monotonic_now();
    if (left <= Duration::zero()) break;
    if (::poll(waiting.data(), waiting.size(), in_poll(left)) <= 0) continue;
    for (std::size_t i = 0; i < fds.size(); ++i) {
      if (waiting[i].fd < 0 || waiting[i].revents == 0) continue;
      auto heard = hear(fds[i], readers[i]);
      if (heard && !*heard) continue;
      answers[i] = heard ? Result<Value>(std::move(**heard)) : fail(std::move(heard).error());
      waiting[i].fd = -1;  // poll passes it over
      --open;
    }
  }
  return answers;
}

Result<void> write_frame(int fd, const Value& document, Duration deadline) {
  const std::string bytes = to_frame(document);
  if (bytes.size() > frame_limit + 4)
    return fail(Cause::BadInput, fmt::format("a message of {} bytes is too long", bytes.size()));
  return write_all(fd, bytes, deadline);
}

}  // namespace gunflint
