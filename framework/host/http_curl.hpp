#pragma once
/// The real side of the port Http, for everything that is not load. libcurl stays in http_curl.cpp.

#include "gunflint/host/host.hpp"

namespace gunflint {

/// May be used from several threads at once: every request has a connection of its own. The proxy
/// of the environment is used except for loopback addresses. Body at most 16 MiB; more is an Error.
class CurlHttp final : public Http {
 public:
  CurlHttp();
  Result<HttpResponse> send(const HttpRequest& request) override;
};

}  // namespace gunflint
