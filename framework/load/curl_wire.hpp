#pragma once
/// `transport: libcurl`: what our own engine does not speak (proxies), at three times the cost.

#include <memory>

#include "load/pool.hpp"
#include "load/wire.hpp"

namespace gunflint {

/// Requests through libcurl, on the loop's own poll descriptor.
std::unique_ptr<Wire> curl_wire(const Pool::Setup& setup, WireUsers& users);

}  // namespace gunflint
