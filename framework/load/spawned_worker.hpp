#pragma once
/// A worker in a process of its own, spoken to over its standard input and output: the same path
/// for one local worker and for fifty remote ones (argv may begin with ssh).
///
/// Frames as of the agent protocol (host/frame.hpp); documents with a "kind":
///
///     to the worker:   prepare {loads, seed, i, n} · begin {at: CLOCK_MONOTONIC ns} · stop
///     from the worker: ready · failed {cause, message} · slice {slice} · lost {why}
///
/// The end of its input means: end at once.

#include <memory>
#include <string>
#include <vector>

#include "gunflint/concepts/worker.hpp"
#include "load/curl_wire.hpp"

namespace gunflint {

/// How long a worker may take to say `ready` (it resolves names).
constexpr Duration prepare_deadline = 30s;

/// Starts `argv` (argv[0] is looked up in PATH; no shell) and speaks to it. Callbacks come from one
/// thread; none comes after the destructor, which ends the process. `on_lost` is called when the
/// process ends, or stops making sense, before its last slices.
Result<std::unique_ptr<Worker>> spawn_worker(std::vector<std::string> argv, OnSlice on_slice,
                                             OnWorkerLost on_lost);

/// The other side: serves one coordinator on the two descriptors until `in` ends or every load has
/// drained. Returns the exit code (0 unless the coordinator does not speak the protocol). `loops`
/// and `curl`: as of loop_worker().
int serve_worker(int in, int out, int loops = 0, MakeCurlWire curl = nullptr);

}  // namespace gunflint
