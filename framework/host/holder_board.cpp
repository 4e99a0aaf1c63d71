#include "host/holder_board.hpp"

#include <cerrno>

#include <sys/mman.h>
#include <unistd.h>

namespace gunflint {
namespace {
constexpr int attempts = 1000;  ///< bound of the reader's retries against a writer that was stopped
}

Result<HolderBoardMap> HolderBoardMap::create() {
  Fd fd(::memfd_create("gunflint-holder", MFD_CLOEXEC));
  if (!fd || ::ftruncate(fd.get(), sizeof(HolderBoard)) != 0)
    return fail_errno(errno, "make the memory a holder reports in");
  return open(fd.release());
}

Result<HolderBoardMap> HolderBoardMap::open(int number) {
  Fd fd(number);
  void* memory =
      ::mmap(nullptr, sizeof(HolderBoard), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) return fail_errno(errno, "map the memory a holder reports in");
  return HolderBoardMap(std::move(fd), static_cast<HolderBoard*>(memory));
}

HolderBoardMap::HolderBoardMap(HolderBoardMap&& other) noexcept
    : fd_(std::move(other.fd_)), board_(std::exchange(other.board_, nullptr)) {}
HolderBoardMap& HolderBoardMap::operator=(HolderBoardMap&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(board_, other.board_);
  return *this;
}
HolderBoardMap::~HolderBoardMap() {
  if (board_ != nullptr) ::munmap(board_, sizeof(HolderBoard));
}

void HolderBoardMap::beat() {
  board_->beat_ns.store(monotonic_now().time_since_epoch().count(), std::memory_order_release);
}

void HolderBoardMap::publish(const Value& stats) {
  const std::string text = to_json(stats);
  if (text.size() > HolderBoard::text_size) return;
  const auto before = board_->generation.load(std::memory_order_relaxed);
  board_->generation.store(before + 1, std::memory_order_relaxed);
  // A sequence lock without fences, which ThreadSanitizer does not know: who acquires a byte
  // released here sees the odd generation too, and reads again.
  for (std::size_t i = 0; i < text.size(); ++i)
    board_->text[i].store(text[i], std::memory_order_release);
  board_->length.store(static_cast<std::uint32_t>(text.size()), std::memory_order_release);
  board_->generation.store(before + 2, std::memory_order_release);
}

Time HolderBoardMap::last_beat() const {
  return Time(Duration(board_->beat_ns.load(std::memory_order_acquire)));
}

Result<Value> HolderBoardMap::stats() const {
  for (int i = 0; i < attempts; ++i) {
    const auto before = board_->generation.load(std::memory_order_acquire);
    if (before == 0) return fail(Cause::Gone, "the holder has not published anything yet");
    if (before % 2 != 0) continue;
    std::string text(std::min<std::size_t>(board_->length.load(std::memory_order_acquire),
                                           HolderBoard::text_size),
                     '\0');
    for (std::size_t k = 0; k < text.size(); ++k)
      text[k] = board_->text[k].load(std::memory_order_acquire);
    if (board_->generation.load(std::memory_order_relaxed) == before) return parse_json(text);
  }
  return fail(Cause::TimedOut,
              "the holder's numbers could not be read: it is stopped or overloaded");
}

}  // namespace gunflint
