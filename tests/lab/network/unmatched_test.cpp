// What the fault costs those it is not about: round trips and throughput of unmatched traffic with
// and without a rule in force, in pairs, one after the other, so that the machine's moods cancel.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "network_lab.hpp"

namespace gunflint {
namespace {

constexpr int pairs = 15;

class UnmatchedNetwork : public NetworkLab {
 protected:
  void SetUp() override {
    if (!std::getenv("GUNFLINT_BENCH"))
      GTEST_SKIP() << "a performance bar: `./dev bench` measures it, on a quiet machine";
    NetworkLab::SetUp();
  }
  struct Ratio {
    double latency = 0, throughput = 0;  ///< with the fault, as a share of without
  };
  /// `with` puts the rule in force, `without` takes it away. Within a pair the order alternates.
  Ratio compare(EchoClient& bystander, const std::function<void()>& with,
                const std::function<void()>& without) {
    std::vector<double> latency, throughput;
    for (int pair = 0; pair < pairs; ++pair) {
      double trips[2] = {}, rate[2] = {};
      for (int half = 0; half < 2; ++half) {
        const bool faulty = (half == 0) == (pair % 2 == 0);
        if (faulty) with();
        bystander.median(200);  // until caches and the processor's pace have settled
        trips[faulty] = undisturbed(bystander.round_trips(4000));
        for (int i = 0; i < 8; ++i)
          rate[faulty] = std::max(rate[faulty], bystander.throughput(32u << 20));
        if (faulty) without();
      }
      latency.push_back(trips[1] / trips[0]);
      throughput.push_back(rate[1] / rate[0]);
    }
    return {median(latency), median(throughput)};
  }
  /// A low quantile: the round trips in which no other program of the machine came in between.
  static double undisturbed(std::vector<double> trips) {
    std::sort(trips.begin(), trips.end());
    return trips[trips.size() / 10];
  }
  static void expect_within(const Ratio& ratio, double share) {
    std::printf("    unmatched with/without: latency %.3f, throughput %.3f\n", ratio.latency,
                ratio.throughput);
    EXPECT_LE(ratio.latency, 1 + share);
    EXPECT_GE(ratio.throughput, 1 - share);
  }
};

TEST_F(UnmatchedNetwork, PortSelectorsCostOthersLessThanFivePercent) {
  EchoServer target, other;
  EchoClient bystander("127.0.0.1", other.port());
  const std::string params = R"({"delay": "50ms", "from": {"hosts": ["127.0.0.1"], "ports": [)" +
                             std::to_string(target.port()) + "]}}";
  expect_within(compare(
                    bystander, [&] { bench_->inject(bench_->host_member(), params, tag_); },
                    [&] { bench_->restore(tag_); }),
                0.05);
}

TEST_F(UnmatchedNetwork, ProcessSelectorsCostOthersLessThanTenPercent) {
  EchoServer target, other;
  RemoteClient process("127.0.0.1", target.port());
  EchoClient bystander("127.0.0.1", other.port());
  expect_within(
      compare(
          bystander,
          [&] { bench_->inject(bench_->process(process.pid(), {}), R"({"delay": "50ms"})", tag_); },
          [&] { bench_->restore(tag_); }),
      0.10);
}

}  // namespace
}  // namespace gunflint
