#pragma once
/// TLS on a socket that is already connected (OpenSSL 3). One context per load, shared by its
/// loops; one stream per connection.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "gunflint/model/load_spec.hpp"

struct ssl_st;
struct ssl_ctx_st;
struct ssl_session_st;

namespace gunflint {

/// What one read or write came to.
enum class IoState : unsigned char {
  Done,   ///< some bytes went through
  Again,  ///< nothing now; the socket will tell when
  End,    ///< the other side has ended the stream
  Failed  ///< the connection is of no use any more
};
struct Io {
  std::size_t bytes = 0;
  IoState state = IoState::Done;
  int error = 0;  ///< Failed: errno, or 0
};

/// The session that the next connection to one server may resume. Filled by streams; one thread.
class TlsSession {
 public:
  TlsSession() = default;
  ~TlsSession();
  TlsSession(TlsSession&& other) noexcept;
  TlsSession& operator=(TlsSession&&) = delete;

 private:
  friend class TlsContext;
  friend class TlsStream;
  ssl_session_st* session_ = nullptr;
};

class TlsStream {
 public:
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  /// Goes on with the handshake. Failed: why() says why.
  IoState handshake();
  Io read(char* to, std::size_t size);
  Io write(std::string_view bytes);
  /// Bytes that have been taken from the socket and not been read: no event will come for them.
  bool has_pending() const;
  /// After the handshake: the server chose HTTP/2 (ALPN).
  bool chose_http2() const;
  bool resumed() const;
  /// After the handshake: what was agreed on.
  TlsVersion version() const;
  /// For people: "the certificate has expired", "no protocol in common".
  std::string why() const { return why_; }

 private:
  friend class TlsContext;
  explicit TlsStream(ssl_st* ssl) : ssl_(ssl) {}
  Io outcome(int result, std::size_t bytes);

  ssl_st* ssl_;
  std::string why_;
};

class TlsContext {
 public:
  /// Reads the files of `options`. BadInput names the file and what is wrong with it.
  static Result<std::shared_ptr<const TlsContext>> create(const TlsOptions& options,
                                                          HttpVersion version, int connections);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// `host` is asked for (SNI) and verified, unless the options name another. `session` outlives
  /// the stream; what it holds is resumed, if the options allow it. nullptr: out of memory.
  std::unique_ptr<TlsStream> open(int fd, const std::string& host, TlsSession& session) const;

 private:
  TlsContext() = default;

  ssl_ctx_st* context_ = nullptr;
  TlsOptions options_;
};

}  // namespace gunflint
