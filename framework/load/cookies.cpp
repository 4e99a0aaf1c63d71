#include "load/cookies.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "load/ascii.hpp"
#include "load/cookie_date.hpp"

namespace gunflint {
namespace {

constexpr std::size_t longest_pair = 4096, longest_attribute = 1024;  // RFC 6265bis, 5.6

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

/// RFC 6265, 5.1.4.
std::string_view default_path(std::string_view target) {
  const auto path = path_of(target);
  const auto slash = path.rfind('/');
  return !path.starts_with('/') || slash == 0 ? "/" : path.substr(0, slash);
}
bool path_matches(std::string_view cookie, std::string_view path) {
  if (!path.starts_with(cookie)) return false;
  return path.size() == cookie.size() || cookie.ends_with('/') || path[cookie.size()] == '/';
}

/// No host name ends in a label of digits; an address has no domain above it.
bool is_address(std::string_view host) {
  if (host.find(':') != host.npos) return true;
  const auto last = host.substr(host.rfind('.') + 1);
  return !last.empty() && std::all_of(last.begin(), last.end(), is_digit);
}
bool domain_matches(std::string_view domain, std::string_view host) {
  if (same_word(domain, host)) return true;
  return host.size() > domain.size() && host[host.size() - domain.size() - 1] == '.' &&
         same_word(host.substr(host.size() - domain.size()), domain) && !is_address(host);
}

/// Seconds; nothing when it is no number (RFC 6265, 5.2.2). What is too large is as large as
/// possible.
std::optional<std::time_t> read_age(std::string_view text) {
  std::time_t age = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), age);
  if (stop != text.data() + text.size() || error == std::errc::invalid_argument)
    return std::nullopt;
  if (error == std::errc()) return age;
  return text.starts_with('-') ? 0 : std::numeric_limits<std::time_t>::max();
}

/// Up to the next `;`, without surrounding blanks.
std::string_view take_part(std::string_view& rest) {
  const auto end = rest.find(';');
  const auto part = trim(rest.substr(0, end));
  rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
  return part;
}

/// The last one of each counts (RFC 6265, 5.3).
struct Attributes {
  std::string_view domain;  ///< empty: of the host alone
  std::string_view path;    ///< empty: where the request went
  std::optional<std::time_t> age, date;
  bool secure = false;
};

Attributes read_attributes(std::string_view rest) {
  Attributes read;
  while (!rest.empty()) {
    const auto attribute = take_part(rest);
    const auto equals = attribute.find('=');
    const auto name = trim(attribute.substr(0, equals));
    const auto value =
        equals == attribute.npos ? std::string_view{} : trim(attribute.substr(equals + 1));
    if (value.size() > longest_attribute) continue;
    if (same_word(name, "path")) {
      read.path = value.starts_with('/') ? value : std::string_view{};
    } else if (same_word(name, "domain")) {
      if (!value.empty()) read.domain = value.starts_with('.') ? value.substr(1) : value;
    } else if (same_word(name, "max-age")) {
      if (const auto age = read_age(value)) read.age = age;
    } else if (same_word(name, "expires")) {
      if (const auto date = parse_cookie_date(value)) read.date = date;
    } else if (same_word(name, "secure")) {
      read.secure = true;
    }
  }
  return read;
}

/// What a name promises (RFC 6265bis, 4.1.3).
bool keeps_promise(std::string_view name, const Attributes& attributes, bool tls) {
  const bool host = starts_with_word(name, "__Host-");
  if (!host && !starts_with_word(name, "__Secure-")) return true;
  if (!attributes.secure || !tls) return false;
  return !host || (attributes.domain.empty() && attributes.path == "/");
}

}  // namespace

bool CookieJar::Cookie::replaces(const Cookie& other) const {
  return name() == other.name() && path() == other.path() && host_only == other.host_only &&
         same_word(domain(), other.domain());
}

bool CookieJar::Cookie::belongs_to(std::string_view host, std::string_view path, std::time_t now,
                                   bool tls) const {
  if (expires <= now || (secure && !tls)) return false;
  return (host_only ? same_word(domain(), host) : domain_matches(domain(), host)) &&
         path_matches(this->path(), path);
}

void CookieJar::take(std::string_view set_cookie, std::string_view host, std::string_view target,
                     std::time_t now, bool tls) {
  // A control character would end our own header line where the server wants.
  if (std::any_of(set_cookie.begin(), set_cookie.end(), is_control)) return;
  const auto pair = take_part(set_cookie);
  const auto equals = pair.find('=');
  if (equals == pair.npos) return;
  const auto name = trim(pair.substr(0, equals)), value = trim(pair.substr(equals + 1));
  if (name.empty() || name.size() + value.size() > longest_pair || host.size() > longest_pair)
    return;
  const auto attributes = read_attributes(set_cookie);
  if (!keeps_promise(name, attributes, tls)) return;

  Cookie cookie;
  cookie.host_only = attributes.domain.empty();
  cookie.secure = attributes.secure;
  const auto domain = cookie.host_only ? host : attributes.domain;
  if (!domain_matches(domain, host)) return;
  const auto path = attributes.path.empty() ? default_path(target) : attributes.path;
  cookie.name_size = static_cast<std::uint16_t>(name.size());
  cookie.value_size = static_cast<std::uint16_t>(value.size());
  cookie.domain_size = static_cast<std::uint16_t>(domain.size());
  cookie.text.reserve(name.size() + value.size() + domain.size() + path.size());
  cookie.text.append(name).append(value).append(domain).append(path);
  if (attributes.age)
    cookie.expires = *attributes.age <= 0            ? now
                     : *attributes.age < never - now ? now + *attributes.age
                                                     : never;
  else if (attributes.date)
    cookie.expires = *attributes.date;

  std::erase_if(cookies_, [now](const Cookie& c) { return c.expires <= now; });
  const auto old = std::find_if(cookies_.begin(), cookies_.end(),
                                [&cookie](const Cookie& c) { return cookie.replaces(c); });
  if (cookie.expires <= now) {
    if (old != cookies_.end()) cookies_.erase(old);
  } else if (old != cookies_.end()) {
    *old = std::move(cookie);
  } else {
    if (cookies_.size() >= most) cookies_.erase(cookies_.begin());
    cookies_.push_back(std::move(cookie));
  }
}

void CookieJar::append_to(std::string& head, std::string_view host, std::string_view target,
                          std::time_t now, bool tls) const {
  std::array<std::uint8_t, most> order;
  std::size_t count = 0;
  const auto path = path_of(target);
  for (std::size_t i = 0; i < cookies_.size(); ++i) {
    if (!cookies_[i].belongs_to(host, path, now, tls)) continue;
    auto at = count++;
    for (; at > 0 && cookies_[order[at - 1]].path().size() < cookies_[i].path().size(); --at)
      order[at] = order[at - 1];
    order[at] = static_cast<std::uint8_t>(i);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const Cookie& c = cookies_[order[i]];
    head.append(i == 0 ? "Cookie: " : "; ").append(c.name()).append("=").append(c.value());
  }
  if (count > 0) head += "\r\n";
}

std::optional<std::string_view> CookieJar::find(std::string_view name, std::time_t now) const {
  for (const auto& c : cookies_)
    if (c.name() == name && c.expires > now) return c.value();
  return std::nullopt;
}

}  // namespace gunflint
