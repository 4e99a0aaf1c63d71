// Loads: TLS, addresses, and what the transport cannot do.
#include <arpa/inet.h>
#include <sys/un.h>

#include <array>

#include <fmt/format.h>

#include "model/check.hpp"

namespace gunflint {
namespace {

bool is_ip_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

void check_tls(const LoadSpec& load, const Value& tls, Reader& reader) {
  auto scope = reader.in("tls");
  const TlsOptions& o = load.tls;
  if (o.cert.empty() != o.key.empty()) {
    const char* there = o.cert.empty() ? "key" : "cert";
    const char* missing = o.cert.empty() ? "cert" : "key";
    reader.problem(mark_at(tls, there), "E145", fmt::format("`{}` needs `{}`", there, missing),
                   "a client proves who it is with both: the certificate and its private key");
  }
  if (o.most && *o.most < o.least)
    reader.problem(mark_at(tls, "max_version"), "E104",
                   fmt::format("`max_version` {} is below `min_version` {}", name_of(*o.most),
                               name_of(o.least)),
                   "raise it, or leave it out");
  if (!o.verify && !o.ca.empty())
    reader.problem(mark_at(tls, "ca"), "E145", "`ca` changes nothing: `verify` is false",
                   "leave one of them out");
}

void check_proxy(const LoadSpec& load, const Value& connect, Reader& reader) {
  const std::string& proxy = load.connect.proxy;
  if (proxy.empty()) return;
  const Mark mark = mark_at(connect, "proxy");
  const auto scheme = proxy.find("://");
  if (scheme == proxy.npos || scheme + 3 == proxy.size())
    reader.problem(mark, "E143", fmt::format("`{}` is no address of a proxy", proxy),
                   fmt::format("write `http://{}`", proxy.empty() ? "host:port" : proxy));
  else if (const auto kind = proxy.substr(0, scheme);
           kind != "http" && kind != "https" && kind != "socks5" && kind != "socks5h")
    reader.problem(mark, "E143", fmt::format("`{}` is no kind of proxy", kind),
                   "write `http`, `https`, `socks5` or `socks5h`");
  if (load.transport != TransportKind::Libcurl)
    reader.problem(mark, "E145", "only libcurl goes through a proxy",
                   "add `transport: libcurl` to the load; it is slower");
  if (!load.connect.unix_socket.empty())
    reader.problem(mark, "E120", "`proxy` and `unix_socket` exclude each other",
                   "keep one of them");
}

void check_connect(const LoadSpec& load, const Value& connect, Reader& reader) {
  auto scope = reader.in("connect");
  const ConnectOptions& o = load.connect;
  if (!o.source_address.empty() && !is_ip_address(o.source_address))
    reader.problem(mark_at(connect, "source_address"), "E143",
                   fmt::format("`{}` is no IP address", o.source_address),
                   "write an address of this machine: `10.0.0.7`, or `fd00::7`");
  if (const Value* resolve = connect.find("resolve"))
    for (const auto& [host, address] : o.resolve) {
      if (!is_ip_address(address))
        reader.problem(mark_at(*resolve, host), "E143",
                       fmt::format("`{}` is no IP address", address),
                       fmt::format("write `{}: 10.0.0.7`", host));
      else if (host.find_first_of("/:") != host.npos && !is_ip_address(host))
        reader.problem(mark_at(*resolve, host), "E143", fmt::format("`{}` is no host name", host),
                       "write the name alone, without scheme and port");
    }
  constexpr std::size_t most = sizeof(sockaddr_un::sun_path) - 1;
  if (o.unix_socket.size() > most)
    reader.problem(mark_at(connect, "unix_socket"), "E104",
                   fmt::format("the path has {} bytes, and a socket's has at most {}",
                               o.unix_socket.size(), most),
                   "bind the server to a shorter path, or begin with a shorter folder");
  if (!o.unix_socket.empty() && !o.source_address.empty())
    reader.problem(mark_at(connect, "source_address"), "E145",
                   "`source_address` changes nothing: `unix_socket` leads past the network",
                   "leave one of them out");
  if (o.timeout && *o.timeout <= 0s)
    reader.problem(mark_at(connect, "timeout"), "E104", "a timeout is longer than nothing",
                   "write `timeout: 3s`");
  if (o.lookup_every && *o.lookup_every < 1s)
    reader.problem(mark_at(connect, "lookup_every"), "E104",
                   "names are looked up at most once a second", "write `lookup_every: 5s`");
  check_proxy(load, connect, reader);
}

/// libcurl speaks HTTP/1.1 and 2 and TLS, knows unix sockets, source addresses, `resolve` and
/// proxies. What is left is what only our own engine does.
void check_libcurl(const LoadSpec& load, const Value& entry, Reader& reader) {
  if (load.transport != TransportKind::Libcurl) return;
  auto cannot = [&](const Value& map, std::string_view key, std::string_view what) {
    reader.problem(mark_at(map, key), "E145", fmt::format("libcurl has no {}", what),
                   "leave it out, or leave out `transport: libcurl`");
  };
  if (load.pacing == Pacing::Precise) cannot(entry, "pacing", "`pacing: precise`");
  if (load.http.requests_per_connection > 0)
    cannot(*entry.find("http"), "requests_per_connection", "limit of requests per connection");
  if (!load.tls.server_name.empty())
    cannot(*entry.find("tls"), "server_name", "name of the server beside that of the address");
}

}  // namespace

void check_load_connections(const LoadSpec& load, const Value& entry, Reader& reader) {
  if (const Value* tls = entry.find("tls"); tls && tls->is_map()) check_tls(load, *tls, reader);
  if (const Value* connect = entry.find("connect"); connect && connect->is_map())
    check_connect(load, *connect, reader);
  check_libcurl(load, entry, reader);
}

}  // namespace gunflint
