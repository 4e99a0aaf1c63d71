#pragma once
/// HTTP/2 on one connection (RFC 9113; frames and HPACK by nghttp2): requests in, bytes out; bytes
/// in, answers out. Knows nothing of sockets.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "load/response.hpp"

struct nghttp2_session;

namespace gunflint {

/// Header fields in order, the pseudo-headers (":method" …) first, names in lower case.
struct Http2Field {
  std::string_view name;  ///< as long as the program, as all names are
  std::string_view value;
  bool lasting = false;  ///< so is the value: it need not be copied until the request goes out
};
using Http2Fields = std::vector<Http2Field>;

class Http2Session {
 public:
  /// How a stream ended.
  enum class End : std::uint8_t {
    Answered,
    Unprocessed,  ///< the server says that it has not looked at it: sent again, it is the same
    Unsent,       ///< it had not gone out when the connection ended
    Reset,        ///< by the server (RST_STREAM), or with the connection
    Broken        ///< the answer makes no sense
  };
  struct Stream {
    std::uint32_t user = 0;
    std::int32_t place = -1;  ///< among all of this connection
    std::int32_t id = -1;     ///< of the protocol
    bool open = false;
    End end = End::Answered;
    std::uint32_t code = 0;  ///< Reset: the error code of RFC 9113, 7
    ResponseParser::Keep keep;
    int status = 0;
    std::string head;  ///< "name: value\n" lines that were kept
    std::string body;
    std::uint64_t body_bytes = 0;
    bool sent = false;              ///< its HEADERS are among the bytes to send
    bool whole = false;             ///< END_STREAM has come
    const char* why = "";           ///< Broken: what was wrong, where we know
    std::string_view request_body;  ///< what is still to be sent of it
    std::string owned_body;
  };

  /// `most_streams`: requests at once; the server may allow fewer.
  explicit Http2Session(int most_streams);
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  /// Requests that may be added now. 0 for good once the server says goodbye (GOAWAY).
  int room() const;
  int streams() const { return open_; }
  /// It takes no further requests: the server has said goodbye, or leave() was called.
  bool leaving() const { return leaving_; }
  bool told_to_leave() const { return told_to_leave_; }
  void leave() { leaving_ = true; }
  /// Whose requests it carries.
  std::vector<std::uint32_t> users() const;

  /// `body` is copied; nullptr: none is announced. Sets the place of the stream. false: none is
  /// left on this connection.
  bool submit(std::uint32_t user, const Http2Fields& fields, const std::string* body,
              ResponseParser::Keep keep, std::int32_t& place);
  /// Nobody waits for it any more (RST_STREAM CANCEL).
  void cancel(std::int32_t place);
  /// Takes what the connection received. false: it makes no sense, reason() says why; every stream
  /// that is left is in `ended` as Broken.
  bool feed(std::string_view bytes);
  /// The connection has ended: every stream that is left is in `ended`, as Reset.
  void feed_end();
  /// The next bytes to send; empty: none. Valid until the next call.
  std::string_view next_bytes();
  /// The connection has nothing more to say or to hear.
  bool finished() const;
  const std::string& reason() const { return reason_; }

  /// Streams that have ended; who has dealt with one says release().
  std::vector<Stream*> ended;
  /// Users whose requests are among the bytes that next_bytes() has given; who sends them clears
  /// it.
  std::vector<std::uint32_t> going_out;
  void release(Stream* stream);

 private:
  struct Callbacks;
  void close_all(End end);
  void close(Stream& stream, End end);

  nghttp2_session* session_ = nullptr;
  int most_streams_, open_ = 0;
  bool leaving_ = false, told_to_leave_ = false;
  std::string reason_;
  std::deque<Stream> streams_;
  std::vector<Stream*> free_;
};

}  // namespace gunflint
