#include "load/tls.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace gunflint {
namespace {

/// OpenSSL's last error as words without codes; forgets the others.
std::string last_tls_error() {
  const auto code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return reason != nullptr ? reason : "no reason was given";
}

/// What somebody else on this thread has left (libcurl does) would be taken for ours. Clearing goes
/// through sixteen places each time, looking does not.
void forget_old_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
  errno = 0;
}

int slot_of_session() {
  static const int slot = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return slot;
}

bool is_address(const std::string& host) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

Failure unusable(const char* key, const std::string& file, const std::string& why) {
  return fail(Cause::BadInput,
              fmt::format("`tls.{}`: `{}` cannot be used: {}; it must be a readable file in PEM "
                          "format",
                          key, file, why));
}

Result<void> load_files(SSL_CTX* context, const TlsOptions& options) {
  if (!options.ca.empty()) {
    if (SSL_CTX_load_verify_locations(context, options.ca.c_str(), nullptr) != 1)
      return unusable("ca", options.ca, last_tls_error());
  } else if (options.verify) {
    SSL_CTX_set_default_verify_paths(context);
  }
  if (!options.cert.empty() &&
      SSL_CTX_use_certificate_chain_file(context, options.cert.c_str()) != 1)
    return unusable("cert", options.cert, last_tls_error());
  if (!options.key.empty()) {
    if (SSL_CTX_use_PrivateKey_file(context, options.key.c_str(), SSL_FILETYPE_PEM) != 1)
      return unusable("key", options.key, last_tls_error());
    if (SSL_CTX_check_private_key(context) != 1)
      return fail(Cause::BadInput, fmt::format("`tls.key`: `{}` does not belong to the certificate "
                                               "`{}`; name the key it was made with",
                                               options.key, options.cert));
  }
  return {};
}

int version_number(TlsVersion version) {
  return version == TlsVersion::V12 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

}  // namespace

TlsSession::~TlsSession() { SSL_SESSION_free(session_); }
TlsSession::TlsSession(TlsSession&& other) noexcept
    : session_(std::exchange(other.session_, nullptr)) {}

Result<std::shared_ptr<const TlsContext>> TlsContext::create(const TlsOptions& options,
                                                             HttpVersion version, int connections) {
  std::shared_ptr<TlsContext> made(new TlsContext);
  made->options_ = options;
  SSL_CTX* context = made->context_ = SSL_CTX_new(TLS_client_method());
  if (context == nullptr) return fail(Cause::Io, "TLS cannot be set up (" + last_tls_error() + ")");
  SSL_CTX_set_min_proto_version(context, version_number(options.least));
  if (options.most) SSL_CTX_set_max_proto_version(context, version_number(*options.most));
  SSL_CTX_set_verify(context, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  GF_TRY(load_files(context, options));
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // A buffer of 17 KiB per connection saves an allocation per answer, where there are few.
  if (connections > 1000) SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  // A whole record with one read(2), not its head and its body with one each.
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  if (options.resumption)
    SSL_CTX_sess_set_new_cb(context, [](SSL* ssl, SSL_SESSION* session) {
      auto* to = static_cast<ssl_session_st**>(SSL_get_ex_data(ssl, slot_of_session()));
      if (to == nullptr) return 0;
      SSL_SESSION_free(std::exchange(*to, session));
      return 1;
    });
  else
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  static constexpr unsigned char both[] = "\x02h2\x08http/1.1", two[] = "\x02h2",
                                 one[] = "\x08http/1.1";
  const auto* offered = version == HttpVersion::Auto  ? both
                        : version == HttpVersion::Two ? two
                                                      : one;
  SSL_CTX_set_alpn_protos(
      context, offered, static_cast<unsigned>(std::strlen(reinterpret_cast<const char*>(offered))));
  return std::shared_ptr<const TlsContext>(made);
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

std::unique_ptr<TlsStream> TlsContext::open(int fd, const std::string& host,
                                            TlsSession& session) const {
  SSL* ssl = SSL_new(context_);
  if (ssl == nullptr) return nullptr;
  std::unique_ptr<TlsStream> stream(new TlsStream(ssl));
  const std::string& name = options_.server_name.empty() ? host : options_.server_name;
  if (is_address(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl, name.c_str());
    SSL_set1_host(ssl, name.c_str());
  }
  if (SSL_set_fd(ssl, fd) != 1) return nullptr;
  SSL_set_connect_state(ssl);
  if (options_.resumption) {
    if (session.session_ != nullptr) SSL_set_session(ssl, session.session_);
    SSL_set_ex_data(ssl, slot_of_session(), &session.session_);
  }
  return stream;
}

TlsStream::~TlsStream() {
  // Not told to the server: a close_notify would cost a system call, and the socket's end says it.
  SSL_set_quiet_shutdown(ssl_, 1);
  SSL_shutdown(ssl_);  // or the session could not be resumed
  SSL_free(ssl_);
}

IoState TlsStream::handshake() {
  forget_old_errors();
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) return IoState::Done;
  const int error = SSL_get_error(ssl_, result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return IoState::Again;
  const bool verifies = SSL_get_verify_mode(ssl_) != SSL_VERIFY_NONE;
  const long verified = verifies ? SSL_get_verify_result(ssl_) : X509_V_OK;
  if (verified != X509_V_OK)
    why_ =
        fmt::format("the certificate is not trusted: {}", X509_verify_cert_error_string(verified));
  else if (error == SSL_ERROR_SYSCALL || ERR_peek_last_error() == 0)
    why_ = "the server ended the connection during the handshake";
  else
    why_ = "the handshake failed: " + last_tls_error();
  ERR_clear_error();
  return IoState::Failed;
}

Io TlsStream::outcome(int result, std::size_t bytes) {
  if (result == 1) return {bytes, IoState::Done};
  const int number = errno;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {0, IoState::Again};
    case SSL_ERROR_ZERO_RETURN:
      return {0, IoState::End};
    case SSL_ERROR_SYSCALL:
      return {0, number == 0 ? IoState::End : IoState::Failed, number};
    default:
      // Many servers end the socket without a close_notify; how long an answer is, HTTP says.
      if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        ERR_clear_error();
        return {0, IoState::End};
      }
      why_ = last_tls_error();
      return {0, IoState::Failed};
  }
}

Io TlsStream::read(char* to, std::size_t size) {
  forget_old_errors();
  std::size_t bytes = 0;
  const int result = SSL_read_ex(ssl_, to, size, &bytes);
  return outcome(result, bytes);
}

Io TlsStream::write(std::string_view bytes) {
  forget_old_errors();
  std::size_t written = 0;
  const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &written);
  return outcome(result, written);
}

bool TlsStream::has_pending() const { return SSL_has_pending(ssl_) == 1; }

bool TlsStream::chose_http2() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &name, &size);
  return size == 2 && std::memcmp(name, "h2", 2) == 0;
}

TlsVersion TlsStream::version() const {
  return SSL_version(ssl_) == TLS1_2_VERSION ? TlsVersion::V12 : TlsVersion::V13;
}

bool TlsStream::resumed() const { return SSL_session_reused(ssl_) == 1; }

}  // namespace gunflint
