#include "host/netlink.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace gunflint {
namespace {

constexpr std::size_t aligned(std::size_t length) { return (length + 3) & ~std::size_t{3}; }

/// Calls `each(header, payload)` for the messages of one datagram until it answers false.
bool for_each_message(ByteSpan datagram,
                      const std::function<bool(const nlmsghdr&, ByteSpan)>& each) {
  while (datagram.size() >= sizeof(nlmsghdr)) {
    nlmsghdr header{};
    std::memcpy(&header, datagram.data(), sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > datagram.size()) return true;
    if (!each(header, datagram.subspan(sizeof header, header.nlmsg_len - sizeof header)))
      return false;
    datagram = datagram.subspan(std::min(datagram.size(), aligned(header.nlmsg_len)));
  }
  return true;
}

/// The number in an error message; 0 is the acknowledgement.
int error_number(ByteSpan payload) {
  int number = 0;
  if (payload.size() >= sizeof number) std::memcpy(&number, payload.data(), sizeof number);
  return -number;
}

}  // namespace

void NetlinkWriter::append(ByteSpan bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}
void NetlinkWriter::pad() { bytes_.resize(aligned(bytes_.size())); }

void NetlinkWriter::begin(std::uint16_t type, std::uint16_t flags, std::uint8_t family,
                          std::uint16_t resource, std::uint32_t sequence) {
  pad();
  message_ = bytes_.size();
  nlmsghdr header{};
  header.nlmsg_type = type;
  header.nlmsg_flags = flags;
  header.nlmsg_seq = sequence;
  append(std::as_bytes(std::span(&header, 1)));
  nfgenmsg generic{family, NFNETLINK_V0, htons(resource)};
  append(std::as_bytes(std::span(&generic, 1)));
}

void NetlinkWriter::attribute(std::uint16_t type, ByteSpan payload) {
  const nlattr header{static_cast<std::uint16_t>(sizeof(nlattr) + payload.size()), type};
  append(std::as_bytes(std::span(&header, 1)));
  append(payload);
  pad();
}
void NetlinkWriter::attribute_be32(std::uint16_t type, std::uint32_t value) {
  attribute_struct(type, htonl(value));
}
void NetlinkWriter::attribute_be16(std::uint16_t type, std::uint16_t value) {
  attribute_struct(type, htons(value));
}
void NetlinkWriter::attribute_u8(std::uint16_t type, std::uint8_t value) {
  attribute_struct(type, value);
}

std::size_t NetlinkWriter::begin_nest(std::uint16_t type) {
  const std::size_t begin = bytes_.size();
  attribute(static_cast<std::uint16_t>(type | NLA_F_NESTED), {});
  return begin;
}
void NetlinkWriter::end_nest(std::size_t begin) {
  const auto length = static_cast<std::uint16_t>(bytes_.size() - begin);
  std::memcpy(bytes_.data() + begin, &length, sizeof length);
}

void NetlinkWriter::end() {
  const auto length = static_cast<std::uint32_t>(bytes_.size() - message_);
  std::memcpy(bytes_.data() + message_, &length, sizeof length);
}

void for_each_attribute(ByteSpan attributes,
                        const std::function<void(std::uint16_t, ByteSpan)>& each) {
  while (attributes.size() >= sizeof(nlattr)) {
    nlattr header{};
    std::memcpy(&header, attributes.data(), sizeof header);
    if (header.nla_len < sizeof header || header.nla_len > attributes.size()) return;
    each(header.nla_type & NLA_TYPE_MASK,
         attributes.subspan(sizeof header, header.nla_len - sizeof header));
    attributes = attributes.subspan(std::min(attributes.size(), aligned(header.nla_len)));
  }
}

std::uint32_t read_be32(ByteSpan payload) {
  std::uint32_t value = 0;
  if (payload.size() >= sizeof value) std::memcpy(&value, payload.data(), sizeof value);
  return ntohl(value);
}
std::uint16_t read_be16(ByteSpan payload) {
  std::uint16_t value = 0;
  if (payload.size() >= sizeof value) std::memcpy(&value, payload.data(), sizeof value);
  return ntohs(value);
}

NetlinkSocket::NetlinkSocket(NetlinkSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
NetlinkSocket& NetlinkSocket::operator=(NetlinkSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
NetlinkSocket::~NetlinkSocket() {
  if (fd_ >= 0) ::close(fd_);
}

Result<NetlinkSocket> NetlinkSocket::open() {
  NetlinkSocket made(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  if (made.fd_ < 0) return fail_errno(errno, "open a netlink socket to netfilter");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (::bind(made.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail_errno(errno, "bind a netlink socket to netfilter");
  // The kernel answers at once; a limit all the same, so that nothing ever waits for ever.
  const timeval limit{5, 0};
  ::setsockopt(made.fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return made;
}

Result<void> NetlinkSocket::request(const NetlinkWriter& message, const std::string& attempted) {
  if (::send(fd_, message.bytes().data(), message.size(), 0) < 0)
    return fail_errno(errno, attempted);
  std::vector<std::byte> buffer(1 << 16);
  while (true) {
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, attempted);
    int number = -1;
    for_each_message(ByteSpan(buffer).first(static_cast<std::size_t>(got)),
                     [&](const nlmsghdr& header, ByteSpan payload) {
                       if (header.nlmsg_type != NLMSG_ERROR) return true;
                       number = error_number(payload);
                       return false;
                     });
    if (number > 0) return fail_errno(number, attempted);
    if (number == 0) return {};
  }
}

Result<void> NetlinkSocket::dump(
    const NetlinkWriter& message, const std::string& attempted,
    const std::function<void(std::uint8_t family, ByteSpan attributes)>& each) {
  if (::send(fd_, message.bytes().data(), message.size(), 0) < 0)
    return fail_errno(errno, attempted);
  std::vector<std::byte> buffer(1 << 16);
  while (true) {
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, attempted);
    int number = 0;
    const bool more = for_each_message(
        ByteSpan(buffer).first(static_cast<std::size_t>(got)),
        [&](const nlmsghdr& header, ByteSpan payload) {
          if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) {
            number = error_number(payload);
            return false;
          }
          if (payload.size() >= sizeof(nfgenmsg))
            each(static_cast<std::uint8_t>(payload[0]), payload.subspan(sizeof(nfgenmsg)));
          return true;
        });
    if (number > 0) return fail_errno(number, attempted);
    if (!more) return {};
  }
}

}  // namespace gunflint
