// The numbered semantics of the language that the reader decides.
#include <gtest/gtest.h>

#include "reading.hpp"

namespace gunflint {
namespace {

const std::string start = R"(version: 1
name: x
targets: { web: { local: { process: nginx } } }
load:
  shop:
    base_url: http://127.0.0.1
    stages: [ { name: normal, rate: 50/s, for: 2m }, { name: surge, rate: 200/s, for: 1m } ]
    requests: [ { get: / } ]
)";
const std::string judged = "steady_state: [ { load: shop, expect: error_rate < 1% } ]\n";

ReadExperiment read(const std::string& rest, const std::string& begin = start) {
  return read_experiment(source_of(begin + rest), with_catalogue());
}
ReadExperiment with_fault(const std::string& keys) {
  return read(judged + "faults: [ { type: noop, target: web, " + keys + " } ]\n");
}
Experiment right(const ReadExperiment& r) {
  EXPECT_TRUE(r.experiment) << print_problems(r.problems, false);
  return r.experiment.value_or(Experiment{});
}

TEST(Semantics02, AStartIsATimeOrANameAndExactlyOne) {
  EXPECT_EQ(right(with_fault("at: 90s, for: 5s")).faults[0].start.time, 90s);
  EXPECT_EQ(right(with_fault("at: surge, plus: 5s, for: 5s")).faults[0].start.plus, 5s);
  EXPECT_EQ(right(with_fault("after: normal, for: 5s")).faults[0].start.how, Start::How::After);
  EXPECT_EQ(right(with_fault("while: [ normal, surge ], plus: 40s")).faults[0].start.names.size(),
            2u);
  EXPECT_EQ(codes(with_fault("at: surge, after: normal, for: 5s")), "E120");
  EXPECT_EQ(right(with_fault("for: 5s")).faults[0].start.how, Start::How::Gate);
  EXPECT_EQ(codes(read(judged + "faults: [ { type: noop, target: web, for: 5s }, { name: b, type: "
                                "noop, target: web, at: surge, for: 5s } ]\n")),
            "E124");
}

TEST(Semantics02, TheOrderOfTheListMeansNothing) {
  right(read(judged + "faults:\n  - { name: b, type: noop, target: web, after: a, for: 5s }\n"
                      "  - { name: a, type: noop, target: web, at: surge, for: 5s }\n"));
}

TEST(Semantics03, StagesAndFaultsShareOneNameSpace) {
  EXPECT_EQ(codes(with_fault("name: surge, at: normal, for: 5s")), "E113");
  EXPECT_EQ(codes(with_fault("name: 30s, at: surge, for: 5s")), "E111");
  EXPECT_EQ(codes(with_fault("name: a.b, at: surge, for: 5s")), "E111");
  EXPECT_EQ(right(with_fault("at: shop.surge, for: 5s")).faults[0].start.names[0], "shop.surge");
}

TEST(Semantics05, TheDrainLastsAtMostTheTimeout) {
  const auto e = right(read(judged));
  EXPECT_EQ(length_of(e).shortest, 3min);
  EXPECT_EQ(length_of(e).longest, 3min + 10s);
}

TEST(Semantics06, ALongestLengthAboveTheLimitIsAnError) {
  EXPECT_EQ(codes(read(judged + "time_limit: 3m\n")), "E128");
  right(read(judged + "time_limit: 190s\n"));
  // 2m + 30s fault, recovered within 30s and stable for 60s, drain 10s.
  const auto e = right(with_fault("at: surge, for: 30s"));
  EXPECT_EQ(length_of(e).longest, 2min + 30s + 30s + 60s + 10s);
  // A grace of 2 min from the injection outlasts `within`: 90 s of it are left at the end.
  EXPECT_EQ(length_of(right(with_fault("at: surge, for: 30s, grace: 2m"))).longest,
            2min + 30s + 90s + 60s + 10s);
}

TEST(Semantics06, EveryWaitIsBoundedAndCountsInTheLongestLength) {
  const auto bare = right(with_fault("at: surge, for: 30s"));
  // Nothing need be waited for: 3 min of stages. A fault's end and recovery may add to it.
  EXPECT_EQ(length_of(bare).shortest, 3min + 30s);
  const auto waits = right(
      with_fault("at: surge, for: 30s, wait_until: { target: web, expect: ready >= 1, timeout: "
                 "45s }"));
  EXPECT_EQ(length_of(waits).longest - length_of(bare).longest, 45s);
  EXPECT_EQ(length_of(waits).shortest, length_of(bare).shortest);
  const auto slow = right(read(judged + "recovery: { within: 5m, stable_for: 2m }\n" +
                               "faults: [ { type: noop, target: web, at: surge, for: 30s } ]\n"));
  EXPECT_EQ(length_of(slow).longest, 2min + 30s + 5min + 2min + 10s);
  const auto reacts =
      right(read(judged + "faults: [ { name: f, type: noop, target: web, at: surge, for: 30s } ]\n"
                          "reactions: [ { name: r, target: web, at: f, expect: ready >= 2, within: "
                          "20m } ]\n"));
  EXPECT_EQ(length_of(reacts).longest, 2min + 20min + 10s);
}

TEST(Semantics07, ARepeatedFaultIsOneFaultToItsLastEnd) {
  const auto e = right(with_fault("at: surge, for: 5s, repeat: { every: 20s, times: 4 }"));
  EXPECT_EQ(e.faults.size(), 1u);
  EXPECT_EQ(length_of(e).longest, 2min + 60s + 5s + 30s + 60s + 10s);
}

TEST(Semantics08, AllIsTheDefaultOfDuring) {
  EXPECT_EQ(right(read(judged)).steady_state[0].during, std::vector{During::All});
}

TEST(Semantics09, AFaultBeforeTheGateCanBeKnownIsRefused) {
  EXPECT_EQ(codes(with_fault("at: 10s, for: 5s")), "E144");
  EXPECT_EQ(codes(with_fault("at: 39s, for: 5s")), "E144") << "30 s of gate, the first window 10 s";
  EXPECT_EQ(codes(with_fault("at: 40s, for: 5s")), "");
  EXPECT_EQ(codes(with_fault("for: 5s")), "") << "it waits for the gate";
  EXPECT_EQ(right(read(judged)).gate, 30s);
}

TEST(Semantics10, ABaselineWithoutALongConstantStretchIsWarnedOf) {
  const std::string baseline = "steady_state: [ { load: shop, expect: p95 < 120% of baseline } ]\n";
  EXPECT_EQ(codes(read(baseline + "faults: [ { type: noop, target: web, at: 60s, for: 5s } ]\n")),
            "W210");
  EXPECT_EQ(codes(read(baseline + "faults: [ { type: noop, target: web, at: 70s, for: 5s } ]\n")),
            "");
}

TEST(Semantics11, TheWindowIsTenSecondsByDefault) {
  EXPECT_EQ(right(read(judged)).steady_state[0].window, 10s);
}

TEST(Semantics13, OfBaselineIsJudgedOncePerPhase) {
  const auto e = right(read("steady_state: [ { load: shop, expect: p95 < 120% of baseline } ]\n"));
  EXPECT_TRUE(e.steady_state[0].window_is_phase);
  EXPECT_EQ(
      codes(read("steady_state: [ { load: shop, expect: p95 < 120% of baseline, window: 30s } "
                 "]\n")),
      "E136");
}

TEST(Semantics14, TolerateIsATimeOrAShare) {
  EXPECT_EQ(right(read("steady_state: [ { load: shop, expect: error_rate < 1%, tolerate: 5s } ]\n"))
                .steady_state[0]
                .tolerate.time,
            5s);
  EXPECT_EQ(right(read("steady_state: [ { load: shop, expect: error_rate < 1%, tolerate: 2% } ]\n"))
                .steady_state[0]
                .tolerate.share->of_one,
            0.02);
}

TEST(Semantics16, NoDataIsInconclusiveUnlessSaid) {
  EXPECT_EQ(right(read(judged)).steady_state[0].no_data, NoData::Inconclusive);
  EXPECT_EQ(
      codes(read("steady_state: [ { load: shop, expect: error_rate < 1%, no_data: ignore } ]\n")),
      "E136");
}

TEST(Semantics19, TheTimeoutIsTenSecondsAndAStatusMayBeNamed) {
  const auto e = right(read(judged));
  EXPECT_EQ(e.loads[0].timeout, 10s);
  EXPECT_TRUE(std::get<Request>(e.loads[0].journeys[0].steps[0]).check.status.empty());
}

TEST(Semantics24, UsersAffectedIsAShareOrACount) {
  right(read("steady_state: [ { load: shop, expect: users_affected < 2% } ]\n"));
  right(read("steady_state: [ { load: shop, expect: users_affected < 500 } ]\n"));
  EXPECT_EQ(codes(read("steady_state: [ { load: shop, expect: error_rate < 5 } ]\n")), "E123");
}

TEST(Semantics25, AMemberIsTheHostWithoutASelector) {
  const auto e = right(read(judged,
                            "version: 1\nname: x\ntargets: { host: { local: {} } }\nload:\n"
                            "  shop:\n    base_url: http://127.0.0.1\n    stages: [ { rate: "
                            "1/s, for: 1m } ]\n    requests: [ { get: / } ]\n"));
  EXPECT_TRUE(e.targets[0].local.empty());
}

TEST(Semantics27, NewMembersAreIgnoredUnlessSaid) {
  EXPECT_EQ(right(with_fault("for: 5s")).faults[0].new_members, NewMembers::Ignore);
  EXPECT_EQ(right(with_fault("for: 5s, new_members: inject")).faults[0].new_members,
            NewMembers::Inject);
}

TEST(Semantics31, OneMemberUnlessSaid) {
  const Pick pick = right(with_fault("for: 5s")).faults[0].pick;
  EXPECT_FALSE(pick.all || pick.count || pick.share);
  EXPECT_TRUE(right(with_fault("for: 5s, pick: all")).faults[0].pick.all);
  EXPECT_EQ(codes(with_fault("for: 5s, pick: { count: 1, share: 50% }")), "E120");
}

TEST(Semantics32, APickAboveTheBlastRadiusIsAnError) {
  const std::string fault =
      judged + "faults: [ { type: noop, target: web, for: 5s, pick: { count: 3 } } ]\n";
  EXPECT_EQ(codes(read(fault + "blast_radius: { max_members: 2 }\n")), "E129");
  EXPECT_EQ(right(read(fault)).blast_radius.keep_ready, 1);
}

TEST(Semantics32, AllThatWhereNamesAreNotAllMembers) {
  const auto pick = [](const std::string& which, const std::string& radius) {
    return codes(read(judged + "faults: [ { type: pause, target: web, at: surge, for: 5s, pick: " +
                      which + " } ]\nblast_radius: { " + radius + " }\n"));
  };
  EXPECT_EQ(pick("{ share: 100% }", "keep_ready: 1"), "E129");
  EXPECT_EQ(pick("{ share: 100%, where: web-2 }", "keep_ready: 1"), "");
  EXPECT_EQ(pick("{ share: 100% }", "max_share: 50%, keep_ready: 0"), "E129");
  EXPECT_EQ(pick("{ share: 100%, where: web-2 }", "max_share: 50%"), "");
}

TEST(Semantics33, WhatLastsSaysHowLong) {
  EXPECT_EQ(codes(with_fault("at: surge")), "E125");
  EXPECT_EQ(codes(with_fault("while: surge, for: 5s")), "E125");
  EXPECT_EQ(codes(with_fault("at: surge, for: 18s, repeat: { every: 20s, jitter: 2s, times: 2 }")),
            "E126");
  EXPECT_EQ(codes(with_fault("at: surge, for: 5s, repeat: { every: 20s }")), "E126");
  right(with_fault("while: surge, for: 5s, repeat: { every: 20s }"));
  EXPECT_EQ(codes(read(judged + "faults: [ { type: kill, target: web, at: surge, for: 5s } ]\n")),
            "E125");
}

TEST(Semantics34, WaitUntilHasItsTimeoutAndOnlyIfHasNone) {
  const auto e = right(with_fault("for: 5s, wait_until: { target: web, expect: ready >= 2 }"));
  EXPECT_EQ(e.faults[0].wait_until->timeout, 60s);
  EXPECT_EQ(e.faults[0].wait_until->on_timeout, When::OnTimeout::Fail);
  EXPECT_EQ(codes(with_fault("for: 5s, only_if: { target: web, expect: ready >= 2, timeout: 5s }")),
            "E120");
}

TEST(Semantics37, RecoveryDefaults) {
  const auto e = right(read(judged));
  EXPECT_EQ(e.recovery.within, 30s);
  EXPECT_EQ(e.recovery.stable_for, 60s);
}

TEST(Semantics38, AFaultHasItsOwnRecoveryAndOthersMayWaitForIt) {
  const auto e =
      right(read(judged +
                 "faults:\n  - { name: a, type: noop, target: web, at: 40s, for: 5s, recovery: { "
                 "within: 5s, stable_for: 10s } }\n"
                 "  - { name: b, type: noop, target: web, after_recovery: a, for: 5s }\n"));
  EXPECT_EQ(e.faults[0].recovery->within, 5s);
  EXPECT_EQ(codes(with_fault("after_recovery: surge, for: 5s")), "E124");
}

TEST(Semantics39, AReactionStaysTrueForTenSeconds) {
  EXPECT_EQ(right(read(judged + "reactions: [ { target: web, expect: ready > 1 } ]\n"))
                .reactions[0]
                .stable_for,
            10s);
}

TEST(Semantics40, AnAlertThatMustFireSaysWhen) {
  const std::string sources = "sources: { alertmanager: { url: \"http://127.0.0.1:9093\" } }\n";
  EXPECT_EQ(codes(read(judged + sources + "alerts: [ { name: A, must: fire } ]\n")), "E137 E137");
  EXPECT_EQ(
      codes(read(judged + sources + "alerts: [ { name: A, must: stay_silent, at: surge } ]\n")),
      "E137");
  right(read(judged + sources + "alerts: [ { name: A, must: fire, at: surge, within: 1m } ]\n"));
}

TEST(Semantics41, NoGuardOverARemoteTargetIsWarnedOf) {
  EXPECT_EQ(
      codes(read_experiment(
          source_of("version: 1\nname: x\ntargets: { web: { ssh: { hosts: a } } }\n"
                    "load: { l: { base_url: \"http://127.0.0.1\", stages: [ { rate: 1/s, for: "
                    "1m } ], requests: [ { get: / } ] } }\n"
                    "steady_state: [ { load: l, expect: error_rate < 1% } ]\n"
                    "faults: [ { type: noop, target: web, for: 5s } ]\n"),
          with_catalogue())),
      "W241");
  const auto e = right(read(judged + "abort: [ { load: shop, when: error_rate > 25% } ]\n"));
  EXPECT_EQ(e.abort[0].no_data, NoData::Fail);
}

}  // namespace
}  // namespace gunflint
