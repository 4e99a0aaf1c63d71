#include "holder/packet_delayer.hpp"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace gunflint {
namespace {

constexpr std::size_t batch = 64;
constexpr std::size_t message_bytes = 1024;  ///< attributes and at most 64 bytes of the packet
constexpr std::uint32_t copied_bytes = 64;   ///< IP header and the ports behind it
constexpr std::uint32_t queue_length = 1 << 18;
constexpr int receive_buffer = 64 << 20;
constexpr Duration beat_every = 100ms;

constexpr std::uint16_t queue_type(int message) {
  return static_cast<std::uint16_t>(NFNL_SUBSYS_QUEUE << 8 | message);
}

Time clock_now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return Time(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

std::uint64_t fold(std::uint64_t hash, ByteSpan bytes) {
  for (const std::byte b : bytes) hash = (hash ^ static_cast<std::uint64_t>(b)) * 1099511628211u;
  return hash;
}

/// Addresses, protocol and ports. Behind an IPv6 extension header the ports are not found, and the
/// flow is the pair of addresses.
std::uint64_t flow_of(ByteSpan packet) {
  std::uint64_t hash = 14695981039346656037u;
  if (packet.size() < 20) return hash;
  const int version = std::to_integer<int>(packet[0]) >> 4;
  std::size_t payload = 40, protocol = 6, addresses = 8, length = 32;
  if (version == 4) {
    payload = 4 * (std::to_integer<std::size_t>(packet[0]) & 15);
    protocol = 9;
    addresses = 12;
    length = 8;
  }
  if (packet.size() < addresses + length) return hash;
  hash = fold(hash, packet.subspan(addresses, length));
  hash = fold(hash, packet.subspan(protocol, 1));
  const int kind = std::to_integer<int>(packet[protocol]);
  if ((kind == IPPROTO_TCP || kind == IPPROTO_UDP) && packet.size() >= payload + 4)
    hash = fold(hash, packet.subspan(payload, 4));
  return hash;
}

}  // namespace

Fields<DelayConfig> DelayConfig::fields() {
  using T = DelayConfig;
  return {field("queue", &T::queue, "NFQUEUE number.").required(),
          field("delay", &T::delay, "How long each packet is held."),
          field("jitter", &T::jitter, "Uniform, plus or minus.")};
}
Fields<DelayStats> DelayStats::fields() {
  using T = DelayStats;
  return {field("packets", &T::packets, "Taken from the queue."),
          field("released", &T::released, "Let go after their time."),
          field("late", &T::late, "More than 1 ms after their time."),
          field("dropped", &T::dropped, "Lost by the queue."),
          field("mean_hold_ns", &T::mean_hold_ns, "Mean time held, all."),
          field("recent_mean_hold_ns", &T::recent_mean_hold_ns, "Mean time held, last second."),
          field("max_hold_ns", &T::max_hold_ns, "Longest time held.")};
}

PacketDelayer::PacketDelayer(NetlinkSocket socket, const DelayConfig& config)
    : socket_(std::move(socket)),
      config_(config),
      schedule_(config.delay, config.jitter, config.queue),
      buffers_(batch * message_bytes) {}

Result<PacketDelayer> PacketDelayer::open(const DelayConfig& config) {
  GF_TRY_AS(NetlinkSocket socket, NetlinkSocket::open());
  PacketDelayer made(std::move(socket), config);
  GF_TRY(made.bind());
  return made;
}

Result<void> PacketDelayer::bind() {
  const std::string queue = std::to_string(config_.queue);
  constexpr auto flags = NLM_F_REQUEST | NLM_F_ACK;
  NetlinkWriter message;
  message.begin(queue_type(NFQNL_MSG_CONFIG), flags, AF_UNSPEC, config_.queue);
  message.attribute_struct(NFQA_CFG_CMD, nfqnl_msg_config_cmd{NFQNL_CFG_CMD_BIND, 0, 0});
  message.end();
  if (auto bound = socket_.request(message, "take packet queue " + queue); !bound) {
    // The kernel says "busy" (EBUSY) or "not permitted" (EPERM) when another program has it.
    if (bound.error().cause == Cause::NotPermitted)
      bound.error().message +=
          "; it needs CAP_NET_ADMIN, and no other program may have this queue "
          "(see /proc/net/netfilter/nfnetlink_queue)";
    return bound;
  }
  message.clear();
  message.begin(queue_type(NFQNL_MSG_CONFIG), flags, AF_UNSPEC, config_.queue);
  message.attribute_be32(NFQA_CFG_QUEUE_MAXLEN, queue_length);
  // Fail-open: what the queue cannot hold passes. GSO: large segments stay whole, or throughput
  // falls to a twentieth.
  message.attribute_be32(NFQA_CFG_FLAGS, NFQA_CFG_F_FAIL_OPEN | NFQA_CFG_F_GSO);
  message.attribute_be32(NFQA_CFG_MASK, NFQA_CFG_F_FAIL_OPEN | NFQA_CFG_F_GSO);
  message.end();
  GF_TRY(socket_.request(message, "set up packet queue " + queue));
  // A full buffer would lose packets: large, and without the error that would stop the stream.
  ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer);
  const int on = 1;
  ::setsockopt(socket_.fd(), SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof on);
  return set_copy(config_.jitter);
}

