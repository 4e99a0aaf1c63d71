/// One TCP connect: metric `value` is 1 when it was accepted and 0 when it was not, `latency` is
/// the time it took.
#include <cerrno>
#include <memory>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include "host/fd.hpp"
#include "probe/kinds.hpp"

namespace gunflint {
namespace {

constexpr Duration patience = 2s;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses> look_up(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list); error != 0)
    return fail(Cause::Unreachable,
                "cannot find the address of `" + host + "`: " + ::gai_strerror(error));
  return Addresses(list);
}

bool accepted(const addrinfo& address, Time end) {
  const Fd socket(
      ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol));
  if (!socket) return false;
  if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0) return true;
  if (errno != EINPROGRESS) return false;
  pollfd wait{socket.get(), POLLOUT, 0};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - monotonic_now()).count();
  if (left <= 0 || ::poll(&wait, 1, static_cast<int>(left)) != 1) return false;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0;
}

class TcpProbe final : public Probe {
 public:
  TcpProbe(std::string host, std::string port, bool latency)
      : host_(std::move(host)), port_(std::move(port)), latency_(latency) {}

  Result<Reading> read() override {
    GF_TRY_AS(const Addresses addresses, look_up(host_, port_));
    const Time begin = monotonic_now();
    bool ok = false;
    for (const addrinfo* a = addresses.get(); a != nullptr && !ok; a = a->ai_next)
      ok = accepted(*a, begin + patience);
    Reading reading;
    if (!latency_)
      reading.series[""] = ok ? 1 : 0;
    else if (ok)
      reading.series[""] = seconds(monotonic_now() - begin);
    else
      return fail(Cause::Unreachable, host_ + ":" + port_ + " accepted no connection");
    return reading;
  }

 private:
  std::string host_, port_;
  bool latency_;
};

}  // namespace

MadeProbe make_tcp_probe(const OfTcp& of, const std::string& metric, const ProbeHost&) {
  const auto colon = of.address.rfind(':');
  if (colon == std::string::npos || colon + 1 == of.address.size())
    return fail(Cause::BadInput, "`" + of.address + "` names no port; write host:port");
  std::string host = of.address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return std::make_unique<TcpProbe>(host, of.address.substr(colon + 1), metric == "latency");
}

}  // namespace gunflint
