// A reload signals the very service, or what has come in its place, and nobody else.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>

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
struct ReloadScene {
  explicit ReloadScene(const char* params) {
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
  ReloadScene scene(by_pid_file);
  scene.fake.add_process({.name = "cron", .pid = 300});
  scene.expect_nobody_signalled("cron[300] stands in /run/shop.pid");
}

TEST(Reload, TheSameProgramOfAnotherUserIsAnother) {
  ReloadScene scene(by_pid_file);
  scene.fake.add_process({.name = "shop", .pid = 300, .argv = {"shop", "-d"}, .uid = 77});
  scene.expect_nobody_signalled("shop[300]");
}

TEST(Reload, TheRestartedServiceInThePidFileIsTold) {
  ReloadScene scene(by_pid_file);
  scene.fake.add_process({.name = "shop", .pid = 700, .argv = {"shop", "-d"}});
  scene.fake.add_file("/run/shop.pid", "700\n");
  scene.expect_signalled(700);
}

TEST(Reload, WithoutAPidFileTheMasterIsToldAndNotAWorkerWithTheSameCommand) {
  ReloadScene scene(by_member);
  scene.fake.add_process({.name = "shop", .pid = 700, .argv = {"shop", "-d"}});
  scene.fake.fork(700);
  scene.expect_signalled(700);
}

TEST(Reload, WithoutAPidFileTheSameCommandInAnotherCgroupIsAnother) {
  ReloadScene scene(by_member);
  scene.fake.add_process(
      {.name = "shop", .pid = 700, .argv = {"shop", "-d"}, .cgroups = {{"", "/container"}}});
  scene.expect_nobody_signalled("shop[700] has the service's command");
}

TEST(Reload, TwoInItsPlaceAreOneTooMany) {
  ReloadScene scene(by_member);
  scene.fake.add_process({.name = "shop", .pid = 700, .argv = {"shop", "-d"}});
  scene.fake.add_process({.name = "shop", .pid = 701, .argv = {"shop", "-d"}});
  scene.expect_nobody_signalled("2 processes shop");
}

TEST(Reload, AServiceThatIsNoMoreReadsTheFileWhenItStarts) {
  for (const char* params : {by_pid_file, by_member}) {
    ReloadScene scene(params);
    EXPECT_TRUE(scene.injection->restore());
    EXPECT_EQ(scene.signals(), ReloadScene::Lines{});
  }
}

// ---- whose workers show that the file was read
// ----------------------------------------------------
constexpr const char* by_workers =
    R"({"file": {"path": "/etc/shop.conf", "key": "workers", "reload": {"signal": "HUP"}},
        "value": 1})";
constexpr const char* of_nginx =
    R"({"nginx": {"config": "/etc/shop.conf", "setting": "workers"}, "value": 1})";

/// A master with two children; what it does when it is told is each test's own.
struct Masters {
  explicit Masters(const char* params, const std::string& name = "shop") {
    fake.add_file("/etc/shop.conf", "workers 8;\n");
    const Member member = fake.add_process({.name = name, .pid = 300, .argv = {name}});
    for (int& child : children) child = fake.fork(300);
    on_reload([](FakeHost&) {});
    injection = std::make_unique<Injection>(fake, "setting", FaultTrial{member, json(params)});
    EXPECT_TRUE(injection->observe());
  }
  void on_reload(std::function<void(FakeHost&)> act) {
    fake.on_signal(300, [act](FakeHost& f, FakeProcess&, int) { f.later(50ms, act); });
  }
  /// Of the injection; empty when it is in force.
  void replaces_all_at_reload() {
    on_reload([old = children](FakeHost& f) {
      f.fork(300);
      for (const int pid : old) f.exit_process(pid);
    });
  }
  std::string why_not() {
    const auto done = injection->inject();
    EXPECT_TRUE(done || done.error().cause == Cause::TimedOut ||
                done.error().cause == Cause::BadInput)
        << done.error().message;
    return done ? "" : done.error().message;
  }
  void expect_undone() {
    const auto undone = injection->restore();
    EXPECT_TRUE(undone) << undone.error().message;
    EXPECT_TRUE(*injection->restored());
    EXPECT_EQ(fake.world.files["/etc/shop.conf"].content, "workers 8;\n");
  }
  FakeHost fake;
  std::array<int, 2> children{};
  std::unique_ptr<Injection> injection;
};

/// PostgreSQL, postfix: HUP is obeyed, and nobody is replaced.
TEST(Reload, AServiceThatReplacesNobodyHasNoBiteAndIsUndoneAllTheSame) {
  Masters shop(by_workers);
  EXPECT_NE(shop.why_not().find("shop started no new workers within 8s"), std::string::npos);
  const std::size_t told = shop.fake.changes().size();
  shop.expect_undone();
  const auto changes = shop.fake.changes();
  EXPECT_EQ(
      std::vector<std::string>(changes.begin() + static_cast<std::ptrdiff_t>(told), changes.end()),
      (std::vector<std::string>{"replace /etc/shop.conf", "signal 300 1"}));
  shop.expect_undone();
}

/// A client connects, and the master forks: that says nothing of its configuration.
TEST(Reload, ANewChildBesideThoseOfBeforeIsNoReload) {
  Masters shop(by_workers);
  shop.on_reload([](FakeHost& f) { f.fork(300); });
  const std::string why = shop.why_not();
  EXPECT_NE(why.find("shop still has 2 of its 2 child processes 8s after it was told to reload"),
            std::string::npos)
      << why;
  shop.expect_undone();
}