Result<void> PacketDelayer::set_copy(Duration jitter) {
  nfqnl_msg_config_params params{};
  params.copy_mode = jitter == Duration::zero() ? NFQNL_COPY_META : NFQNL_COPY_PACKET;
  params.copy_range = htonl(jitter == Duration::zero() ? 0 : copied_bytes);
  NetlinkWriter message;
  // No acknowledgement asked for: packets may already be on their way, and waiting would eat them.
  message.begin(queue_type(NFQNL_MSG_CONFIG), NLM_F_REQUEST, AF_UNSPEC, config_.queue);
  message.attribute_struct(NFQA_CFG_PARAMS, params);
  message.end();
  if (::send(socket_.fd(), message.bytes().data(), message.size(), 0) < 0)
    return fail_errno(errno, "set up packet queue " + std::to_string(config_.queue));
  return {};
}

Result<void> PacketDelayer::change(const DelayConfig& config) {
  schedule_.change(config.delay, config.jitter);
  config_.delay = config.delay;
  config_.jitter = config.jitter;
  // The measured means are about the delay that is asked now.
  total_hold_ns_ = second_hold_ns_ = 0;
  second_released_ = 0;
  stats_ = DelayStats{.dropped = stats_.dropped};
  return set_copy(config.jitter);
}

Result<void> PacketDelayer::run(int stop_fd, const std::function<bool(const DelayStats&)>& beat) {
  go_first();
  Time next_beat = clock_now();
  while (true) {
    Time now = clock_now();
    release_due(now);
    if (now >= next_beat) {
      next_beat = now + beat_every;
      look_at_drops();
      if (!beat(stats_)) break;
    }
    const Time wake = schedule_.empty() ? next_beat : std::min(next_beat, schedule_.next_due());
    const Duration left = std::max(Duration::zero(), wake - clock_now());
    const timespec timeout{left / 1s, (left % 1s).count()};
    pollfd ready[2] = {{socket_.fd(), POLLIN, 0}, {stop_fd, POLLIN, 0}};
    const int got = ::ppoll(ready, 2, &timeout, nullptr);
    if (got < 0 && errno != EINTR) {
      const int number = errno;
      hand_over();
      return fail_errno(number, "wait for packets");
    }
    if (got <= 0) continue;
    if (ready[1].revents != 0) break;
    if (ready[0].revents != 0) receive();
  }
  hand_over();
  return {};
}

/// The kernel drops what a queue holds when it is closed, and what it was given between our last
/// look and the end. So it is told first that the queue has no more room: with fail-open packets
/// then pass by themselves. What is still in the socket is taken, and everything let go.
void PacketDelayer::hand_over() {
  NetlinkWriter message;
  message.begin(queue_type(NFQNL_MSG_CONFIG), NLM_F_REQUEST, AF_UNSPEC, config_.queue);
  message.attribute_be32(NFQA_CFG_QUEUE_MAXLEN, 0);
  message.end();
  // Without an acknowledgement, as in set_copy; the kernel works on it inside the call.
  (void)::send(socket_.fd(), message.bytes().data(), message.size(), 0);
  for (std::size_t taken = 0; taken < queue_length && receive(); taken += batch) continue;
  release_all();
}

/// Timers to the nanosecond instead of 50 µs, and in front of whatever burns the processors: a
/// packet that waits for us is late. Measured at load 10 on two processors: 20 % of the packets
/// more than 1 ms late at nice -10, none as a real-time process. It works for microseconds a
/// packet, and the kernel leaves the others their share whatever it does (sched_rt_runtime_us).
void PacketDelayer::go_first() {
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
  const sched_param lowest{.sched_priority = 1};
  if (::sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &lowest) != 0)
    ::setpriority(PRIO_PROCESS, 0, -10);
}

