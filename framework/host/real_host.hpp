#pragma once
/// The real side of the ports that need nothing but this machine. Network (network.cpp) and Http
/// (http_curl.cpp, or NoHttp of no_http.hpp) are made by their own files and passed in, so that the
/// static host agent links no HTTP library.
///
///     RealHost real;                                   // processes, files, cgroups, clock, facts
///     Host host = real.with(*network, holders, *http);

#include <memory>

#include "gunflint/host/host.hpp"

namespace gunflint {

std::unique_ptr<Clock> make_real_clock();
/// Thread-safe. `run` puts the child into its own process group and kills that at the deadline.
std::unique_ptr<Processes> make_real_processes();
std::unique_ptr<Files> make_real_files();
/// Both hierarchies, as /proc/self/mounts says (hybrid: controllers on v1, core features on v2).
std::unique_ptr<Cgroups> make_real_cgroups();
/// What this machine is and can do, looked up now. `netem` and `nfqueue` are asked by trying where
/// the kernel's configuration is not readable.
Facts look_up_facts();

/// For places that run no holders: start is Unsupported, nothing is ever running.
std::unique_ptr<Holders> make_no_holders();
/// For places without network faults: add is Unsupported, nothing is ever present.
std::unique_ptr<Network> make_no_network();

class RealHost {
 public:
  RealHost();
  /// The parts passed in must live as long as the Host.
  Host with(Network& network, Holders& holders, Http& http);

  std::unique_ptr<Processes> processes;
  std::unique_ptr<Files> files;
  std::unique_ptr<Cgroups> cgroups;
  std::unique_ptr<Sockets> sockets;
  std::unique_ptr<Clock> clock;
  Facts facts;
};

}  // namespace gunflint
