// `stop` says "taken back" of what was, and of nothing else.
#include "cli/stopped.hpp"

#include <gtest/gtest.h>

namespace gunflint {
namespace {

UndoRecord undo(const std::string& injection, const std::string& fault, const std::string& label) {
  UndoRecord record;
  record.injection = injection;
  record.fault = fault;
  record.member.label = label;
  return record;
}

/// A living agent of run r-1 with two injections in force.
LedgerStatus agent() {
  LedgerStatus status;
  status.path = "/ledger/a1";
  status.run = "r-1";
  status.owner = 4711;
  status.open = {undo("r-1.1", "limit", "nginx[12]"), undo("r-1.2", "pause", "db[7]")};
  return status;
}

std::string said(const std::vector<LedgerStatus>& before, const std::vector<LedgerStatus>& after) {
  return stopped_text("r-1", became_of("r-1", before, after));
}

TEST(Stopped, ALedgerThatIsGoneHasNothingLeft) {
  LedgerStatus other = agent();
  other.path = "/ledger/b1", other.run = "r-2";
  EXPECT_EQ(said({agent(), other}, {other}),
            "stopped run r-1; taken back: limit on nginx[12], pause on db[7]");
}

TEST(Stopped, WhatSomebodyElseChangedWasNotTakenBack) {
  LedgerStatus after = agent();
  after.owner = 0;
  after.open.clear();
  after.conflicts = {{undo("r-1.1", "limit", "nginx[12]"), "cpu.max is 8 now"}};
  EXPECT_EQ(said({agent()}, {after}),
            "stopped run r-1; taken back: pause on db[7]; left by its agent: limit on nginx[12]");
}

TEST(Stopped, WhatIsStillOpenWasNotTakenBack) {
  LedgerStatus after = agent();
  after.owner = 0;
  after.open.erase(after.open.begin());
  EXPECT_EQ(said({agent()}, {after}),
            "stopped run r-1; taken back: limit on nginx[12]; left by its agent: pause on db[7]");
}

TEST(Stopped, ALedgerThatCannotBeReadSaysOfNoneThatItIsTakenBack) {
  LedgerStatus after = agent();
  after.owner = 0;
  after.open.clear();
  after.problem = "/ledger/a1 cannot be read";
  EXPECT_EQ(said({agent()}, {after}),
            "stopped run r-1; left by its agent: limit on nginx[12], pause on db[7]");
}

TEST(Stopped, NothingInForceIsSaidSo) {
  LedgerStatus idle = agent();
  idle.open.clear();
  EXPECT_EQ(said({idle}, {}), "stopped run r-1; nothing was in force");
}

}  // namespace
}  // namespace gunflint
