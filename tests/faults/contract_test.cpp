// What holds for every fault of the catalogue, whoever wrote it (DESIGN 8.1).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "faults/fault_case.hpp"
#include "gunflint/model/reader.hpp"

namespace gunflint {

namespace {

using Accident = FakeHost::Accident;

/// A fresh machine with one injection prepared and observed.
struct Scene {
  explicit Scene(const FaultCase& fault_case)
      : injection(fake, fault_case.fault, fault_case.prepare(fake)) {
    settle();
    before = fake.world.picture();
    const auto seen = injection.observe();
    EXPECT_TRUE(seen) << seen.error().message;
  }
  /// Gives services time to do what they were told.
  void settle() { fake.advance(30s); }
  std::string picture() {
    settle();
    return fake.world.picture();
  }
  bool undone_by_us() const {
    return injection.kind().healing(injection.trial.params) == Healing::ByUs;
  }
  FakeHost fake;
  Injection injection;
  std::string before;
};

std::string said(const Result<void>& result) { return result ? "" : result.error().message; }

class Contract : public testing::TestWithParam<FaultCase> {};

TEST_P(Contract, ParamsAreAccepted) {
  FakeHost fake;
  const FaultTrial trial = GetParam().prepare(fake);
  Reader reader;
  find_fault(GetParam().fault)->check(trial.params, reader);
  for (const auto& p : reader.problems()) ADD_FAILURE() << p.path << ": " << p.sentence;
}

TEST_P(Contract, NeedsAndTouchesAnswer) {
  FakeHost fake;
  const FaultTrial trial = GetParam().prepare(fake);
  const FaultKind& kind = *find_fault(GetParam().fault);
  for (const auto& need : kind.needs(fake.facts, trial.params)) {
    EXPECT_FALSE(need.what.empty());
    EXPECT_FALSE(need.why.empty()) << need.what;
    EXPECT_TRUE(need.present || !need.fix.empty()) << need.what << " has no fix";
  }
  for (const auto& key : kind.touches(trial.member, trial.params))
    EXPECT_NE(key.find(':'), std::string::npos) << key << " names no kind of resource";
  EXPECT_FALSE(fake.facts.capabilities != 0 && !kind.needs(fake.facts, trial.params).empty() &&
               std::ranges::any_of(kind.needs(fake.facts, trial.params),
                                   [](const Need& n) { return !n.present; }))
      << "a machine that has everything lacks something";
}

TEST_P(Contract, ObserveChangesNothing) {
  Scene scene(GetParam());
  EXPECT_EQ(scene.fake.changes(), std::vector<std::string>{});
  EXPECT_EQ(scene.picture(), scene.before);
}

TEST_P(Contract, InjectBitesAndRestoreGivesTheStartingState) {
  Scene scene(GetParam());
  EXPECT_EQ(scene.injection.no_effect(), "");
  const auto done = scene.injection.inject();
  ASSERT_TRUE(done) << done.error().message;
  scene.settle();
  EXPECT_NE(scene.fake.world.picture(), scene.before) << "nothing was changed";
  const auto bite = scene.injection.bite();
  ASSERT_TRUE(bite) << bite.error().message;
  EXPECT_TRUE(bite->in_force) << bite->sentence;
  EXPECT_FALSE(bite->sentence.empty());
  const std::string injected = scene.picture();
  EXPECT_EQ(injected, scene.fake.world.picture()) << "bite changed something";
  if (scene.undone_by_us()) {
    const auto early = scene.injection.restored();
    ASSERT_TRUE(early) << early.error().message;
    EXPECT_FALSE(*early) << "restored() says yes before restore";
  }
  EXPECT_EQ(said(scene.injection.restore()), "");
  scene.settle();
  const auto restored = scene.injection.restored();
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_TRUE(*restored);
  EXPECT_EQ(scene.picture(), scene.undone_by_us() ? scene.before : injected);
}

TEST_P(Contract, RestoreTwiceEqualsOnce) {
  Scene scene(GetParam());
  ASSERT_TRUE(scene.injection.inject());
  scene.settle();
  EXPECT_EQ(said(scene.injection.restore()), "");
  const std::string once = scene.picture();
  EXPECT_EQ(said(scene.injection.restore()), "");
  EXPECT_EQ(scene.picture(), once);
}

TEST_P(Contract, RestoreWithoutInjectChangesNothing) {
  Scene scene(GetParam());
  EXPECT_EQ(said(scene.injection.restore()), "");
  EXPECT_EQ(scene.picture(), scene.before);
  const auto restored = scene.injection.restored();
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_TRUE(*restored);
}

TEST_P(Contract, InjectTwiceEqualsOnce) {
  Scene scene(GetParam());
  if (scene.injection.kind().instant) GTEST_SKIP() << "an instant fault acts once";
  if (!scene.undone_by_us()) GTEST_SKIP() << "what is never undone need not be repeatable";
  ASSERT_TRUE(scene.injection.inject());
  const std::string once = scene.picture();
  EXPECT_EQ(said(scene.injection.inject()), "");
  EXPECT_EQ(scene.picture(), once);
  EXPECT_EQ(said(scene.injection.restore()), "");
  EXPECT_EQ(scene.picture(), scene.before);
}

/// Or is made for what does, and may be others' as well: `…/gf-needs-cpu/gf-abcdefghij`.
TEST_P(Contract, WhatItCreatesCarriesTheTag) {
  Scene scene(GetParam());
  const auto old = scene.fake.world.things();
  ASSERT_TRUE(scene.injection.inject());
  const auto things = scene.fake.world.things();
  const std::string& tag = scene.injection.tag().text;
  for (const auto& thing : things) {
    if (std::ranges::find(old, thing) != old.end() || thing.starts_with("process ")) continue;
    const bool holds_it = std::ranges::find(things, thing + "/" + tag) != things.end();
    EXPECT_TRUE(thing.find(tag) != std::string::npos || holds_it) << thing;
  }
}

/// Plans the accident for the n-th call of `act`, for n = 1, 2, 3, … until none happens; then
/// restores and compares.
void with_accidents(const FaultCase& fault_case, Accident accident, bool while_restoring) {
  for (int n = 1; n < 1000; ++n) {
    SCOPED_TRACE("call " + std::to_string(n));
    Scene scene(fault_case);
    std::string injected;
    if (while_restoring) {
      ASSERT_TRUE(scene.injection.inject());
      injected = scene.picture();
    }
    scene.fake.plan_accident(accident, n);
    try {
      (void)(while_restoring ? scene.injection.restore() : scene.injection.inject());
    } catch (const FakeHost::Crashed&) {
    }
    const bool happened = scene.fake.accident_happened();
    scene.fake.no_accident();
    if (!happened) return;
    const std::string left = scene.picture();
    EXPECT_EQ(said(scene.injection.restore()), "");
    EXPECT_EQ(scene.picture(), scene.undone_by_us() ? scene.before : left);
    const auto restored = scene.injection.restored();
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_TRUE(*restored);
    if (testing::Test::HasFailure()) {
      for (const auto& call : scene.fake.calls) std::printf("  %s\n", call.what.c_str());
      return;
    }
  }
  FAIL() << "more than a thousand calls";
}

TEST_P(Contract, RestoreWorksWhenTheNthCallOfInjectFailed) {
  with_accidents(GetParam(), Accident::Fails, false);
}
TEST_P(Contract, RestoreWorksWhenTheNthCallOfInjectActedAndFailed) {
  with_accidents(GetParam(), Accident::ActsAndFails, false);
}
TEST_P(Contract, RestoreWorksAfterACrashBeforeTheNthCallOfInject) {
  with_accidents(GetParam(), Accident::Crash, false);
}
TEST_P(Contract, RestoreAgainWorksWhenTheNthCallOfRestoreFailed) {
  with_accidents(GetParam(), Accident::Fails, true);
}
TEST_P(Contract, RestoreAgainWorksWhenTheNthCallOfRestoreActedAndFailed) {
  with_accidents(GetParam(), Accident::ActsAndFails, true);
}
TEST_P(Contract, RestoreAgainWorksAfterACrashBeforeTheNthCallOfRestore) {
  with_accidents(GetParam(), Accident::Crash, true);
}

TEST_P(Contract, AVictimThatIsGoneIsNoError) {
  Scene scene(GetParam());
  ASSERT_TRUE(scene.injection.inject());
  scene.settle();
  const int pid = scene.injection.trial.member.pid;
  if (pid == 0) GTEST_SKIP() << "the member is the host";
  for (const int child : [&] {
         std::vector<int> family{pid};
         for (std::size_t i = 0; i < family.size(); ++i)
           for (const auto& [other, process] : scene.fake.world.processes)
             if (process.info.parent == family[i]) family.push_back(other);
         return family;
       }())
    scene.fake.exit_process(child);
  const auto undone = scene.injection.restore();
  EXPECT_TRUE(undone || undone.error().cause == Cause::Gone) << said(undone);
  scene.settle();
  const auto restored = scene.injection.restored();
  EXPECT_TRUE(restored ? *restored : restored.error().cause == Cause::Gone);
  for (const auto& thing : scene.fake.world.things())
    EXPECT_EQ(thing.find(scene.injection.tag().text), std::string::npos) << thing << " was left";
}

INSTANTIATE_TEST_SUITE_P(Faults, Contract, testing::ValuesIn(fault_cases()),
                         [](const auto& of) { return of.param.fault + "_" + of.param.name; });

TEST(Catalogue, EveryFaultHasACase) {
  for (const FaultKind* kind : fault_catalogue()) {
    const bool has = std::ranges::any_of(fault_cases(),
                                         [&](const FaultCase& c) { return c.fault == kind->name; });
    EXPECT_TRUE(has) << "fault `" << kind->name << "` has no GUNFLINT_FAULT_CASE in tests/faults/"
                     << kind->name << "_test.cpp";
  }
}

/// What the docs show of a fault is read without a single mistake.
TEST(Catalogue, EveryExampleIsRead) {
  ReadOptions options;
  for (const FaultKind* kind : fault_catalogue()) {
    KnownFault known;
    known.name = std::string(kind->name);
    known.instant = kind->instant;
    known.shape = kind->shape();
    known.check = kind->check;
    known.tidy = kind->tidy;
    known.irreversible = [kind](const Value& params) {
      return kind->healing(params) == Healing::Never;
    };
    options.faults.push_back(std::move(known));
  }
  for (const FaultKind* kind : fault_catalogue()) {
    SCOPED_TRACE(kind->name);
    const auto named = kind->example.find("target: ");
    ASSERT_NE(named, std::string_view::npos);
    const std::string target(
        kind->example.substr(named + 8, kind->example.find('\n', named) - named - 8));
    std::string text =
        "version: 1\nname: example\ntargets:\n  " + target +
        ": { local: { process: nginx } }\nsteady_state:\n  - { name: up, target: " + target +
        ", expect: ready >= 1 }\nfaults:\n";
    for (std::size_t at = 0; at < kind->example.size();) {
      const std::size_t end = std::min(kind->example.find('\n', at), kind->example.size());
      text += "  " + std::string(kind->example.substr(at, end - at)) + "\n";
      at = end + 1;
    }
    const auto source = std::make_shared<SourceText>(SourceText{"example.yaml", text});
    const ReadExperiment got = read_experiment(source, options);
    EXPECT_EQ(print_problems(got.problems, false), "") << text;
    ASSERT_TRUE(got.experiment);
    ASSERT_EQ(got.experiment->faults.size(), 1u);
    EXPECT_EQ(got.experiment->faults[0].type, kind->name);
  }
}

TEST(Catalogue, EveryFaultSaysWhatItIs) {
  for (const FaultKind* kind : fault_catalogue()) {
    EXPECT_TRUE(kind->summary.ends_with(".")) << kind->name << ": the summary is a sentence";
    EXPECT_NE(kind->example.find("type: " + std::string(kind->name)), std::string_view::npos);
    EXPECT_EQ(find_fault(kind->name), kind);
  }
}

}  // namespace
}  // namespace gunflint
