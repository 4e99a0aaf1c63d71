#include "host/network_conntrack.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "host/netlink.hpp"

namespace gunflint {
namespace {

constexpr std::uint16_t type_of(int message) {
  return static_cast<std::uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | message);
}
constexpr std::uint32_t tracked_seconds = 600;  ///< the kernel extends it with every packet

struct Tracked {
  std::uint8_t family = 0;
  std::vector<std::byte> tuple, zone;  ///< raw attributes, to name the connection again
};

Result<std::vector<Tracked>> connections_with(NetlinkSocket& socket, std::uint32_t bit) {
  NetlinkWriter message;
  message.begin(type_of(IPCTNL_MSG_CT_GET), NLM_F_REQUEST | NLM_F_DUMP, AF_UNSPEC, 0);
  message.attribute_be32(CTA_MARK, bit);
  message.attribute_be32(CTA_MARK_MASK, bit);
  message.end();
  std::vector<Tracked> found;
  GF_TRY(socket.dump(message, "list the tracked connections",
                     [&](std::uint8_t family, ByteSpan attributes) {
                       Tracked one;
                       one.family = family;
                       std::uint32_t mark = 0;
                       for_each_attribute(attributes, [&](std::uint16_t type, ByteSpan payload) {
                         if (type == CTA_TUPLE_ORIG)
                           one.tuple.assign(payload.begin(), payload.end());
                         if (type == CTA_ZONE) one.zone.assign(payload.begin(), payload.end());
                         if (type == CTA_MARK) mark = read_be32(payload);
                       });
                       // Kernels before 2.6.38 know no filter: look at the mark as well.
                       if ((mark & bit) != 0) found.push_back(std::move(one));
                     }));
  return found;
}

void write_tuple(NetlinkWriter& message, std::uint16_t type, const Flow& flow, bool reply) {
  const auto length = flow.v6 ? std::size_t{16} : std::size_t{4};
  const ByteSpan local = ByteSpan(flow.local).first(length);
  const ByteSpan remote = ByteSpan(flow.remote).first(length);
  const auto tuple = message.begin_nest(type);
  const auto ip = message.begin_nest(CTA_TUPLE_IP);
  message.attribute(flow.v6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, reply ? remote : local);
  message.attribute(flow.v6 ? CTA_IP_V6_DST : CTA_IP_V4_DST, reply ? local : remote);
  message.end_nest(ip);
  const auto protocol = message.begin_nest(CTA_TUPLE_PROTO);
  message.attribute_u8(CTA_PROTO_NUM, IPPROTO_TCP);
  message.attribute_be16(CTA_PROTO_SRC_PORT, reply ? flow.remote_port : flow.local_port);
  message.attribute_be16(CTA_PROTO_DST_PORT, reply ? flow.local_port : flow.remote_port);
  message.end_nest(protocol);
  message.end_nest(tuple);
}

void write_mark(NetlinkWriter& message, std::uint32_t value, std::uint32_t bit) {
  message.attribute_be32(CTA_MARK, value);
  message.attribute_be32(CTA_MARK_MASK, bit);  // only this bit is replaced
}

/// Marks a connection that is tracked; Gone when it is not.
Result<void> mark_tracked(NetlinkSocket& socket, const Flow& flow, std::uint32_t bit) {
  NetlinkWriter message;
  message.begin(type_of(IPCTNL_MSG_CT_NEW), NLM_F_REQUEST | NLM_F_ACK, flow.v6 ? AF_INET6 : AF_INET,
                0);
  write_tuple(message, CTA_TUPLE_ORIG, flow, false);
  write_mark(message, bit, bit);
  message.end();
  return socket.request(message, "mark an open connection");
}

/// Makes the kernel track an established connection, as it would itself at the next packet.
Result<void> track_marked(NetlinkSocket& socket, const Flow& flow, std::uint32_t bit) {
  NetlinkWriter message;
  message.begin(type_of(IPCTNL_MSG_CT_NEW), NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
                flow.v6 ? AF_INET6 : AF_INET, 0);
  write_tuple(message, CTA_TUPLE_ORIG, flow, false);
  write_tuple(message, CTA_TUPLE_REPLY, flow, true);
  message.attribute_be32(CTA_TIMEOUT, tracked_seconds);
  message.attribute_be32(CTA_STATUS, IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED);
  message.attribute_be32(CTA_MARK, bit);
  const auto info = message.begin_nest(CTA_PROTOINFO);
  const auto tcp = message.begin_nest(CTA_PROTOINFO_TCP);
  message.attribute_u8(CTA_PROTOINFO_TCP_STATE, TCP_CONNTRACK_ESTABLISHED);
  // The window of a connection that was not watched from its start is unknown: be liberal.
  const nf_ct_tcp_flags liberal{IP_CT_TCP_FLAG_BE_LIBERAL, IP_CT_TCP_FLAG_BE_LIBERAL};
  message.attribute_struct(CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, liberal);
  message.attribute_struct(CTA_PROTOINFO_TCP_FLAGS_REPLY, liberal);
  message.end_nest(tcp);
  message.end_nest(info);
  message.end();
  return socket.request(message, "track an open connection");
}

}  // namespace

Result<bool> connection_mark_in_use(std::uint32_t bit) {
  GF_TRY_AS(NetlinkSocket socket, NetlinkSocket::open());
  auto found = connections_with(socket, bit);
  // A kernel without connection tracking has no marks.
  if (!found && found.error().cause == Cause::NotPermitted) return fail(std::move(found).error());
  return found && !found->empty();
}

Result<int> clear_connection_mark(std::uint32_t bit) {
  GF_TRY_AS(NetlinkSocket socket, NetlinkSocket::open());
  GF_TRY_AS(const auto found, connections_with(socket, bit));
  for (const auto& one : found) {
    NetlinkWriter message;
    message.begin(type_of(IPCTNL_MSG_CT_NEW), NLM_F_REQUEST | NLM_F_ACK, one.family, 0);
    message.attribute(CTA_TUPLE_ORIG | NLA_F_NESTED, one.tuple);
    if (!one.zone.empty()) message.attribute(CTA_ZONE, one.zone);
    write_mark(message, 0, bit);
    message.end();
    // A connection that ended meanwhile has taken its mark along.
    if (auto cleared = socket.request(message, "clear the mark of a connection");
        !cleared && cleared.error().cause != Cause::Gone)
      return fail(std::move(cleared).error());
  }
  return static_cast<int>(found.size());
}

Result<void> mark_connections(const std::vector<Flow>& flows, std::uint32_t bit) {
  if (flows.empty()) return {};
  GF_TRY_AS(NetlinkSocket socket, NetlinkSocket::open());
  for (const auto& flow : flows) {
    auto marked = mark_tracked(socket, flow, bit);
    if (!marked && marked.error().cause == Cause::Gone) {
      marked = track_marked(socket, flow, bit);
      // A packet was faster: now it is tracked.
      if (!marked && marked.error().cause == Cause::Conflict)
        marked = mark_tracked(socket, flow, bit);
    }
    GF_TRY(marked);
  }
  return {};
}

}  // namespace gunflint
