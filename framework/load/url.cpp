#include "load/url.hpp"

#include <charconv>

#include <fmt/format.h>

namespace gunflint {
namespace {

Failure bad(std::string_view text, std::string_view why) {
  return fail(Cause::BadInput, fmt::format("`{}` {}", text, why));
}

Result<void> read_authority(std::string_view whole, std::string_view text, Url& url) {
  if (text.find('@') != text.npos)
    return bad(whole, "holds a user name; send it in an `authorization` header");
  if (text.find("${") != text.npos)
    return bad(whole, "has a variable in its host; only paths, headers and bodies may hold one");
  url.authority = std::string(text);
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos) return bad(whole, "has `[` without `]`; write `http://[::1]:8080`");
    url.host = std::string(text.substr(1, end - 1));
    port = text.substr(end + 1);
  } else {
    const auto colon = text.find(':');
    url.host = std::string(text.substr(0, colon));
    port = colon == text.npos ? std::string_view{} : text.substr(colon);
  }
  if (url.host.empty()) return bad(whole, "names no host; write for example `http://shop:8080`");
  if (port.empty()) return {};
  const char* end = port.data() + port.size();
  const auto [at, error] = std::from_chars(port.data() + 1, end, url.port);
  if (port[0] != ':' || error != std::errc() || at != end || url.port < 1 || url.port > 65535)
    return bad(whole, "has no valid port; a port is a number from 1 to 65535");
  return {};
}

}  // namespace

Result<Url> parse_url(std::string_view text, std::string_view base) {
  const auto scheme = text.find("://");
  // A path may hold "://" in its query.
  if (scheme == text.npos || text.substr(0, scheme).find_first_of("/?") != text.npos) {
    if (base.empty())
      return bad(text, "is no absolute address; write `http://…`, or give `base_url`");
    GF_TRY_AS(Url url, parse_url(base));
    auto path = url.target.substr(0, url.target.find('?'));
    while (path.ends_with('/')) path.pop_back();
    text = text.substr(0, text.find('#'));
    if (!text.empty() && !text.starts_with('/') && !text.starts_with('?')) path += '/';
    url.target = path + std::string(text);
    if (!url.target.starts_with('/')) url.target.insert(0, "/");
    return url;
  }
  const auto name = text.substr(0, scheme);
  if (name != "http" && name != "https")
    return bad(text, fmt::format("has the scheme `{}`; load speaks http and https", name));
  std::string_view rest = text.substr(scheme + 3);
  rest = rest.substr(0, rest.find('#'));
  const auto path = rest.find_first_of("/?");
  Url url;
  url.tls = name == "https";
  if (url.tls) url.port = 443;
  GF_TRY(read_authority(text, rest.substr(0, path), url));
  url.target = path == rest.npos ? "/" : std::string(rest.substr(path));
  if (url.target.front() == '?') url.target.insert(0, "/");
  return url;
}

}  // namespace gunflint
