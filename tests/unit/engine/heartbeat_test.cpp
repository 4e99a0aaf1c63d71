// A lease outlives the loop that judges by no more than itself; who was not asked is not blamed.
#include "engine/heartbeat.hpp"

#include <gtest/gtest.h>

namespace gunflint {
namespace {

using Due = Heartbeat::Due;

Time moment(Duration t) { return Time(1h + t); }

/// A link on a fake clock that looks every 100 ms.
struct Link {
  explicit Link(Duration lease, Duration shortest = 1h) : heartbeat(lease, shortest, moment(0s)) {}
  /// Looks until `end`; the agent answers each beat unless it is silent.
  void run_to(Duration end, bool silent = false) {
    for (; now < end && !lost; now += 100ms) {
      const Due due = heartbeat.at(moment(now), pulse ? pulse->age(moment(now)) : Duration(0));
      if (due == Due::Beat) beats.push_back(now);
      if (due == Due::Beat && !silent) heartbeat.heard(moment(now));
      if (due == Due::Lost) lost = now;
    }
  }
  Heartbeat heartbeat;
  const JudgePulse* pulse = nullptr;
  Duration now{};
  std::vector<Duration> beats;
  std::optional<Duration> lost;
};

TEST(Heartbeat, ThreeBeatsInEachLeaseAlsoInTheShortest) {
  Link usual(3s), shorter(30s, 900ms);
  usual.run_to(3050ms);
  EXPECT_EQ(usual.beats, (std::vector<Duration>{1s, 2s, 3s}));
  shorter.run_to(950ms);
  EXPECT_EQ(shorter.beats, (std::vector<Duration>{300ms, 600ms, 900ms}));
}

TEST(Heartbeat, OfACoordinatorWhoseLoopIsStuckStopsWithinHalfALease) {
  JudgePulse pulse;
  Link link(3s);
  link.pulse = &pulse;
  link.run_to(10s);
  EXPECT_EQ(link.beats.size(), 9u) << "while it opens, nothing has come round yet";
  for (Duration t = 10s; t < 20s; t += 200ms) {
    pulse.round(moment(t));
    link.run_to(t + 200ms);
  }
  const auto before = link.beats.size();
  link.run_to(60s);  // the last round was at 19.8 s
  EXPECT_LE(link.beats.size(), before + 2);
  EXPECT_LE(link.beats.back(), 19800ms + 1500ms);
  pulse.round(moment(60s));
  link.run_to(60300ms);
  EXPECT_GE(link.beats.back(), 60s) << "and begins again at once";
}

TEST(Heartbeat, WhoWasNotAskedIsNotLost) {
  JudgePulse pulse;
  pulse.round(moment(0s));
  Link link(3s);
  link.pulse = &pulse;
  link.run_to(120s, true);
  EXPECT_EQ(link.lost, std::nullopt);
  pulse.round(moment(120s));
  link.run_to(121s, true);
  EXPECT_EQ(link.lost, std::nullopt) << "it has only just been asked again";
}

TEST(Heartbeat, WhoWasAskedAndIsSilentForALeaseAndTwoSecondsIsLost) {
  Link link(3s);
  link.run_to(60s, true);
  ASSERT_TRUE(link.lost);
  EXPECT_NEAR(seconds(*link.lost), 5.0, 0.2);
}

TEST(Heartbeat, WhenThisProcessWasStoppedNobodyElseWasSilent) {
  Link link(3s);
  link.run_to(5s);
  link.now = 65s;  // SIGSTOP, SIGCONT
  link.run_to(66s);
  EXPECT_EQ(link.lost, std::nullopt);
}

}  // namespace
}  // namespace gunflint
