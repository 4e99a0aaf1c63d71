#pragma once
/// One HTTP/1.1 answer, parsed as its bytes arrive (RFC 9112). No allocation for an answer whose
/// lines arrive whole and of which nothing is wanted.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gunflint {

class LastHead;

/// Strict where being lenient could mistake one answer for another (lengths, chunks, line
/// structure), lenient where it cannot (bare LF, unknown headers, folded lines).
class ResponseParser {
 public:
  /// What to keep for checks and extraction; everything else is looked at and forgotten.
  struct Keep {
    bool head = false;     ///< all header lines
    bool cookies = false;  ///< `Set-Cookie` lines (implied by head)
    bool body = false;     ///< up to body_limit bytes
    bool operator==(const Keep&) const = default;
  };
  static constexpr std::size_t line_limit = 16 * 1024;
  static constexpr std::size_t head_limit = 64 * 1024;
  static constexpr std::size_t body_limit = 4 * 1024 * 1024;

  /// Begins a new answer. `to_head`: it answers a HEAD request and has no body.
  void begin(bool to_head, Keep keep);
  /// Takes bytes up to the end of the answer and returns how many. After a failure, takes nothing.
  /// `last`: a head that begins the answer and stands there is not read again, but remembered.
  std::size_t feed(std::string_view bytes, LastHead* last = nullptr);
  /// The connection was closed by the other side: completes an answer that only the end delimits;
  /// any other unfinished one has failed.
  void feed_end();

  bool done() const { return state_ == State::Done; }
  bool failed() const { return state_ == State::Failed; }
  /// Why, as half a sentence ("the chunk size is no number").
  std::string_view reason() const { return reason_; }
  /// At least one byte of the answer has come.
  bool started() const { return started_; }
  /// Valid from the end of the head on.
  int status() const { return meaning_.status; }
  /// The connection can carry another request (valid when done).
  bool reusable() const { return meaning_.keep_alive; }
  /// "Name: value\n" lines that were kept, in order.
  const std::string& head() const { return head_; }
  const std::string& body() const { return body_; }
  std::uint64_t body_bytes() const { return body_bytes_; }

  /// The first header of that name (any case) in `head`, without surrounding space; empty with
  /// `found` false when absent. Repeated calls with `from` walk through several.
  static std::string_view find_header(std::string_view head, std::string_view name, bool& found,
                                      std::size_t* from = nullptr);

 private:
  enum class State {
    StatusLine,
    Header,
    Length,  ///< body of known length
    ChunkSize,
    ChunkData,
    ChunkEnd,
    Trailer,
    UntilClose,
    Done,
    Failed
  };
  /// What the lines of a head come to.
  struct Meaning {
    std::uint64_t left = 0;        ///< of the body or chunk
    std::uint32_t head_bytes = 0;  ///< and of the trailers
    std::int16_t status = 0;
    bool keep_alive = false, chunked = false, has_length = false, other_coding = false;
    bool http10 = false;
  };
  friend class LastHead;

  bool in_head() const { return state_ == State::StatusLine || state_ == State::Header; }
  std::size_t recall(std::string_view bytes, const LastHead& last);
  void remember(std::string_view text, LastHead& last) const;
  std::size_t take_line(std::string_view bytes);
  void line(std::string_view text);
  void status_line(std::string_view text);
  void header_line(std::string_view text);
  void head_ended();
  void chunk_size(std::string_view text);
  std::size_t take_body(std::string_view bytes);
  void broken(const char* why) {
    state_ = State::Failed;
    reason_ = why;
  }

  State state_ = State::Done;
  Keep keep_;
  bool to_head_ = false, started_ = false;
  Meaning meaning_;
  std::uint64_t body_bytes_ = 0;
  const char* reason_ = "";
  std::string partial_;  ///< a line that has not come whole
  std::string head_, body_;
};

/// The head that was read last, and what it means. The answers to a load are much alike: where one
/// begins with the same bytes as the last, of whatever connection, they need no second reading.
class LastHead {
 private:
  friend class ResponseParser;
  std::string text_;  ///< from the answer's first byte to the empty line; empty: none
  bool to_head_ = false;
  ResponseParser::Keep keep_;
  ResponseParser::State state_{};
  ResponseParser::Meaning meaning_;
  std::string head_;
};

}  // namespace gunflint
