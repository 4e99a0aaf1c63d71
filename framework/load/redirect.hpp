#pragma once
/// Where an answer sends its reader (RFC 9110, 15.4).

#include <optional>

#include "load/program.hpp"
#include "load/request_text.hpp"
#include "load/wire.hpp"

namespace gunflint {

constexpr bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// The next request after `answer` to `request`. Nothing when it has no Location that can be
/// understood, or leads to a server that the load does not name: traffic stays where it was meant
/// to go. 303, and a POST answered with 301 or 302, become a GET without a body, as in every
/// browser.
std::optional<Redirect> follow(const LoadProgram& program, const RequestOf& request,
                               const RequestPlan& plan, const HttpAnswer& answer);

}  // namespace gunflint