/// False when nothing was there.
bool PacketDelayer::receive() {
  std::array<mmsghdr, batch> headers{};
  std::array<iovec, batch> parts{};
  for (std::size_t i = 0; i < batch; ++i) {
    parts[i] = {buffers_.data() + i * message_bytes, message_bytes};
    headers[i].msg_hdr.msg_iov = &parts[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  const int got = ::recvmmsg(socket_.fd(), headers.data(), batch, MSG_DONTWAIT, nullptr);
  const Time now = clock_now();
  for (int i = 0; i < got; ++i) {
    const auto index = static_cast<std::size_t>(i);
    take_message(ByteSpan(buffers_).subspan(index * message_bytes, headers[index].msg_len), now);
  }
  return got > 0;
}

void PacketDelayer::take_message(ByteSpan message, Time now) {
  nlmsghdr header{};
  if (message.size() < sizeof header + sizeof(nfgenmsg)) return;
  std::memcpy(&header, message.data(), sizeof header);
  if (header.nlmsg_type != queue_type(NFQNL_MSG_PACKET)) return;
  std::uint64_t flow = 0;
  std::optional<std::uint32_t> id;
  for_each_attribute(message.subspan(sizeof header + sizeof(nfgenmsg)),
                     [&](std::uint16_t type, ByteSpan payload) {
                       if (type == NFQA_PACKET_HDR) id = read_be32(payload);
                       if (type == NFQA_PAYLOAD) flow = flow_of(payload);
                     });
  if (!id) return;
  ++stats_.packets;
  schedule_.arrive(now, *id, flow);
}

void PacketDelayer::release_due(Time now) {
  std::optional<std::uint32_t> last;
  while (!schedule_.empty() && schedule_.next_due() <= now) {
    const bool in_order = schedule_.in_order();
    const DelaySchedule::Packet packet = schedule_.take();
    count(packet, now);
    if (in_order)
      last = packet.id;
    else
      verdict(NFQNL_MSG_VERDICT, packet.id);
  }
  // One message lets every packet up to this number go.
  if (last) verdict(NFQNL_MSG_VERDICT_BATCH, *last);
  flush();
}

void PacketDelayer::release_all() {
  while (!schedule_.empty()) verdict(NFQNL_MSG_VERDICT, schedule_.take().id);
  flush();
}

void PacketDelayer::verdict(std::uint16_t type, std::uint32_t id) {
  out_.begin(queue_type(type), NLM_F_REQUEST, AF_UNSPEC, config_.queue);
  out_.attribute_struct(NFQA_VERDICT_HDR, nfqnl_msg_verdict_hdr{htonl(NF_ACCEPT), htonl(id)});
  out_.end();
  if (out_.size() > 16384) flush();
}

void PacketDelayer::flush() {
  if (out_.empty()) return;
  // The kernel works on it inside the call; it cannot be refused for lack of room.
  (void)::send(socket_.fd(), out_.bytes().data(), out_.size(), 0);
  out_.clear();
}

void PacketDelayer::count(const DelaySchedule::Packet& packet, Time now) {
  const std::int64_t hold = (now - packet.arrived).count();
  ++stats_.released;
  if (now - packet.due > 1ms) ++stats_.late;
  total_hold_ns_ += hold;
  stats_.mean_hold_ns = total_hold_ns_ / static_cast<std::int64_t>(stats_.released);
  stats_.max_hold_ns = std::max(stats_.max_hold_ns, hold);
  if (now - second_began_ >= 1s) {
    if (second_released_ > 0)
      stats_.recent_mean_hold_ns = second_hold_ns_ / static_cast<std::int64_t>(second_released_);
    second_began_ = now;
    second_hold_ns_ = 0;
    second_released_ = 0;
  }
  second_hold_ns_ += hold;
  ++second_released_;
}

/// Columns: queue, port id, waiting, copy mode, copy range, dropped in the queue, dropped towards
/// us, last packet number.
void PacketDelayer::look_at_drops() {
  std::FILE* file = std::fopen("/proc/self/net/netfilter/nfnetlink_queue", "re");
  if (file == nullptr) return;
  unsigned long queue = 0, mode = 0, range = 0, waiting = 0, lost = 0, refused = 0, number = 0;
  long port = 0;
  int one = 0;
  while (std::fscanf(file, "%lu %ld %lu %lu %lu %lu %lu %lu %d", &queue, &port, &waiting, &mode,
                     &range, &lost, &refused, &number, &one) == 9)
    if (queue == config_.queue) stats_.dropped = lost + refused;
  std::fclose(file);
}

}  // namespace gunflint
