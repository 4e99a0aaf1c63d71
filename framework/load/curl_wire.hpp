#pragma once
/// `transport: libcurl`: what our own engine does not speak (proxies), at three times the cost.

#include <memory>

#include "load/pool.hpp"
#include "load/wire.hpp"

namespace gunflint {

/// Requests through libcurl, on the loop's own poll descriptor.
std::unique_ptr<Wire> curl_wire(const Pool::Setup& setup, WireUsers& users);

/// What makes it, for who has it: libcurl loads thirty libraries, so a worker can be without it.
using MakeCurlWire = std::unique_ptr<Wire> (*)(const Pool::Setup& setup, WireUsers& users);

}  // namespace gunflint
