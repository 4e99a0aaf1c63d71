#pragma once
/// The address of a request: http://host[:port][/path][?query], or https://….

#include <string>
#include <string_view>

#include "gunflint/base/result.hpp"

namespace gunflint {

struct Url {
  std::string host;  ///< without brackets
  int port = 80;
  bool tls = false;
  std::string authority;  ///< as it stands in the Host header: host[:port]
  std::string target;     ///< path and query, at least "/"; a fragment is dropped
};

/// `text` is absolute, or a path (with or without the leading slash) under `base`'s path.
/// Errors name the text and the fix.
Result<Url> parse_url(std::string_view text, std::string_view base = {});

}  // namespace gunflint
