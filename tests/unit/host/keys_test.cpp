#include "host/keys.hpp"

#include <csignal>
#include <fstream>
#include <functional>
#include <map>

#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/crc32c.hpp"

namespace gunflint {
namespace {

class Keys : public testing::Test {
 protected:
  std::string file = testing::TempDir() + "/gunflint-keys-" + std::to_string(::getpid());
  /// Keys of this test alone: the abstract sockets are shared by everybody in the namespace.
  std::string name(const std::string& key) const { return key + "-" + std::to_string(::getpid()); }
  void TearDown() override { ::unlink(file.c_str()); }

  /// What another process is told that asks for the key; empty when it got it.
  std::string refused_elsewhere(const std::string& key, const std::function<void()>& first) {
    int words[2];
    if (::pipe(words) != 0) return "no pipe";
    const int child = ::fork();
    if (child == 0) {
      ::close(words[0]);
      first();
      KeyLocks locks({file});
      locks.set_run("run-2");
      const auto got = locks.lock("i", {key});
      const std::string said = got ? "" : got.error().message;
      (void)!::write(words[1], said.data(), said.size());
      ::_exit(0);
    }
    ::close(words[1]);
    std::string said;
    char buffer[512];
    for (ssize_t n = 0; (n = ::read(words[0], buffer, sizeof buffer)) > 0;)
      said.append(buffer, static_cast<std::size_t>(n));
    ::close(words[0]);
    ::waitpid(child, nullptr, 0);
    return said;
  }
  std::string refused_elsewhere(const std::string& key) {
    return refused_elsewhere(key, [] {});
  }
};

TEST(KeysOverlap, AStarIsEveryHostOrEveryPortOfTheSameMemberAndDirection) {
  const std::string member = "network:pid:7@1 ";
  EXPECT_TRUE(keys_overlap(member + "to *:*", member + "to db:5432"));
  EXPECT_TRUE(keys_overlap(member + "to db:5432", member + "to *:*"));
  EXPECT_TRUE(keys_overlap(member + "to db:*", member + "to *:5432"));
  EXPECT_FALSE(keys_overlap(member + "to db:5432", member + "to cache:6379"));
  EXPECT_FALSE(keys_overlap(member + "to db:5432", member + "to db:5433"));
  EXPECT_FALSE(keys_overlap(member + "to *:*", member + "from *:*"));
  EXPECT_FALSE(keys_overlap(member + "to *:*", "network:pid:8@1 to *:*"));
  EXPECT_FALSE(keys_overlap("network:port:80", "network:port:*"));
  EXPECT_FALSE(keys_overlap("file:*:*", "file:x:1"));
  const std::string space = " (network namespace 4)";
  EXPECT_TRUE(keys_overlap(member + "to *:*" + space, member + "to ::1:80" + space));
  EXPECT_FALSE(keys_overlap(member + "to *:*" + space, member + "to *:80 (network namespace 5)"));
}

TEST_F(Keys, APartOfWhatThisRunHoldsIsRefused) {
  KeyLocks locks({file});
  const std::string member = "network:" + name("m") + " ";
  ASSERT_TRUE(locks.lock("i1", {member + "to *:*"}));
  const auto refused = locks.lock("i2", {member + "to db:5432"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause, Cause::Conflict);
  locks.release("i1");
  EXPECT_TRUE(locks.lock("i2", {member + "to db:5432"}));
}

TEST_F(Keys, WhoFindsALockTakenIsToldTheRunThatHoldsIt) {
  KeyLocks locks({file});
  locks.set_run("20261122-120000-abcd");
  ASSERT_TRUE(locks.lock("i1", {name("file:/etc/x"), name("file:/etc/y")}));
  const std::string said = refused_elsewhere(name("file:/etc/y"));
  EXPECT_NE(said.find("the run 20261122-120000-abcd"), std::string::npos) << said;
  EXPECT_NE(said.find("pid " + std::to_string(::getpid())), std::string::npos) << said;
  locks.release("i1");
  EXPECT_EQ(refused_elsewhere(name("file:/etc/y")), "");
}

TEST_F(Keys, AnotherNetworkNamespaceIsTheSameMachine) {
  if (::geteuid() != 0) GTEST_SKIP() << "a network namespace needs root";
  KeyLocks locks({file});
  locks.set_run("run-1");
  ASSERT_TRUE(locks.lock("i1", {name("limit:cpu"), name("network:*")}));
  const auto away = [] { ASSERT_EQ(::unshare(CLONE_NEWNET), 0); };
  EXPECT_NE(refused_elsewhere(name("limit:cpu"), away).find("run-1"), std::string::npos);
  EXPECT_EQ(refused_elsewhere(name("network:*"), away), "") << "its network is another one";
  EXPECT_NE(refused_elsewhere(name("network:*")).find("run-1"), std::string::npos);
}

TEST_F(Keys, WithoutTheFileTheSocketStillHolds) {
  file = "/proc/gunflint-no-such-folder/keys";
  KeyLocks locks({file});
  ASSERT_TRUE(locks.lock("i1", {name("file:/z")}));
  EXPECT_NE(refused_elsewhere(name("file:/z")).find("lock held"), std::string::npos);
}

TEST_F(Keys, AllOrNothing) {
  KeyLocks mine({file});
  mine.set_run("run-1");
  ASSERT_TRUE(mine.lock("i1", {name("file:/b")}));
  const auto second = mine.lock("i2", {name("file:/a"), name("file:/b")});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().cause, Cause::Conflict);
  EXPECT_EQ(refused_elsewhere(name("file:/a")), "") << "what was taken first was given back";
}

/// A target of more members than a process has descriptors.
TEST_F(Keys, ManyKeysLeaveTheMostOfTheDescriptors) {
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{80, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  KeyLocks locks({file});
  locks.set_run("run-1");
  std::vector<std::string> keys;
  for (int i = 0; i < 100; ++i) keys.push_back(name("member:" + std::to_string(i)));
  const auto first = locks.lock("i1", {keys.begin(), keys.begin() + 50});
  const auto rest = locks.lock("i2", {keys.begin() + 50, keys.end()});
  std::vector<Fd> left;
  for (Fd fd(::dup(0)); fd; fd = Fd(::dup(0))) left.push_back(std::move(fd));
  const std::size_t free = left.size();
  left.clear();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(first) << first.error().message;
  EXPECT_TRUE(rest) << rest.error().message;
  EXPECT_GE(free, 40u);
  for (const std::string& key : {keys.front(), keys.back()})
    EXPECT_NE(refused_elsewhere(key).find("the run run-1"), std::string::npos) << key;
}

TEST_F(Keys, TheLockOfAKilledProcessIsFreeAtOnce) {
  const std::string key = name("file:/k");
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const int child = ::fork();
  if (child == 0) {
    KeyLocks locks({file});
    locks.set_run("run-dead");
    (void)!::write(ready[1], locks.lock("i", {key}) ? "y" : "n", 1);
    for (;;) ::pause();
  }
  char got = 0;
  ASSERT_EQ(::read(ready[0], &got, 1), 1);
  EXPECT_EQ(got, 'y');
  EXPECT_NE(refused_elsewhere(key).find("run-dead"), std::string::npos);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(refused_elsewhere(key), "");
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(Keys, WhatStandsInTheFileIsNotBelieved) {
  KeyLocks locks({file});
  locks.set_run("run-1\x1b[31m evil");
  ASSERT_TRUE(locks.lock("i1", {name("file:/e")}));
  const std::string said = refused_elsewhere(name("file:/e"));
  EXPECT_NE(said.find("the run run-1 (pid"), std::string::npos) << said;
  EXPECT_EQ(said.find('\x1b'), std::string::npos);
}

TEST_F(Keys, EverybodyMayUseTheFile) {
  const auto before = ::umask(077);
  KeyLocks locks({file});
  ASSERT_TRUE(locks.lock("i1", {name("file:/m")}));
  ::umask(before);
  struct stat state {};
  ASSERT_EQ(::stat(file.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777, 0666u);
}

TEST_F(Keys, AFifoInItsPlaceIsRefusedWithASentenceAndNotWaitedFor) {
  ASSERT_EQ(::mkfifo(file.c_str(), 0666), 0);
  KeyLocks locks({file});
  const auto got = locks.lock("i1", {name("file:/f")});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().cause, Cause::NotPermitted);
  EXPECT_NE(got.error().message.find("is no ordinary file"), std::string::npos);
}

TEST_F(Keys, AFileThatAnotherUserHidesIsSaidToBeHidden) {
  if (::geteuid() != 0) GTEST_SKIP() << "becoming another user needs root";
  std::ofstream(file) << "";
  ::chmod(file.c_str(), 0600);
  const std::string said =
      refused_elsewhere(name("file:/h"), [] { ASSERT_EQ(::setuid(65534), 0); });
  EXPECT_NE(said.find("let its owner or root remove it"), std::string::npos) << said;
}

TEST_F(Keys, AFileInPlaceOfTheLockedOneIsLockedAsWell) {
  KeyLocks locks({file});
  locks.set_run("run-1");
  ASSERT_TRUE(locks.lock("i1", {name("file:/a")}));
  ASSERT_EQ(::unlink(file.c_str()), 0);
  ASSERT_TRUE(locks.lock("i2", {name("file:/b")}));
  // In another network namespace there is no socket to hold the first one: the new file does.
  const auto away = [] { ASSERT_EQ(::unshare(CLONE_NEWNET), 0); };
  if (::geteuid() != 0) GTEST_SKIP() << "a network namespace needs root";
  EXPECT_NE(refused_elsewhere(name("file:/a"), away).find("run-1"), std::string::npos);
  EXPECT_NE(refused_elsewhere(name("file:/b"), away).find("run-1"), std::string::npos);
  locks.release("i1");
  EXPECT_EQ(refused_elsewhere(name("file:/a"), away), "");
}

/// Names stand in slots of a checksum.
TEST_F(Keys, TheEndOfOneTakesNoOthersNameAway) {
  std::map<std::uint32_t, std::string> by_slot;
  std::string one, other;
  for (int i = 0; other.empty(); ++i) {
    const std::string key = "file:/" + std::to_string(i);
    const auto [slot, fresh] = by_slot.try_emplace(crc32c(key) % (1 << 16), key);
    if (!fresh) one = slot->second, other = key;
  }
  MachineLocks locks({file});
  ASSERT_TRUE(locks.lock(one, "run-1"));
  ASSERT_TRUE(locks.lock(other, "run-1"));
  locks.release(one);
  const int child = ::fork();
  if (child == 0) {
    MachineLocks others({file});
    const auto got = others.lock(other, "run-2");
    ::_exit(!got && got.error().message.find("the run run-1") != std::string::npos ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0) << one << " and " << other;
}

TEST_F(Keys, RootObeysInEverybodysFileOnlyGunflint) {
  const std::string own = file + "-root";
  for (const char* called : {"sleeper", "gunflint-agent"}) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const int child = ::fork();
    if (child == 0) {
      ::prctl(PR_SET_NAME, called);
      MachineLocks locks({file});
      (void)!::write(ready[1], locks.lock("file:/r", "run-9") ? "y" : "n", 1);
      for (;;) ::pause();
    }
    char got = 0;
    ASSERT_EQ(::read(ready[0], &got, 1), 1);
    MachineLocks roots({own, file});
    const auto answer = roots.lock("file:/r", "run-root");
    EXPECT_EQ(answer.has_value(), std::string(called) == "sleeper") << called;
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ::unlink(file.c_str());
  ASSERT_EQ(::mkfifo(file.c_str(), 0666), 0);
  MachineLocks roots({own, file});
  EXPECT_TRUE(roots.lock("file:/q", "run-root")) << "others' FIFO is in nobody's way";
  struct stat state {};
  ASSERT_EQ(::stat(own.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777, 0600u);
  ::unlink(own.c_str());
}

}  // namespace
}  // namespace gunflint
