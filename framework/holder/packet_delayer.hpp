#pragma once
/// The packet delayer: reads packets from a kernel queue (NFQUEUE), holds each for its time, and
/// lets it go. One thread. For kernels without netem, and for selections that netem cannot make.
///
/// Speaks the netlink protocol of linux/netfilter/nfnetlink_queue.h itself. Packets stay in the
/// kernel; only their number (and with jitter 64 bytes, to tell flows apart) is copied.

#include <cstdint>
#include <functional>
#include <vector>

#include "gunflint/base/fields.hpp"
#include "gunflint/base/units.hpp"
#include "holder/delay_schedule.hpp"
#include "host/netlink.hpp"

namespace gunflint {

struct DelayConfig {
  std::uint16_t queue = 0;
  Duration delay{}, jitter{};
  static Fields<DelayConfig> fields();
};

/// What the holder publishes about itself.
struct DelayStats {
  std::uint64_t packets = 0;             ///< taken from the queue
  std::uint64_t released = 0;            ///< let go after their time
  std::uint64_t late = 0;                ///< of these, more than 1 ms after their time
  std::uint64_t dropped = 0;             ///< lost by the queue (what it cannot hold passes instead)
  std::int64_t mean_hold_ns = 0;         ///< actual, over all released
  std::int64_t recent_mean_hold_ns = 0;  ///< over the last full second with packets; 0: none yet
  std::int64_t max_hold_ns = 0;
  static Fields<DelayStats> fields();
};

class PacketDelayer {
 public:
  /// Binds the queue: from here on its packets come to us. Conflict if another program has it.
  static Result<PacketDelayer> open(const DelayConfig& config);
  Result<void> change(const DelayConfig& config);

  /// Works until `stop_fd` is readable or closed, or `beat` answers false; then lets every held
  /// packet go, in order, and from then on packets pass the queue by. None is lost, also with the
  /// rule still in force. (Killed instead, its packets are lost: the kernel drops what a closed
  /// queue holds, up to `delay` of traffic, which the senders send again after 0.2 to 1 s.)
  /// `beat` is called at least every 100 ms.
  Result<void> run(int stop_fd, const std::function<bool(const DelayStats&)>& beat);

 private:
  PacketDelayer(NetlinkSocket socket, const DelayConfig& config);
  Result<void> bind();
  Result<void> set_copy(Duration jitter);
  static void go_first();
  bool receive();
  void take_message(ByteSpan message, Time now);
  void release_due(Time now);
  void hand_over();
  void release_all();
  void verdict(std::uint16_t type, std::uint32_t id);
  void flush();
  void count(const DelaySchedule::Packet& packet, Time now);
  void look_at_drops();

  NetlinkSocket socket_;
  DelayConfig config_;
  DelaySchedule schedule_;
  DelayStats stats_;
  NetlinkWriter out_;
  std::vector<std::byte> buffers_;
  std::int64_t total_hold_ns_ = 0;
  Time second_began_{};
  std::int64_t second_hold_ns_ = 0;
  std::uint64_t second_released_ = 0;
};

}  // namespace gunflint
