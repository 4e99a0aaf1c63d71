// The coordinator's end of the pipe, to an agent that does not behave.
#include <condition_variable>
#include <csignal>
#include <mutex>

#include "engine/agent_link.hpp"
#include "lab/hand/hand_lab.hpp"

namespace gunflint {
namespace {

using namespace lab;

/// Greets, then reads nothing any more and ends with its input.
constexpr const char* deaf_agent = R"(
import json, os, struct, sys, time
size = struct.unpack(">I", os.read(0, 4))[0]
hello = json.loads(os.read(0, size))
answer = json.dumps({"id": hello["id"], "say": {"kind": "welcome", "protocol": 1, "version": "0", "agent": "deaf", "facts": {}}}).encode()
os.write(1, struct.pack(">I", len(answer)) + answer)
time.sleep(60)
)";

/// Reads nothing any more, says two things, the second of which is its good-bye, and ends.
constexpr const char* leaving_agent = R"(
import json, os, struct, sys, time
def say(id, what):
  text = json.dumps({"id": id, "say": what}).encode()
  return struct.pack(">I", len(text)) + text
size = struct.unpack(">I", os.read(0, 4))[0]
hello = json.loads(os.read(0, size))
os.write(1, say(hello["id"], {"kind": "welcome", "protocol": 1, "version": "0", "agent": "brisk", "facts": {}}))
time.sleep(0.3)
os.close(0)
os.write(1, say(0, {"kind": "failed", "cause": "io", "message": "x", "injection": "i"}) +
            say(0, {"kind": "closed", "clean": True, "left": [], "why": "signal"}))
)";

TEST(AgentLink, AGoodByeThatIsInThePipeAlreadyIsHeardThoughByeCannotBeWritten) {
  ::signal(SIGPIPE, SIG_IGN);
  Lab lab;
  const auto script = lab.write("leaving.py", leaving_agent);
  std::mutex mutex;
  std::condition_variable changed;
  bool reading = false, asked = false;
  std::vector<Closed> closed;
  Hello hello;
  hello.lease = 60s;
  auto link = AgentLink::open(
      {"/usr/bin/python3", script}, hello,
      [&](const Answer&) {  // the reader is held up until we have tried to say Bye
        std::unique_lock lock(mutex);
        reading = true;
        changed.notify_all();
        changed.wait_for(lock, 10s, [&] { return asked; });
      },
      [](const std::string&) {});
  ASSERT_TRUE(link) << link.error().message;
  std::unique_lock lock(mutex);
  ASSERT_TRUE(changed.wait_for(lock, 10s, [&] { return reading; }));
  lock.unlock();
  (*link)->farewell_later([&](const Closed& how) {
    const std::lock_guard told(mutex);
    closed.push_back(how);
    changed.notify_all();
  });
  lock.lock();
  EXPECT_TRUE(closed.empty()) << "what it said is not read yet";
  asked = true;
  changed.notify_all();
  ASSERT_TRUE(changed.wait_for(lock, 10s, [&] { return !closed.empty(); }));
  EXPECT_TRUE(closed.front().clean) << closed.front().left.front();
}

TEST(AgentLink, WhatCannotBeWrittenIsALostAgentAndNotAForgottenRequest) {
  Lab lab;
  const auto script = lab.write("deaf.py", deaf_agent);
  std::mutex mutex;
  std::condition_variable changed;
  std::string lost;
  Hello hello;
  hello.lease = 60s;  // so long may it be silent
  auto link = AgentLink::open(
      {"/usr/bin/python3", script}, hello, [](Answer) {},
      [&](const std::string& why) {
        const std::lock_guard lock(mutex);
        lost = why;
        changed.notify_all();
      });
  ASSERT_TRUE(link) << link.error().message;
  Restore restore;
  restore.injection = std::string(4000, 'x');
  Result<void> sent;
  for (int i = 0; i < 100 && sent; ++i) sent = (*link)->send(restore);
  ASSERT_FALSE(sent) << "a pipe that nobody reads takes 64 KiB";
  EXPECT_FALSE((*link)->send(restore)) << "after half a frame nothing would be understood";
  std::unique_lock lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, 5s, [&] { return !lost.empty(); })) << "nobody is told";
  EXPECT_NE(lost.find("it could not be told something"), std::string::npos) << lost;
  lock.unlock();
  (*link)->fence();  // it sleeps: without this the end of the link would wait for it
}

}  // namespace
}  // namespace gunflint
