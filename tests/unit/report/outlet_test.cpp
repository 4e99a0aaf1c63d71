// What is written while nobody reads: never waited for, and whole when somebody does.
#include "report/outlet.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <sstream>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace gunflint {
namespace {

/// A pipe of one page that nobody reads, full to the last byte.
struct FullPipe {
  FullPipe() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    in = ends[0], out = ends[1];
    ::fcntl(out, F_SETPIPE_SZ, 4096);
    ::fcntl(out, F_SETFL, O_NONBLOCK);
    while (::write(out, "#", 1) == 1) {
    }
    ::fcntl(out, F_SETFL, 0);
  }
  ~FullPipe() { ::close(in), ::close(out); }
  /// Everything that comes until the writer is done; without the filling.
  std::string read_until_idle(const Outlet& outlet) {
    ::fcntl(in, F_SETFL, O_NONBLOCK);
    std::string text;
    for (bool idle = false;;) {
      char part[4096];
      const ssize_t n = ::read(in, part, sizeof part);
      if (n > 0) text.append(part, static_cast<std::size_t>(n));
      if (n <= 0 && idle) break;
      if (n <= 0) idle = outlet.idle(), std::this_thread::yield();
    }
    return text.substr(text.find_first_not_of('#'));
  }
  int in = -1, out = -1;
};

TEST(Outlet, NeverWaitsForAPipeThatNobodyReads) {
  FullPipe full;
  Outlet outlet(full.out, 100);
  outlet.put("first\n");
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) outlet.put("more\n");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
  EXPECT_FALSE(outlet.idle());
  EXPECT_FALSE(outlet.flush(std::chrono::milliseconds(1)));
  full.read_until_idle(outlet);
}

TEST(Outlet, SaysHowManyLinesAreMissingOnceThereIsRoomAgain) {
  FullPipe full;
  Outlet outlet(full.out, 20);
  for (int i = 0; i < 50; ++i) outlet.put("0123456789\n");
  const std::string before = full.read_until_idle(outlet);
  outlet.put("back\n");
  ASSERT_TRUE(outlet.flush(std::chrono::seconds(10)));
  const std::string all = before + full.read_until_idle(outlet);
  // A slow writer finds room, and says what was missing until then, more than once.
  int kept = 0, missing = 0;
  std::string last;
  std::istringstream lines(all);
  for (std::string line; std::getline(lines, line); last = line) {
    int count = 0;
    if (std::sscanf(line.c_str(), "(%d lines are missing here: nobody took them)", &count) == 1)
      missing += count;
    else
      kept += line == "0123456789" ? 1 : 0;
  }
  EXPECT_GE(kept, 1);
  EXPECT_GE(missing, 1);
  EXPECT_EQ(kept + missing, 50) << all;
  EXPECT_EQ(last, "back") << all;
}

TEST(Outlet, EndsWhenNobodyEverReads) {
  FullPipe full;
  const auto begin = std::chrono::steady_clock::now();
  {
    Outlet outlet(full.out);
    outlet.put("never read\n");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(Outlet, WritesNothingToWhoeverGotTheNumberOfAClosedDescriptor) {
  FullPipe slow, next;
  Outlet outlet(slow.out);
  outlet.put("for the first\n");
  ASSERT_EQ(::dup3(next.out, slow.out, O_CLOEXEC), slow.out);
  outlet.put("and more\n");
  ::fcntl(slow.in, F_SETFL, O_NONBLOCK);
  std::string text = slow.read_until_idle(outlet);
  EXPECT_EQ(text, "for the first\nand more\n");
}

}  // namespace
}  // namespace gunflint
