// delay: holds the packets of one NFQUEUE for their time. Its config is a DelayConfig, it publishes
// DelayStats.
#include "holder/holder.hpp"
#include "holder/packet_delayer.hpp"

namespace gunflint {
namespace {

Result<void> delay(const Value& document, Pulse& pulse, int stop_fd) {
  GF_TRY_AS(const DelayConfig config, decode<DelayConfig>(document));
  GF_TRY_AS(PacketDelayer delayer, PacketDelayer::open(config));
  pulse.ready();
  return delayer.run(stop_fd, [&](const DelayStats& stats) {
    pulse.beat();
    pulse.publish(encode(stats));
    return true;
  });
}

}  // namespace

GUNFLINT_HOLDER(delay, delay)

}  // namespace gunflint
