#include <gtest/gtest.h>

#include <cstdlib>

#include "host/http_curl.hpp"
#include "host/sockets.hpp"
#include "unit/http/one_answer.hpp"

namespace gunflint {
namespace {

std::string url(const OneAnswer& server) {
  return "http://127.0.0.1:" + std::to_string(server.port()) + "/x";
}

/// A folder of the test's own, removed at its end.
class Folder {
 public:
  Folder() { (void)::mkdtemp(path_); }
  ~Folder() {
    ::unlink(socket().c_str());
    ::rmdir(path_);
  }
  std::string socket() const { return std::string(path_) + "/s"; }

 private:
  char path_[32] = "/tmp/gf-http-XXXXXX";
};

TEST(CurlHttp, SendsMethodHeadersAndBodyAndReadsTheAnswer) {
  OneAnswer server("HTTP/1.1 201 Created\r\nX-Note:  hi \r\nContent-Length: 5\r\n\r\nhello",
                   "BODY");
  CurlHttp http;
  const auto got =
      http.send({.method = "PUT", .url = url(server), .headers = {{"X-Ask", "1"}}, .body = "BODY"});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 201);
  EXPECT_EQ(got->body, "hello");
  EXPECT_EQ(got->headers.at("x-note"), "hi");
  EXPECT_GT(got->took, 0ns);
  EXPECT_TRUE(server.received().starts_with("PUT /x HTTP/1.1\r\n")) << server.received();
  EXPECT_NE(server.received().find("X-Ask: 1\r\n"), std::string::npos);
}

TEST(CurlHttp, DoesNotFollowRedirects) {
  OneAnswer server("HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n", "\r\n\r\n");
  const auto got = CurlHttp().send({.url = url(server)});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->status, 302);
}

TEST(CurlHttp, AServerErrorIsAnAnswer) {
  OneAnswer server("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy", "\r\n\r\n");
  const auto got = CurlHttp().send({.url = url(server)});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->status, 503);
  EXPECT_EQ(got->body, "busy");
}

TEST(CurlHttp, ADeadlineEndsTheWait) {
  OneAnswer server("", "\r\n\r\n");
  const auto got = CurlHttp().send({.url = url(server), .deadline = 100ms});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().cause, Cause::TimedOut);
  EXPECT_EQ(got.error().message, "GET " + url(server) + ": no complete answer within 100ms");
}

TEST(CurlHttp, NobodyThereIsUnreachable) {
  int port = 0;
  { port = OneAnswer("x", "x").port(); }
  const auto got = CurlHttp().send({.url = "http://127.0.0.1:" + std::to_string(port)});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().cause, Cause::Unreachable);
}

TEST(CurlHttp, OtherProtocolsAreRefused) {
  const auto got = CurlHttp().send({.url = "file:///etc/passwd"});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().cause, Cause::BadInput);
}

TEST(CurlHttp, ABodyAboveTheLimitIsAnError) {
  OneAnswer server("HTTP/1.1 200 OK\r\n\r\n" + std::string((16u << 20) + 1, 'x'), "\r\n\r\n");
  const auto got = CurlHttp().send({.url = url(server)});
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().message.find("longer than 16 MiB"), std::string::npos);
}

TEST(CurlHttp, SpeaksThroughAUnixSocket) {
  Folder folder;
  OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "\r\n\r\n", folder.socket());
  const auto got = CurlHttp().send({.url = "http://local/x", .unix_socket = folder.socket()});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->body, "ok");
}

TEST(UnixSockets, ExchangesOneTextForOneAnswer) {
  Folder folder;
  OneAnswer server("answer\n", "", folder.socket());
  const auto got = UnixSockets().exchange(folder.socket(), "show info\n", 2s);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(*got, "answer\n");
  EXPECT_EQ(server.received(), "show info\n");
}

TEST(UnixSockets, NobodyThereIsUnreachable) {
  Folder folder;
  EXPECT_EQ(UnixSockets().exchange(folder.socket(), "x", 1s).error().cause, Cause::Unreachable);
  EXPECT_EQ(UnixSockets().exchange(std::string(200, 'x'), "x", 1s).error().cause, Cause::BadInput);
}

TEST(UnixSockets, ADeadlineEndsTheWait) {
  Folder folder;
  OneAnswer server("", "", folder.socket());
  EXPECT_EQ(UnixSockets().exchange(folder.socket(), "x", 100ms).error().cause, Cause::TimedOut);
}

}  // namespace
}  // namespace gunflint