TEST(Reload, OneThatStaysIsOneTooMany) {
  Masters shop(by_workers);
  shop.on_reload([gone = shop.children[0]](FakeHost& f) {
    f.fork(300);
    f.exit_process(gone);
  });
  EXPECT_NE(shop.why_not().find("still has 1 of its 2"), std::string::npos);
  shop.expect_undone();
}

TEST(Reload, AnOldWorkerThatFinishesASlowRequestIsReplaced) {
  Masters nginx(of_nginx, "nginx");
  nginx.on_reload([old = nginx.children](FakeHost& f) {
    f.fork(300);
    f.exit_process(old[0]);
    f.world.processes[old[1]].info.argv = {"nginx: worker process is shutting down"};
  });
  EXPECT_EQ(nginx.why_not(), "");
  EXPECT_TRUE(nginx.injection->bite()->in_force);
  nginx.expect_undone();
}

TEST(Reload, AnUndoDoesNotWaitForAWorkerThatHangs) {
  Masters nginx(of_nginx, "nginx");
  nginx.replaces_all_at_reload();
  EXPECT_EQ(nginx.why_not(), "");
  nginx.on_reload([](FakeHost& f) { f.fork(300); });  // and the one of before hangs
  nginx.expect_undone();
}

/// nginx replaces them always: when it does not, it works with the changed value still.
TEST(Reload, AnUndoThatAServerKnownToReplaceItsWorkersDoesNotTakeIsNone) {
  Masters nginx(of_nginx, "nginx");
  nginx.replaces_all_at_reload();
  EXPECT_EQ(nginx.why_not(), "");
  nginx.on_reload([](FakeHost&) {});
  const auto undone = nginx.injection->restore();
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().cause, Cause::TimedOut);
  EXPECT_NE(undone.error().message.find("nginx started no new workers"), std::string::npos);
}

// ---- a service that forks a child for each connection ------------------------------------------
const std::string nobody_lasts =
    "shop[300] has no workers (children that live for 1s or more) whose";

/// One connection after the other for a minute; each child ends by itself.
void serve(FakeHost& fake, Duration every, Duration lives, int left = 600) {
  if (left == 0) return;
  const int child = fake.fork(300);
  fake.later(lives, [child](FakeHost& f) { f.exit_process(child); });
  fake.later(every, [=](FakeHost& f) { serve(f, every, lives, left - 1); });
}

/// Without the two workers of Masters, and it obeys no signal.
struct ForkPerConnection : Masters {
  ForkPerConnection(Duration every, Duration lives) : Masters(by_workers) {
    for (const int pid : children) fake.exit_process(pid);
    serve(fake, every, lives);
    EXPECT_TRUE(injection->observe()) << "a child is there by chance";
  }
};

TEST(Reload, ChildrenThatEndByThemselvesAreNoWorkersAndNothingIsChanged) {
  for (const Duration lives : {Duration(30ms), Duration(70ms), Duration(900ms)}) {
    ForkPerConnection shop(100ms, lives);
    const std::size_t told = shop.fake.changes().size();
    EXPECT_TRUE(shop.why_not().starts_with(nobody_lasts)) << shop.why_not();
    EXPECT_EQ(shop.fake.changes().size(), told);
    EXPECT_EQ(shop.fake.world.files["/etc/shop.conf"].content, "workers 8;\n");
    shop.expect_undone();
  }
}

TEST(Reload, AServiceWithoutWorkersAtTheSignalIsNotSeenToTakeIt) {
  Masters shop(by_workers);
  for (const int pid : shop.children) shop.fake.exit_process(pid);
  EXPECT_TRUE(shop.why_not().starts_with(nobody_lasts)) << shop.why_not();
  shop.expect_undone();
}

/// A slow connection is taken for a worker; those after it end too soon to have replaced it.
TEST(Reload, NewChildrenThatSoonEndHaveReplacedNobody) {
  for (const Duration lives : {Duration(30ms), Duration(350ms)}) {
    Masters shop(by_workers);
    for (const int slow : shop.children)
      shop.fake.later(1500ms, [slow](FakeHost& f) { f.exit_process(slow); });
    serve(shop.fake, 100ms, lives);
    const std::string why = shop.why_not();
    EXPECT_NE(why.find("shop started only child processes that soon ended, as for connections, "
                       "within 8s of being told to reload, so nobody has seen it take the change"),
              std::string::npos)
        << why;
    shop.expect_undone();
  }
}

TEST(Reload, NewWorkersThatStayBesideChildrenThatEndedAtOnceAreTheReload) {
  Masters shop(by_workers);
  shop.on_reload([old = shop.children](FakeHost& f) {
    f.fork(300);
    const int helper = f.fork(300);
    f.later(300ms, [helper](FakeHost& g) { g.exit_process(helper); });
    for (const int pid : old) f.exit_process(pid);
  });
  EXPECT_EQ(shop.why_not(), "");
  EXPECT_TRUE(shop.injection->bite()->in_force);
  shop.expect_undone();
}

TEST(Reload, OnlyAFaultOfAnUnknownServiceWaitsForASecondLook) {
  const auto takes = [](Masters& service, auto act) {
    const Duration begin = service.fake.now();
    act();
    return service.fake.now() - begin;
  };
  Masters shop(by_workers);
  shop.replaces_all_at_reload();
  const Duration asked = takes(shop, [&] { EXPECT_EQ(shop.why_not(), ""); });
  EXPECT_GE(asked, 2s);
  EXPECT_LT(asked, 2500ms);
  EXPECT_LT(takes(shop, [&] { shop.expect_undone(); }), 100ms);
  Masters nginx(of_nginx, "nginx");
  nginx.replaces_all_at_reload();
  EXPECT_LT(takes(nginx, [&] { EXPECT_EQ(nginx.why_not(), ""); }), 100ms);
}

}  // namespace
}  // namespace gunflint
