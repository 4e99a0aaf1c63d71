#include "balancer_client.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <sstream>

#include "net.hpp"

namespace shop {

bool BalancerClient::send(const std::string& command, std::string* reply) const {
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return false;
  if (!write_all(fd.get(), command + "\n")) return false;
  const std::string text =
      read_until(fd.get(), "\n\n");  // haproxy ends an answer with an empty line
  if (reply) *reply = text;
  return true;
}

std::vector<ServerStat> BalancerClient::stats() const {
  std::string text;
  std::vector<ServerStat> all;
  if (!send("show stat", &text)) return all;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    // pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    if (cells.size() < 18 || cells[0] != "shop" || !cells[1].starts_with("web")) continue;
    all.push_back({cells[1], cells[17], std::atoi(cells[4].c_str()), std::atoi(cells[2].c_str())});
  }
  return all;
}

void BalancerClient::enable(int slot, int port) const {
  const auto server = "set server shop/web" + std::to_string(slot);
  send(server + " addr 127.0.0.1 port " + std::to_string(port));
  send(server + " state ready");
}
void BalancerClient::drain(int slot) const {
  send("set server shop/web" + std::to_string(slot) + " state drain");
}
void BalancerClient::disable(int slot) const {
  send("set server shop/web" + std::to_string(slot) + " state maint");
}

}  // namespace shop
