#pragma once
// The runtime API of haproxy, as far as the shop needs it (management guide 9.3).

#include <string>
#include <vector>

namespace shop {

struct ServerStat {
  std::string name;    ///< "web1"
  std::string status;  ///< "UP", "MAINT", "DRAIN", …
  int sessions = 0;    ///< scur
  int queued = 0;      ///< qcur
};

class BalancerClient {
 public:
  explicit BalancerClient(std::string socket_path) : path_(std::move(socket_path)) {}
  /// False while nobody answers.
  bool send(const std::string& command, std::string* reply = nullptr) const;
  std::vector<ServerStat> stats() const;
  void enable(int slot, int port) const;
  void drain(int slot) const;
  void disable(int slot) const;

 private:
  std::string path_;
};

}  // namespace shop
