#include "load/response.hpp"

#include <gtest/gtest.h>

namespace gunflint {
namespace {

struct Case {
  std::string bytes;
  int status = 200;
  std::string body;
  bool reusable = true;
  bool to_head = false;
  bool by_end = false;    ///< only the end of the connection completes it
  std::string rest = {};  ///< bytes of `bytes` that belong to no answer
};

std::vector<Case> good() {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  return {
      {ok + "Content-Length: 5\r\n\r\nhello", 200, "hello"},
      {ok + "content-length:0\r\n\r\n", 200, ""},
      {"HTTP/1.1 404\r\nContent-Length: 2\r\nX: a:b\r\n\r\nno", 404, "no"},
      {"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200, "ok"},
      {ok + "Content-Length: 5, 5\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"},
      {ok + "Connection: keep-alive, Close\r\nContent-Length: 1\r\n\r\nx", 200, "x", false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x", false},
      {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", 200, "x", true},
      {ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n", 200,
       "hello world"},
      {ok + "Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n",
       200, "0123456789"},
      {ok + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n1\r\nx\r\n0\r\n\r\n", 200, "x",
       false},
      {ok + "\r\nall of it", 200, "all of it", false, false, true},
      {ok + "Transfer-Encoding: gzip\r\n\r\nzzz", 200, "zzz", false, false, true},
      {ok + "Content-Length: 500\r\n\r\n", 200, "", true, true},
      {"HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", 204, ""},
      {"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n", 304, ""},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\nContent-Length: 9\r\n\r\n" +
           ok + "Content-Length: 2\r\n\r\nok",
       200, "ok"},
      {ok + "X-Long: a\r\n  folded\r\nContent-Length: 2\r\n\r\nok", 200, "ok"},
      {ok + "Content-Length: 2\r\n\r\nokHTTP/1.1 200", 200, "ok", true, false, false,
       "HTTP/1.1 200"},
  };
}

/// Feeds `bytes` in pieces cut at the given places.
std::size_t feed(ResponseParser& parser, std::string_view bytes, std::vector<std::size_t> cuts) {
  std::size_t used = 0, at = 0;
  cuts.push_back(bytes.size());
  for (const auto cut : cuts) {
    used += parser.feed(bytes.substr(at, cut - at));
    at = cut;
  }
  return used;
}

void expect_good(const Case& c, ResponseParser& parser, std::size_t used) {
  if (c.by_end) {
    EXPECT_FALSE(parser.done()) << c.bytes;
    parser.feed_end();
  }
  ASSERT_TRUE(parser.done()) << c.bytes << " " << parser.reason();
  EXPECT_EQ(parser.status(), c.status);
  EXPECT_EQ(parser.body(), c.body);
  EXPECT_EQ(parser.body_bytes(), c.body.size());
  EXPECT_EQ(parser.reusable(), c.reusable) << c.bytes;
  EXPECT_EQ(used, c.bytes.size() - c.rest.size()) << c.bytes;
}

TEST(Response, ReadsEveryFormSplitAtEveryByte) {
  ResponseParser parser;
  for (const auto& c : good())
    for (std::size_t cut = 0; cut <= c.bytes.size(); ++cut) {
      parser.begin(c.to_head, {.body = true});
      expect_good(c, parser, feed(parser, c.bytes, {cut}));
    }
}

TEST(Response, ReadsEveryFormByteByByte) {
  ResponseParser parser;
  for (const auto& c : good()) {
    parser.begin(c.to_head, {.body = true});
    std::vector<std::size_t> cuts;
    for (std::size_t i = 1; i < c.bytes.size(); ++i) cuts.push_back(i);
    expect_good(c, parser, feed(parser, c.bytes, cuts));
  }
}

/// What a head that is remembered means must be what reading it says: of every answer after every
/// other, and after itself.
TEST(Response, AHeadThatIsRememberedMeansTheSame) {
  const auto all = good();
  for (const auto keep : {ResponseParser::Keep{}, ResponseParser::Keep{.cookies = true},
                          ResponseParser::Keep{.head = true, .body = true}})
    for (const auto& before : all)
      for (const auto& answer : all) {
        LastHead last;
        ResponseParser remembering, reading;
        for (const auto* one : {&before, &answer, &answer}) {
          remembering.begin(one->to_head, keep);
          reading.begin(one->to_head, keep);
          EXPECT_EQ(remembering.feed(one->bytes, &last), reading.feed(one->bytes));
          if (one->by_end) {
            remembering.feed_end();
            reading.feed_end();
          }
          EXPECT_EQ(remembering.done(), reading.done()) << one->bytes;
          EXPECT_EQ(remembering.status(), reading.status()) << one->bytes;
          EXPECT_EQ(remembering.reusable(), reading.reusable()) << one->bytes;
          EXPECT_EQ(remembering.head(), reading.head()) << one->bytes;
          EXPECT_EQ(remembering.body(), reading.body()) << one->bytes;
          EXPECT_EQ(remembering.body_bytes(), reading.body_bytes()) << one->bytes;
        }
      }
}

TEST(Response, AHeadThatCameInPiecesIsNotTakenForAWhole) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  LastHead last;
  for (std::size_t cut = 1; cut < answer.size(); ++cut) {
    ResponseParser parser;
    parser.begin(false, {.body = true});
    parser.feed(std::string_view(answer).substr(0, cut), &last);
    parser.feed(std::string_view(answer).substr(cut), &last);
    EXPECT_TRUE(parser.done()) << cut;
    EXPECT_EQ(parser.body(), "ok") << cut;
    // Another one with the same beginning is read on its own.
    parser.begin(false, {.body = true});
    parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes", &last);
    EXPECT_EQ(parser.body(), "yes") << cut;
  }
}

TEST(Response, WhatIsBrokenIsNotRemembered) {
  LastHead last;
  for (int n = 0; n < 2; ++n) {
    ResponseParser parser;
    parser.begin(false, {});
    parser.feed("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", &last);
    EXPECT_TRUE(parser.failed());
    EXPECT_EQ(parser.reason(), "a header line has no colon");
  }
}

TEST(Response, RefusesWhatIsNoAnswer) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
  const std::vector<std::pair<std::string, std::string>> bad{
      {"garbage\r\n", "status line"},
      {"HTTP/2 200\r\n", "status line"},
      {"HTTP/1.1 2x0 OK\r\n", "status line"},
      {"HTTP/1.1 2000 OK\r\n", "status line"},
      {"HTTP/1.1 099 OK\r\n", "below 100"},
      {"\r\n", "status line"},
      {ok + "no colon\r\n", "colon"},
      {ok + "Bad Name: x\r\n", "header name"},
      {ok + ": x\r\n", "header name"},
      {ok + "Content-Length: -1\r\n", "Content-Length"},
      {ok + "Content-Length: 1x\r\n", "Content-Length"},
      {ok + "Content-Length: 9999999999999999999\r\n", "Content-Length"},
      {ok + "Content-Length: \r\n", "Content-Length"},
      {ok + "Content-Length: 1\r\nContent-Length: 2\r\n", "Content-Length"},
      {ok + std::string("X: a\0b\r\n", 8), "NUL"},
      {"HTTP/1.1 101 Switching\r\n\r\n", "101"},
      {chunked + "xyz\r\n", "chunk size"},
      {chunked + "\r\n", "chunk size"},
      {chunked + "-5\r\n", "chunk size"},
      {chunked + "ffffffffffffffff\r\n", "chunk size"},
      {chunked + "1\r\nxy\r\n", "longer than it said"},
      {ok + "X: " + std::string(ResponseParser::line_limit, 'a') + "\r\n", "16 KiB"},
  };
  ResponseParser parser;
  for (const auto& [bytes, reason] : bad)
    for (std::size_t cut = 0; cut <= std::min<std::size_t>(bytes.size(), 200); ++cut) {
      parser.begin(false, {.body = true});
      feed(parser, bytes, {cut});
      EXPECT_TRUE(parser.failed()) << bytes;
      EXPECT_NE(parser.reason().find(reason), std::string::npos) << bytes << parser.reason();
    }
}

TEST(Response, LimitsTheHead) {
  ResponseParser parser;
  parser.begin(false, {.head = true});
  parser.feed("HTTP/1.1 200 OK\r\n");
  const std::string line = "X-A: " + std::string(1000, 'a') + "\r\n";
  for (int i = 0; i < 100 && !parser.failed(); ++i) parser.feed(line);
  EXPECT_TRUE(parser.failed());
  EXPECT_NE(parser.reason().find("64 KiB"), std::string::npos);
}

TEST(Response, AnEndInTheMiddleIsAFailure) {
  ResponseParser parser;
  parser.begin(false, {});
  parser.feed_end();
  EXPECT_TRUE(parser.failed());
  EXPECT_FALSE(parser.started());
  parser.begin(false, {});
  parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
  parser.feed_end();
  EXPECT_TRUE(parser.failed());
  EXPECT_TRUE(parser.started());
}

TEST(Response, KeepsOnlyWhatIsWanted) {
  const std::string bytes =
      "HTTP/1.1 200 OK\r\nServer: x\r\nset-cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\n"
      "Content-Length: 2\r\n\r\nok";
  ResponseParser parser;
  parser.begin(false, {});
  parser.feed(bytes);
  EXPECT_EQ(parser.head(), "");
  EXPECT_EQ(parser.body(), "");
  EXPECT_EQ(parser.body_bytes(), 2u);
  parser.begin(false, {.cookies = true});
  parser.feed(bytes);
  EXPECT_EQ(parser.head(), "set-cookie: a=1; Path=/\nSet-Cookie: b=2\n");
  parser.begin(false, {.head = true});
  parser.feed(bytes);
  bool found = false;
  EXPECT_EQ(ResponseParser::find_header(parser.head(), "SERVER", found), "x");
  EXPECT_TRUE(found);
  ResponseParser::find_header(parser.head(), "serve", found);
  EXPECT_FALSE(found);
  std::size_t from = 0;
  EXPECT_EQ(ResponseParser::find_header(parser.head(), "Set-Cookie", found, &from), "a=1; Path=/");
  EXPECT_EQ(ResponseParser::find_header(parser.head(), "Set-Cookie", found, &from), "b=2");
}

TEST(Response, ABodyBeyondTheLimitIsCountedButNotKept) {
  ResponseParser parser;
  parser.begin(false, {.body = true});
  parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n");
  const std::string block(100'000, 'x');
  for (int i = 0; i < 50; ++i) parser.feed(block);
  EXPECT_TRUE(parser.done());
  EXPECT_EQ(parser.body().size(), ResponseParser::body_limit);
  EXPECT_EQ(parser.body_bytes(), 5'000'000u);
}

}  // namespace
}  // namespace gunflint
