#include <gtest/gtest.h>

#include <cerrno>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/fd.hpp"
#include "target/listeners.hpp"
#include "target/readiness.hpp"

namespace gunflint {
namespace {

/// A listening socket on a free port of loopback.
struct Listening {
  Fd fd;
  int port = 0;
};
Listening listen_somewhere() {
  Listening l;
  l.fd = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(l.fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(l.fd.get(), 16), 0);
  socklen_t size = sizeof address;
  ::getsockname(l.fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  l.port = ntohs(address.sin_port);
  return l;
}

/// Answers one connection with `text`, or accepts and says nothing when it is empty.
std::jthread answer_once(const Listening& l, std::string text) {
  return std::jthread([fd = l.fd.get(), text = std::move(text)] {
    const Fd peer(::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC));
    char buffer[512];
    if (text.empty()) return;
    if (::recv(peer.get(), buffer, sizeof buffer, 0) > 0)
      (void)!::send(peer.get(), text.data(), text.size(), MSG_NOSIGNAL);
  });
}

Answered ask(const std::string& url) {
  const auto door = parse_http_door(url);
  EXPECT_TRUE(door);
  return ask_doors({*door}, 500ms).front();
}

TEST(Listeners, RowsOfProcNetTcpAreRead) {
  const auto found = parse_listeners(
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n"
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 "
      "12345 1 0 100 0 0 10 0\n"
      "   1: 0100007F:1F90 0100007F:A000 01 00000000:00000000 00:00000000 00000000  1000        0 "
      "12346 1 0 100 0 0 10 0\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].address, "127.0.0.1");
  EXPECT_EQ(found[0].port, 8080);
  EXPECT_EQ(found[0].queue, 3u);
  EXPECT_EQ(found[0].inode, 12345u);
}

TEST(Listeners, RowsOfProcNetTcp6AreRead) {
  const auto found = parse_listeners(
      "   0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A "
      "00000000:00000000 00:00000000 00000000     0        0 777 1 0 100 0 0 10 0\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].address, "::1");
  EXPECT_EQ(found[0].port, 80);
}

TEST(Listeners, LinksOfSocketsCarryTheInode) {
  EXPECT_EQ(inode_of_link("socket:[42]"), 42u);
  EXPECT_EQ(inode_of_link("pipe:[42]"), 0u);
  EXPECT_EQ(inode_of_link("/dev/null"), 0u);
}

TEST(Semantics30, TheAcceptQueueOfARealListenerIsSeen) {
  const auto l = listen_somewhere();
  const auto inodes = sockets_of(::getpid());
  auto queue = [&] {
    for (const auto& listener : listeners_of_namespace(0))
      if (listener.port == l.port && inodes.contains(listener.inode))
        return static_cast<int>(listener.queue);
    return -1;
  };
  EXPECT_EQ(queue(), 0);
  const Door door{"127.0.0.1", l.port, ""};
  std::vector<Fd> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(l.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(
        ::connect(clients.back().get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_EQ(queue(), 3);
}

TEST(Readiness, AnsweredByHttpStatus) {
  const auto l = listen_somewhere();
  const std::string url = "http://127.0.0.1:" + std::to_string(l.port) + "/health";
  {
    auto server = answer_once(l, "HTTP/1.1 204 No Content\r\n\r\n");
    EXPECT_TRUE(ask(url).ready);
  }
  {
    auto server = answer_once(l, "HTTP/1.1 503 Busy\r\n\r\n");
    const auto answer = ask(url);
    EXPECT_FALSE(answer.ready);
    EXPECT_NE(answer.why.find("503"), std::string::npos);
  }
  {
    auto server = answer_once(l, "SSH-2.0-OpenSSH\r\n");
    EXPECT_FALSE(ask(url).ready);
  }
}

TEST(Readiness, SilenceIsNotReadyAndEndsAtTheDeadline) {
  const auto l = listen_somewhere();  // connects (backlog), never answers
  const Time begin = monotonic_now();
  const auto answers = ask_doors({{"127.0.0.1", l.port, "/"}, {"127.0.0.1", l.port, ""}}, 200ms);
  EXPECT_FALSE(answers[0].ready);
  EXPECT_TRUE(answers[1].ready);  // a TCP connect is enough there
  EXPECT_LT(monotonic_now() - begin, 1s);
}

TEST(Readiness, NobodyListeningIsNotReady) {
  int port = 0;
  {
    const auto l = listen_somewhere();
    port = l.port;
  }
  EXPECT_FALSE(ask_doors({{"127.0.0.1", port, ""}}, 500ms).front().ready);
}

TEST(Readiness, AddressesAreParsed) {
  const auto a = parse_http_door("http://127.0.0.1:8080/health?x=1");
  ASSERT_TRUE(a);
  EXPECT_EQ(a->host, "127.0.0.1");
  EXPECT_EQ(a->port, 8080);
  EXPECT_EQ(a->path, "/health?x=1");
  const auto b = parse_http_door("http://[::1]");
  ASSERT_TRUE(b);
  EXPECT_EQ(b->host, "::1");
  EXPECT_EQ(b->port, 80);
  EXPECT_EQ(b->path, "/");
  EXPECT_FALSE(parse_http_door("https://x/"));
  EXPECT_FALSE(parse_tcp_door("nowhere"));
  EXPECT_FALSE(parse_tcp_door("host:99999"));
}

}  // namespace
}  // namespace gunflint
