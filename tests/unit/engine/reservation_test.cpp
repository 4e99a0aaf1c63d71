// Which members a run holds from its start to its end, and what a second run is told.
#include "engine/reservation.hpp"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "simulation.hpp"

namespace gunflint {
namespace {

using namespace simulation;

Member member(std::string target, int pid) {
  Member m;
  m.target = std::move(target);
  m.pid = pid;
  m.id = fmt::format("pid:{}@7{}", pid, ::getpid());
  m.label = fmt::format("server[{}]", pid);
  return m;
}

struct Found {
  Found() {
    TargetSpec db;
    db.name = "db";
    experiment.targets.push_back(db);
    inventory.asked = true;
    inventory.members["web"] = {member("web", 1), member("web", 12)};
    inventory.members["db"] = {member("db", 3)};
  }
  std::vector<std::string> labels() const {
    std::vector<std::string> names;
    for (const auto& m : members_in_reach(experiment, inventory)) names.push_back(m.label);
    std::sort(names.begin(), names.end());
    return names;
  }
  Experiment experiment = bare();
  Inventory inventory;
};

TEST(Reservation, ATargetWithoutAFaultIsNotHeld) {
  Found found;
  EXPECT_EQ(found.labels(), Lines{});
  found.experiment.faults = {noop("nothing", at(5s), 5s)};
  EXPECT_EQ(found.labels(), (Lines{"server[12]", "server[1]"}))
      << "whatever it picks later, and although noop shares happily";
}

TEST(Reservation, EachThatOneOfMayDrawAndEachMemberOnce) {
  Found found;
  FaultSpec either = noop("either", at(5s), 5s);
  either.target.clear();
  either.one_of = {noop("", at(0s), 5s), noop("", at(0s), 5s)};
  either.one_of[1].target = "db";
  found.experiment.faults = {either, noop("nothing", at(5s), 5s)};
  EXPECT_EQ(found.labels(), (Lines{"server[12]", "server[1]", "server[3]"}));
}

TEST(Reservation, WhereNarrowsAndScopeHostAddsTheHost) {
  Found found;
  found.experiment.faults = {noop("nothing", at(5s), 5s)};
  found.experiment.faults[0].pick.where = "[12]";
  EXPECT_EQ(found.labels(), Lines{"server[12]"});
  found.experiment.faults[0].scope_host = true;
  EXPECT_EQ(found.labels(), (Lines{"server[12]", "server[1]", "the host of server[1]"}));
}

TEST(Reservation, TheSecondRunIsToldWhomItMeets) {
  const LockFiles files{fmt::format("{}reservation.{}", testing::TempDir(), ::getpid())};
  Found found;
  found.experiment.faults = {noop("nothing", at(5s), 5s)};
  const auto members = members_in_reach(found.experiment, found.inventory);
  {
    Reservation first(files), second(files), third(files);
    ASSERT_TRUE(first.reserve("a", Plan{}, members));
    EXPECT_TRUE(first.reserve(members[0])) << "its own fault may take it at any time";
    const auto refused = second.reserve("b", Plan{}, {member("shop", 12)});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().cause, Cause::Conflict);
    EXPECT_NE(refused.error().message.find("works on server[12]"), std::string::npos)
        << refused.error().message;
    EXPECT_TRUE(third.reserve("c", Plan{}, {member("db", 3)})) << "nobody's";
    EXPECT_FALSE(third.reserve(members[1])) << "one that appears later";
    EXPECT_TRUE(third.reserve(member("db", 4)));
  }
  Reservation after(files);
  EXPECT_TRUE(after.reserve("d", Plan{}, members)) << "the end of a run frees all of it";
  ::unlink(files.own.c_str());
}

}  // namespace
}  // namespace gunflint
