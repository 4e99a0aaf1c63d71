#pragma once
/// The real side of the port Sockets.

#include "gunflint/host/host.hpp"

namespace gunflint {

class UnixSockets final : public Sockets {
 public:
  Result<std::string> exchange(const std::string& path, const std::string& text,
                               Duration deadline) override;
};

}  // namespace gunflint
