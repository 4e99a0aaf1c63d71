#pragma once
/// A worker in this process: N loops, and one thread that hands out the merged slices.

#include <memory>

#include "gunflint/concepts/worker.hpp"
#include "load/curl_wire.hpp"

namespace gunflint {

/// Loops when nobody says otherwise: one per two cores that this process may use, at least one (the
/// other half is left to what else runs here, often the system under test).
int default_loops();

/// `on_lost` is called at most once, when a load is given up (`on_overload: abort`) or the loop
/// failed. Destroying the worker ends it at once, without draining; neither callback is called
/// after that. `loops` 0: default_loops(). Without `curl`, loads of `transport: libcurl` are
/// refused.
std::unique_ptr<Worker> loop_worker(OnSlice on_slice, OnWorkerLost on_lost, int loops = 0,
                                    MakeCurlWire curl = nullptr);

}  // namespace gunflint
