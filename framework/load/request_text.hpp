#pragma once
/// A request as it goes over the wire, for one user.

#include <string>

#include "load/cookies.hpp"
#include "load/http2.hpp"
#include "load/program.hpp"

namespace gunflint {

/// Where a redirect leads: overrides the plan's.
struct Redirect {
  int origin = 0;
  std::string method, target;
  bool with_body = false;
};

/// Everything that one request depends on.
struct RequestOf {
  const RequestPlan& plan;
  const Origin& origin;
  const Values& values;
  const CookieJar* cookies = nullptr;  ///< may be nullptr
  const Redirect* redirect = nullptr;  ///< may be nullptr
};

/// Writes requests into buffers of its own, which it uses again; what it returns is valid until the
/// next call.
class RequestWriter {
 public:
  std::string_view http1(const RequestOf& request);

  struct Http2 {
    const Http2Fields* fields;
    const std::string* body;  ///< nullptr: none is announced
  };
  Http2 http2(const RequestOf& request);

 private:
  void write_varying(const RequestOf& request);

  std::string text_, body_;
  Http2Fields fields_;
  std::vector<std::pair<std::string_view, std::pair<std::size_t, std::size_t>>> varying_;
};

/// All bytes of HTTP/1.1 of a request that does not vary.
std::string whole_request(const RequestPlan& plan);

}  // namespace gunflint
