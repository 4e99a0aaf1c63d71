#pragma once
/// One user's cookies (RFC 6265, without persistence and public suffixes; the prefixes of
/// RFC 6265bis).

#include <cstdint>
#include <ctime>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gunflint {

/// `host`: a name, or an address without brackets. `target`: path and query of the request. `tls`:
/// the request goes, or went, over TLS. `now`: seconds since 1970; 0 leaves out no cookie.
class CookieJar {
 public:
  /// Takes one Set-Cookie value received from `host` for `target`. An expired one deletes. What a
  /// browser ignores is ignored: of another domain, with control characters, larger than 4 KiB, a
  /// `__Host-` or `__Secure-` that breaks its promise.
  void take(std::string_view set_cookie, std::string_view host, std::string_view target,
            std::time_t now, bool tls = false);
  /// Appends "Cookie: a=1; b=2\r\n" for a request, or nothing. Longer paths come first, then older
  /// cookies.
  void append_to(std::string& head, std::string_view host, std::string_view target,
                 std::time_t now = 0, bool tls = false) const;
  /// The value of the oldest cookie of that name, whatever its domain, path and `Secure`.
  std::optional<std::string_view> find(std::string_view name, std::time_t now = 0) const;
  bool empty() const { return cookies_.empty(); }

  static constexpr std::size_t most = 50;  ///< per user; beyond it the oldest goes (RFC 6265, 6.1)

 private:
  static constexpr std::time_t never = std::numeric_limits<std::time_t>::max();

  /// A hundred thousand users have some each: one piece of memory holds its four texts.
  struct Cookie {
    std::string text;  ///< name, value, domain and path
    std::time_t expires = never;
    std::uint16_t name_size = 0, value_size = 0, domain_size = 0;
    bool host_only = true, secure = false;

    std::string_view name() const { return piece(0, name_size); }
    std::string_view value() const { return piece(name_size, value_size); }
    std::string_view domain() const { return piece(name_size + value_size, domain_size); }
    std::string_view path() const {
      return std::string_view(text).substr(std::size_t{name_size} + value_size + domain_size);
    }
    bool replaces(const Cookie& other) const;
    bool belongs_to(std::string_view host, std::string_view path, std::time_t now, bool tls) const;

   private:
    std::string_view piece(int from, int size) const {
      return {text.data() + from, static_cast<std::size_t>(size)};
    }
  };
  std::vector<Cookie> cookies_;  ///< the oldest first
};

}  // namespace gunflint
