#include "model/access_log.hpp"

#include <gtest/gtest.h>

#include "model/replay_words.hpp"

namespace gunflint {
namespace {

std::string line(std::string_view time, std::string_view request) {
  return "10.0.0.1 - - [" + std::string(time) + "] \"" + std::string(request) + "\" 200 5\n";
}
std::string at(int second, std::string_view request) {
  return line("10/Oct/2000:13:55:" + std::string(second < 10 ? "0" : "") + std::to_string(second) +
                  " +0000",
              request);
}

/// "0ms GET /a; 500ms HEAD /b": the whole log.
std::string told(const AccessLog& log) {
  std::string out;
  for (std::size_t i = 0; i < log.size(); ++i)
    out += (i ? "; " : "") + print(log[i].at) + " " + std::string(log[i].method) + " " +
           std::string(log[i].target);
  return out;
}
std::string told(const std::string& text) {
  const auto log = AccessLog::parse(text, "a.log");
  return log ? told(*log) : log.error().message;
}

TEST(AccessLog, CommonAndCombinedAndMore) {
  EXPECT_EQ(told("127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET /a.gif HTTP/1.0\" 200 2326\n"
                 "::1 - - [10/Oct/2000:13:55:37 -0700] \"HEAD /b?x=1 HTTP/1.1\" 304 - "
                 "\"http://x/\" \"Mozilla/5.0 (X11; [en])\"\r\n"
                 "shop.example:80 fe80::1%eth0 - - [10/Oct/2000:13:55:38 -0700] "
                 "\"GET http://shop/c HTTP/2.0\" 200 1 \"-\" \"x\" 0.003\n"
                 "h - a [b] c [10/Oct/2000:13:55:39 -0700] \"GET /d\" 200 1"),
            "0s GET /a.gif; 1s HEAD /b?x=1; 2s GET /c; 3s GET /d");
}

TEST(AccessLog, EscapesInsideQuotes) {
  // Apache writes \" and \\, nginx \x22 and \x5C; what cannot be sent is left out.
  EXPECT_EQ(told(at(1, R"(GET /a\"b\x22c HTTP/1.1)") + at(2, R"(GET /\xc3\xa9\\ HTTP/1.1)") +
                 at(3, R"(GET /a\nX-Evil: 1 HTTP/1.1)") + at(4, "GET /a b HTTP/1.1")),
            "0s GET /a\"b\"c; 1s GET /\xc3\xa9\\");
}

TEST(AccessLog, RequestsOfOneSecondAreSpreadOverIt) {
  EXPECT_EQ(told(at(1, "GET /a HTTP/1.1") + at(1, "GET /b HTTP/1.1") + at(3, "GET /c HTTP/1.1") +
                 at(3, "GET /d HTTP/1.1") + at(3, "GET /e HTTP/1.1") + at(3, "GET /f HTTP/1.1")),
            "0s GET /a; 500ms GET /b; 2s GET /c; 2s250ms GET /d; 2s500ms GET /e; 2s750ms GET /f");
}

TEST(AccessLog, LinesOutOfOrderAreSortedAndZonesCount) {
  EXPECT_EQ(told(at(5, "GET /late HTTP/1.1") + at(4, "GET /a HTTP/1.1") + at(5, "GET /z HTTP/1.1")),
            "0s GET /a; 1s GET /late; 1s500ms GET /z");
  EXPECT_EQ(told(line("10/Oct/2000:23:30:01 -0730", "GET /b HTTP/1.1") +
                 line("11/Oct/2000:07:00:00 +0000", "GET /a HTTP/1.1") +
                 line("11/Oct/2000:12:30:02 +0530", "GET /c HTTP/1.1")),
            "0s GET /a; 1s GET /b; 2s GET /c");
}

TEST(AccessLog, WhatIsLeftOutIsCountedByReason) {
  const auto log = AccessLog::parse(
      at(1, "GET / HTTP/1.1") + at(2, "POST /x HTTP/1.1") + at(2, "POST /x HTTP/1.1") + at(3, "-") +
          at(3, "") + at(3, R"(\x16\x03\x01)") + at(4, "DELETE /x HTTP/1.1") + "rubbish\n\n" +
          at(4, "OPTIONS * HTTP/1.1") + at(9, "HEAD / HTTP/1.1"),
      "a.log");
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_EQ(log->size(), 2u);
  EXPECT_EQ(log->heads(), 1u);
  EXPECT_EQ(log->length(), 9s) << "from the first second to the end of the last";
  EXPECT_EQ(log->left_out(),
            (std::map<std::string, std::uint64_t>{
                {"POST", 2}, {"no request", 2}, {"unreadable", 2}, {"DELETE", 1}, {"OPTIONS", 1}}));
  EXPECT_EQ(spell_left_out(log->left_out()),
            "8 lines left out (2 POST, 2 no request, 2 unreadable, 1 DELETE, 1 OPTIONS)");
}

TEST(AccessLog, NothingToSendIsAnError) {
  EXPECT_EQ(told(at(1, "POST / HTTP/1.1")),
            "a.log holds no GET and no HEAD in common or combined log format: 1 line left out "
            "(POST)");
  EXPECT_EQ(told(std::string()), "a.log holds no GET and no HEAD in common or combined log format");
}

TEST(AccessLog, ATimeThatIsNoneIsUnreadable) {
  for (const char* time :
       {"31/Feb/2000:13:55:36 +0000", "10/Okt/2000:13:55:36 +0000", "10/Oct/2000:24:00:00 +0000",
        "10/Oct/2000 13:55:36 +0000", "10/Oct/9999:13:55:36 +0000", "10/Oct/2000:13:55:36 00000"})
    EXPECT_EQ(told(line(time, "GET / HTTP/1.1")),
              "a.log holds no GET and no HEAD in common or combined log format: 1 line left out "
              "(unreadable)")
        << time;
}

TEST(AccessLog, TheSameTargetIsKeptOnce) {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += at(i % 60, i % 2 ? "GET /even HTTP/1.1" : "GET /odd HTTP/1.1");
  const auto log = AccessLog::parse(text, "a.log");
  ASSERT_TRUE(log);
  EXPECT_EQ((*log)[0].target.data(), (*log)[1].target.data());
  EXPECT_EQ(log->length(), 60s);
}

TEST(ReplayWords, SayWhatAPersonExpects) {
  ReplaySpec replay;
  replay.file = "/var/log/access.log";
  replay.requests = 12345;
  replay.length = 10min;
  replay.left_out = {{"POST", 87}};
  EXPECT_EQ(in_words(replay), "access.log: 12,345 requests in 10m, 87 lines left out (POST)");
  replay.speed = 2;
  replay.left_out = {{"POST", 1080}, {"unreadable", 7}};
  EXPECT_EQ(in_words(replay),
            "access.log: 12,345 requests in 10m, at 2 times its speed, 1,087 lines left out (1,080 "
            "POST, 7 unreadable)");
}

}  // namespace
}  // namespace gunflint
