#include "support/server.hpp"

#include <gtest/gtest.h>

namespace gunflint::test {
namespace {

/// Sends `bytes` on one connection and reads until `size` bytes or the end.
std::string talk(int port, const std::string& bytes, std::size_t size) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval limit{5, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  std::string got;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0)
    for (char c = 0; got.size() < size && recv(fd, &c, 1, 0) == 1;) got += c;
  close(fd);
  return got;
}

TEST(TestServer, AnswersByPathBodyAndCount) {
  TestServer server([](const TestRequest& r) {
    if (r.path == "/echo") return answer(201, r.body);
    return answer(200, std::string(r.method) + std::to_string(r.on_connection) + r.header("X-a"));
  });
  EXPECT_EQ(talk(server.port(), "POST /echo HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 40),
            "HTTP/1.1 201 X\r\nContent-Length: 3\r\n\r\nabc");
  const std::string get = "GET / HTTP/1.1\r\nx-A: 7\r\n\r\n";
  const auto two = talk(server.port(), get + get, 84);
  EXPECT_NE(two.find("GET07"), two.npos);
  EXPECT_NE(two.find("GET17"), two.npos);
  EXPECT_EQ(server.served(), 3u);
}

TEST(TestServer, ClosesResetsAndSaysNothing) {
  TestServer server([](const TestRequest& r) {
    if (r.path == "/reset") return raw("").and_reset();
    return raw("xyz").after(20ms).and_close();
  });
  EXPECT_EQ(talk(server.port(), "GET /close HTTP/1.1\r\n\r\n", 1000), "xyz");
  EXPECT_EQ(talk(server.port(), "GET /reset HTTP/1.1\r\n\r\n", 1000), "");
}

}  // namespace
}  // namespace gunflint::test
