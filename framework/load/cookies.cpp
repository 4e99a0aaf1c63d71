#include "load/cookies.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "load/ascii.hpp"

namespace gunflint {
namespace {

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

/// RFC 6265, 5.1.4.
std::string default_path(std::string_view target) {
  const auto path = path_of(target);
  const auto slash = path.rfind('/');
  return slash == path.npos || slash == 0 ? "/" : std::string(path.substr(0, slash));
}
bool path_matches(std::string_view cookie, std::string_view path) {
  if (!path.starts_with(cookie)) return false;
  return path.size() == cookie.size() || cookie.ends_with('/') || path[cookie.size()] == '/';
}
bool domain_matches(std::string_view domain, std::string_view host) {
  if (same_word(domain, host)) return true;
  return host.size() > domain.size() && host[host.size() - domain.size() - 1] == '.' &&
         same_word(host.substr(host.size() - domain.size()), domain);
}

/// "Thu, 01 Jan 1970 00:00:00 GMT" and its dashed sister; 0 when it is neither.
std::time_t read_date(std::string_view text) {
  const std::string copy(text);
  std::tm parts{};
  char month[4] = "";
  if (std::sscanf(copy.c_str(), "%*[^,], %d%*[ -]%3s%*[ -]%d %d:%d:%d", &parts.tm_mday, month,
                  &parts.tm_year, &parts.tm_hour, &parts.tm_min, &parts.tm_sec) != 6)
    return 0;
  constexpr std::array names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto found =
      std::find_if(names.begin(), names.end(), [&](auto n) { return same_word(n, month); });
  if (found == names.end()) return 0;
  parts.tm_mon = static_cast<int>(found - names.begin());
  if (parts.tm_year < 70)
    parts.tm_year += 100;
  else if (parts.tm_year >= 1900)
    parts.tm_year -= 1900;
  return std::max<std::time_t>(1, timegm(&parts));
}

}  // namespace

void CookieJar::take(std::string_view set_cookie, std::string_view host, std::string_view target,
                     std::time_t now) {
  auto rest = set_cookie;
  auto part = [&rest] {
    const auto end = rest.find(';');
    const auto found = trim(rest.substr(0, end));
    rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
    return found;
  };
  const auto pair = part();
  const auto equals = pair.find('=');
  if (equals == pair.npos || equals == 0) return;
  Cookie cookie{std::string(trim(pair.substr(0, equals))),
                std::string(trim(pair.substr(equals + 1))), std::string(host),
                default_path(target)};
  bool expired = false, has_age = false;
  while (!rest.empty()) {
    const auto attribute = part();
    const auto at = attribute.find('=');
    const auto name = trim(attribute.substr(0, at));
    const auto value = at == attribute.npos ? std::string_view{} : trim(attribute.substr(at + 1));
    if (same_word(name, "path") && value.starts_with('/')) {
      cookie.path = std::string(value);
    } else if (same_word(name, "max-age") && !value.empty()) {
      has_age = true;
      expired = std::atoll(std::string(value).c_str()) <= 0;
    } else if (same_word(name, "expires") && !has_age) {
      const auto date = read_date(value);
      expired = date > 0 && date <= now;
    } else if (same_word(name, "domain") && !value.empty()) {
      cookie.domain = std::string(value.starts_with('.') ? value.substr(1) : value);
      cookie.host_only = false;
    }
  }
  if (!domain_matches(cookie.domain, host)) return;
  std::erase_if(cookies_, [&](const Cookie& c) {
    return c.name == cookie.name && c.path == cookie.path && same_word(c.domain, cookie.domain);
  });
  if (expired) return;
  if (cookies_.size() >= most) cookies_.erase(cookies_.begin());
  cookies_.push_back(std::move(cookie));
}

void CookieJar::append_to(std::string& head, std::string_view host, std::string_view target) const {
  bool first = true;
  for (const auto& c : cookies_) {
    if (c.host_only ? !same_word(c.domain, host) : !domain_matches(c.domain, host)) continue;
    if (!path_matches(c.path, path_of(target))) continue;
    head.append(first ? "Cookie: " : "; ").append(c.name).append("=").append(c.value);
    first = false;
  }
  if (!first) head += "\r\n";
}

const std::string* CookieJar::find(std::string_view name) const {
  for (const auto& c : cookies_)
    if (c.name == name) return &c.value;
  return nullptr;
}

}  // namespace gunflint
