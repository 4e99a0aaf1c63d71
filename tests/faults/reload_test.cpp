// A reload signals the very service, or what has come in its place, and nobody else.
#include <gtest/gtest.h>

#include <algorithm>

#include "faults/fault_case.hpp"

namespace gunflint {
namespace {

constexpr const char* by_pid_file =
    R"({"file": {"path": "/etc/shop.conf", "key": "workers",
        "reload": {"signal": "HUP", "pid_file": "/run/shop.pid"}, "trusted": true}, "value": 1})";
constexpr const char* by_member =
    R"({"file": {"path": "/etc/shop.conf", "key": "workers", "reload": {"signal": "HUP"},
        "trusted": true}, "value": 1})";

/// The service dies while its setting is changed; then the file is put back.
struct Scene {
  explicit Scene(const char* params) {
    fake.add_file("/etc/shop.conf", "workers = 8\n");
    fake.add_file("/run/shop.pid", "300\n");
    const Member member = fake.add_process({.name = "shop", .pid = 300, .argv = {"shop", "-d"}});
    fake.on_signal(300, [](FakeHost&, FakeProcess&, int) {});
    fake.on_signal(700, [](FakeHost&, FakeProcess&, int) {});
    injection = std::make_unique<Injection>(fake, "setting", FaultTrial{member, json(params)});
    EXPECT_TRUE(injection->observe());
    EXPECT_TRUE(injection->inject());
    EXPECT_EQ(signals(), Lines{"signal 300 1"});
    fake.exit_process(300);
    told_ = fake.changes().size();
  }
  using Lines = std::vector<std::string>;
  Lines signals() const {
    Lines lines = fake.changes();
    lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(told_));
    std::erase_if(lines, [](const std::string& line) { return !line.starts_with("signal"); });
    return lines;
  }
  void expect_nobody_signalled(const std::string& why) {
    const auto undone = injection->restore();
    ASSERT_FALSE(undone);
    EXPECT_EQ(undone.error().cause, Cause::Conflict);
    EXPECT_NE(undone.error().message.find(why), std::string::npos) << undone.error().message;
    EXPECT_EQ(signals(), Lines{});
    EXPECT_EQ(fake.world.files["/etc/shop.conf"].content, "workers = 8\n");
  }
  void expect_signalled(int pid) {
    const auto undone = injection->restore();
    EXPECT_TRUE(undone) << undone.error().message;
    EXPECT_EQ(signals(), Lines{"signal " + std::to_string(pid) + " 1"});
    EXPECT_EQ(fake.world.files["/etc/shop.conf"].content, "workers = 8\n");
  }
  FakeHost fake;
  std::unique_ptr<Injection> injection;

 private:
  std::size_t told_ = 0;
};

TEST(Reload, AStalePidFileWhoseNumberIsAnothersNowHarmsNobody) {
  Scene scene(by_pid_file);
  scene.fake.add_process({.name = "cron", .pid = 300});
  scene.expect_nobody_signalled("cron[300] stands in /run/shop.pid");
}

TEST(Reload, TheSameProgramOfAnotherUserIsAnother) {
  Scene scene(by_pid_file);
  scene.fake.add_process({.name = "shop", .pid = 300, .argv = {"shop", "-d"}, .uid = 77});
  scene.expect_nobody_signalled("shop[300]");
}

TEST(Reload, TheRestartedServiceInThePidFileIsTold) {
  Scene scene(by_pid_file);
  scene.fake.add_process({.name = "shop", .pid = 700, .argv = {"shop", "-d"}});
  scene.fake.add_file("/run/shop.pid", "700\n");
  scene.expect_signalled(700);
}

TEST(Reload, WithoutAPidFileTheMasterIsToldAndNotAWorkerWithTheSameCommand) {
  Scene scene(by_member);
  scene.fake.add_process({.name = "shop", .pid = 700, .argv = {"shop", "-d"}});
  scene.fake.fork(700);
  scene.expect_signalled(700);
}

TEST(Reload, WithoutAPidFileTheSameCommandInAnotherCgroupIsAnother) {
  Scene scene(by_member);
  scene.fake.add_process(
      {.name = "shop", .pid = 700, .argv = {"shop", "-d"}, .cgroups = {{"", "/container"}}});
  scene.expect_nobody_signalled("shop[700] has the service's command");
}

TEST(Reload, TwoInItsPlaceAreOneTooMany) {
  Scene scene(by_member);
  scene.fake.add_process({.name = "shop", .pid = 700, .argv = {"shop", "-d"}});
  scene.fake.add_process({.name = "shop", .pid = 701, .argv = {"shop", "-d"}});
  scene.expect_nobody_signalled("2 processes shop");
}

TEST(Reload, AServiceThatIsNoMoreReadsTheFileWhenItStarts) {
  for (const char* params : {by_pid_file, by_member}) {
    Scene scene(params);
    EXPECT_TRUE(scene.injection->restore());
    EXPECT_EQ(scene.signals(), Scene::Lines{});
  }
}

}  // namespace
}  // namespace gunflint
