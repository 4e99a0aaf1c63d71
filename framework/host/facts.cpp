#include "gunflint/host/host.hpp"

namespace gunflint {

Fields<Facts> Facts::fields() {
  using T = Facts;
  return {field("hostname", &T::hostname, "Name."),
          field("boot_id", &T::boot_id, "Boot."),
          field("kernel", &T::kernel, "Release."),
          field("cores", &T::cores, "Online processors."),
          field("memory_bytes", &T::memory_bytes, "Memory."),
          field("uid", &T::uid, "User."),
          field("capabilities", &T::capabilities, "CapEff."),
          field("cgroups", &T::cgroups, "Controller to version."),
          field("netem", &T::netem, "The kernel has netem."),
          field("nfqueue", &T::nfqueue, "The kernel has NFQUEUE."),
          field("tools", &T::tools, "Tool to path.")};
}

}  // namespace gunflint
