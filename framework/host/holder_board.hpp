#pragma once
/// The page of memory that a holder shares with its agent: its heartbeat and its numbers.

#include <atomic>
#include <cstdint>
#include <string>

#include "gunflint/base/value.hpp"
#include "host/fd.hpp"

namespace gunflint {

/// A holder that has not beaten for this long is stuck and is killed (rule 1).
constexpr Duration holder_silence = 500ms;

/// Lives in a memfd. One writer (the holder), readers in other processes.
struct HolderBoard {
  static constexpr std::size_t text_size = 4000;
  std::atomic<std::int64_t> beat_ns;      ///< CLOCK_MONOTONIC of the last beat; 0: none yet
  std::atomic<std::uint32_t> generation;  ///< odd while `text` is being written
  std::atomic<std::uint32_t> length;
  std::atomic<char> text[text_size];  ///< JSON
};

/// A mapping of the board; the descriptor is what a holder inherits.
class HolderBoardMap {
 public:
  static Result<HolderBoardMap> create();
  static Result<HolderBoardMap> open(int fd);
  HolderBoardMap(HolderBoardMap&& other) noexcept;
  HolderBoardMap& operator=(HolderBoardMap&& other) noexcept;
  ~HolderBoardMap();

  int fd() const { return fd_.get(); }
  void beat();
  void publish(const Value& stats);
  /// Zero time_point when it has never beaten.
  Time last_beat() const;
  /// What was published last; Gone when nothing was.
  Result<Value> stats() const;

 private:
  HolderBoardMap(Fd fd, HolderBoard* board) : fd_(std::move(fd)), board_(board) {}
  Fd fd_;
  HolderBoard* board_ = nullptr;
};

}  // namespace gunflint
