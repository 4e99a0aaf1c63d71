#pragma once
/// One user's cookies (RFC 6265, without persistence and public suffixes).

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace gunflint {

class CookieJar {
 public:
  /// Takes one Set-Cookie value received from `host` for `target`. An expired one deletes.
  void take(std::string_view set_cookie, std::string_view host, std::string_view target,
            std::time_t now);
  /// Appends "Cookie: a=1; b=2\r\n" for a request, or nothing.
  void append_to(std::string& head, std::string_view host, std::string_view target) const;
  /// The value of a cookie, whatever its path; nullptr when there is none.
  const std::string* find(std::string_view name) const;
  bool empty() const { return cookies_.empty(); }

  static constexpr std::size_t most = 50;  ///< per user; beyond it the oldest goes (RFC 6265, 6.1)

 private:
  struct Cookie {
    std::string name, value, domain, path;
    bool host_only = true;
  };
  std::vector<Cookie> cookies_;
};

}  // namespace gunflint
