// Which members a run holds from its start to its end, and what a second run is told.
#include "engine/reservation.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/picker.hpp"
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

Member unit(int pid) {
  Member m = member("web", pid);
  m.id = fmt::format("unit:{}.service", ::getpid());
  m.label = "nginx.service";
  m.start_time = std::stoull(fmt::format("7{}", ::getpid()));
  return m;
}
Member the_host() { return host_of({member("web", 1)}).front(); }

/// Abstract sockets are everybody's in a network namespace, and so is the host: with root's rights
/// these tests have one of their own, so that other runs on this machine do not meet them.
void in_own_network(const std::function<void()>& test) {
  const Fd before(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  const bool alone = ::unshare(CLONE_NEWNET) == 0;
  if (!alone) std::printf("beside other runs: no right to unshare\n");
  test();
  if (alone) {
    ASSERT_EQ(::setns(before.get(), CLONE_NEWNET), 0);
  }
}

/// What another process, run `b`, is told that asks for these members; "" when it got them.
std::string told_elsewhere(const LockFiles& files, const std::vector<Member>& members) {
  int words[2];
  if (::pipe(words) != 0) return "no pipe";
  const int child = ::fork();
  if (child == 0) {
    ::close(words[0]);
    Reservation reservation(files);
    const auto got = reservation.reserve("b", Plan{}, members);
    const std::string said = got ? "" : got.error().message;
    (void)!::write(words[1], said.data(), said.size());
    ::_exit(0);
  }
  ::close(words[1]);
  char said[512];
  const ssize_t n = ::read(words[0], said, sizeof said);
  ::close(words[0]);
  ::waitpid(child, nullptr, 0);
  return {said, n > 0 ? static_cast<std::size_t>(n) : 0};
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

void the_second_run_is_told_whom_it_meets() {
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
TEST(Reservation, TheSecondRunIsToldWhomItMeets) {
  in_own_network(the_second_run_is_told_whom_it_meets);
}

/// `local: { unit: nginx }` and `local: { port: 80 }`.
void a_unit_and_its_process_meet() {
  const LockFiles files{fmt::format("{}reservation-unit.{}", testing::TempDir(), ::getpid())};
  Reservation first(files);
  ASSERT_TRUE(first.reserve("a", Plan{}, {unit(12)}));
  EXPECT_NE(told_elsewhere(files, {member("door", 12)}).find("the run a"), std::string::npos);
  EXPECT_NE(told_elsewhere(files, {member("door", 12)}).find("works on server[12]"),
            std::string::npos);
  EXPECT_EQ(told_elsewhere(files, {member("door", 13)}), "");
  ASSERT_TRUE(first.reserve(unit(13))) << "the unit was started again: it has a new process";
  EXPECT_NE(told_elsewhere(files, {member("door", 13)}), "");
  EXPECT_NE(told_elsewhere(files, {unit(14)}).find("works on nginx.service"), std::string::npos);
  ::unlink(files.own.c_str());
}
TEST(Reservation, AUnitAndItsProcessMeet) { in_own_network(a_unit_and_its_process_meet); }

void a_fault_of_the_whole_host_is_alone() {
  const LockFiles files{fmt::format("{}reservation-host.{}", testing::TempDir(), ::getpid())};
  {
    Reservation first(files);
    ASSERT_TRUE(first.reserve("a", Plan{}, {member("web", 1)}));
    EXPECT_EQ(told_elsewhere(files, {member("db", 3)}), "") << "runs on members go side by side";
    const std::string said = told_elsewhere(files, {the_host()});
    EXPECT_NE(said.find("the run a"), std::string::npos) << said;
    EXPECT_NE(said.find("works on this host;"), std::string::npos) << said;
  }
  {
    Reservation wide(files);
    ASSERT_TRUE(wide.reserve("w", Plan{}, {the_host(), member("web", 1)}));
    const std::string said = told_elsewhere(files, {member("db", 3)});
    EXPECT_NE(said.find("the run w"), std::string::npos) << said;
    EXPECT_NE(said.find("works on this host as a whole;"), std::string::npos) << said;
    EXPECT_TRUE(wide.reserve(member("web", 9))) << "it is alone already";
    EXPECT_NE(told_elsewhere(files, {member("db", 3)}), "") << "and stays so";
  }
  Reservation grows(files);
  ASSERT_TRUE(grows.reserve("g", Plan{}, {member("web", 1)}));
  ASSERT_TRUE(grows.reserve(the_host()));
  EXPECT_NE(told_elsewhere(files, {member("db", 3)}), "");
  ::unlink(files.own.c_str());
}
TEST(Reservation, AFaultOfTheWholeHostIsAloneWithIt) {
  in_own_network(a_fault_of_the_whole_host_is_alone);
}

}  // namespace
}  // namespace gunflint
