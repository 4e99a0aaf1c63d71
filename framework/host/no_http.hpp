#pragma once
/// The port Http of a host agent, which carries no libcurl.

#include "gunflint/host/host.hpp"

namespace gunflint {

class NoHttp final : public Http {
 public:
  Result<HttpResponse> send(const HttpRequest& request) override {
    return fail(Cause::Unsupported, "the agent on a host sends no HTTP (asked for " + request.url +
                                        "); faults that need it run in the api agent");
  }
};

}  // namespace gunflint
