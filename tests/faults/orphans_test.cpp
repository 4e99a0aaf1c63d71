// What inherits a lowered limit and loses its parent gets it back, too.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "faults/fault_case.hpp"

namespace gunflint {
namespace {

struct OrphanScene {
  explicit OrphanScene(const std::string& path) {
    fake.use_cgroups(2);
    const Member member = fake.add_process({.name = "web", .pid = 600, .cgroups = {{"", path}}});
    injection = std::make_unique<Injection>(fake, "limit",
                                            FaultTrial{member, json(R"({"open_files": 64})")});
    EXPECT_TRUE(injection->observe());
    EXPECT_TRUE(injection->inject());
  }
  std::uint64_t soft_of(int pid) { return fake.world.processes[pid].limits[RLIMIT_NOFILE].soft; }
  /// A child of a child whose parent ends.
  int orphan() {
    const int between = fake.fork(600);
    const int pid = fake.fork(between);
    fake.exit_process(between);
    EXPECT_EQ(fake.world.processes[pid].info.parent, 1);
    EXPECT_EQ(soft_of(pid), 64u);
    return pid;
  }
  FakeHost fake;
  std::unique_ptr<Injection> injection;
};

TEST(LimitOpenFiles, AnOrphanIsFoundInTheMembersCgroup) {
  OrphanScene scene("/shop");
  const int pid = scene.orphan();
  EXPECT_FALSE(scene.injection->restored().value());
  ASSERT_TRUE(scene.injection->restore());
  EXPECT_EQ(scene.soft_of(pid), 1024u);
  EXPECT_TRUE(scene.injection->restored().value());
}

TEST(LimitOpenFiles, AnOrphanIsFoundWhenTheMemberItselfHasEnded) {
  OrphanScene scene("/shop");
  const int pid = scene.orphan();
  scene.fake.exit_process(600);
  EXPECT_FALSE(scene.injection->restored().value());
  (void)scene.injection->restore();
  EXPECT_EQ(scene.soft_of(pid), 1024u);
}

TEST(LimitOpenFiles, AStrangerWithTheSameLimitKeepsIt) {
  OrphanScene scene("/shop");
  scene.fake.add_process({.name = "db", .pid = 700, .cgroups = {{"", "/other"}}});
  scene.fake.add_process({.name = "db", .pid = 701, .uid = 77, .cgroups = {{"", "/shop"}}});
  for (const int pid : {700, 701}) scene.fake.world.processes[pid].limits[RLIMIT_NOFILE].soft = 64;
  ASSERT_TRUE(scene.injection->restore());
  EXPECT_EQ(scene.soft_of(700), 64u);
  EXPECT_EQ(scene.soft_of(701), 64u);
  EXPECT_EQ(scene.soft_of(600), 1024u);
}

TEST(LimitOpenFiles, InTheRootGroupEverybodyIsAStranger) {
  OrphanScene scene("/");
  scene.fake.add_process({.name = "db", .pid = 700});
  scene.fake.world.processes[700].limits[RLIMIT_NOFILE].soft = 64;
  ASSERT_TRUE(scene.injection->restore());
  EXPECT_EQ(scene.soft_of(700), 64u);
}

}  // namespace
}  // namespace gunflint
