#include "target/readiness.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "host/fd.hpp"

namespace gunflint {
namespace {

/// A check must not outlast the second in which it is asked.
constexpr Duration patience = 900ms;
constexpr std::size_t enough = 64;  ///< bytes of an answer that hold its first line's status

Result<std::pair<std::string, int>> split_address(const std::string& text, int fallback_port) {
  std::string host = text;
  int port = fallback_port;
  const auto bracket = text.find(']');
  const auto colon = text.rfind(':');
  const bool v6 = text.starts_with('[') && bracket != std::string::npos;
  if (colon != std::string::npos && (!v6 || colon > bracket)) {
    host = text.substr(0, colon);
    port = 0;
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  }
  if (v6) host = text.substr(1, bracket - 1);
  if (host.empty() || port <= 0 || port > 65535)
    return fail(Cause::BadInput, "`" + text + "` is no address; write host:port");
  return std::pair{host, port};
}

/// One conversation, moved on by poll.
struct Talk {
  Fd socket;
  std::string to_send, received;
  bool connected = false, done = false;
  Answered answer;

  void finish(bool ready, std::string why = {}) {
    done = true;
    answer = {ready, std::move(why)};
    socket.close();
  }
};

bool fill_address(const Door& door, sockaddr_storage& storage, socklen_t& length) {
  const std::string host = door.host == "localhost" ? "127.0.0.1" : door.host;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (::inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<std::uint16_t>(door.port));
    length = sizeof *v4;
    return true;
  }
  if (::inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<std::uint16_t>(door.port));
    length = sizeof *v6;
    return true;
  }
  return false;
}

void open(Talk& talk, const Door& door) {
  sockaddr_storage address{};
  socklen_t length = 0;
  if (!fill_address(door, address, length)) return talk.finish(false, door.host + " is no address");
  talk.socket = Fd(::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!talk.socket) return talk.finish(false, "no socket is free");
  if (!door.path.empty())
    talk.to_send = "GET " + door.path + " HTTP/1.1\r\nHost: " + door.host + ":" +
                   std::to_string(door.port) +
                   "\r\nUser-Agent: gunflint\r\nAccept: */*\r\nConnection: close\r\n\r\n";
  if (::connect(talk.socket.get(), reinterpret_cast<sockaddr*>(&address), length) != 0 &&
      errno != EINPROGRESS)
    talk.finish(false, std::strerror(errno));
}

void judge_status(Talk& talk) {
  // "HTTP/1.1 200"
  const std::string& text = talk.received;
  int status = 0;
  if (text.starts_with("HTTP/1.") && text.size() >= 12)
    std::from_chars(text.data() + 9, text.data() + 12, status);
  if (status == 0) return talk.finish(false, "the answer is not HTTP");
  talk.finish(status >= 200 && status < 400, "it answered with status " + std::to_string(status));
}

void move_on(Talk& talk) {
  if (!talk.connected) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(talk.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return talk.finish(false, std::strerror(error));
    talk.connected = true;
    if (talk.to_send.empty()) return talk.finish(true);
  }
  while (!talk.to_send.empty()) {
    const ssize_t n =
        ::send(talk.socket.get(), talk.to_send.data(), talk.to_send.size(), MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) return talk.finish(false, std::strerror(errno));
    talk.to_send.erase(0, static_cast<std::size_t>(n));
  }
  char buffer[512];
  const ssize_t n = ::recv(talk.socket.get(), buffer, sizeof buffer, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n < 0) return talk.finish(false, std::strerror(errno));
  talk.received.append(buffer, static_cast<std::size_t>(n));
  if (n == 0 && talk.received.size() < 12) return talk.finish(false, "it closed without an answer");
  if (n == 0 || talk.received.size() >= enough || talk.received.find('\n') != std::string::npos)
    judge_status(talk);
}

Result<Door> resolved(Host& host, Result<Door> door) {
  if (!door) return door;
  sockaddr_storage storage{};
  socklen_t length = 0;
  if (fill_address(*door, storage, length)) return door;
  GF_TRY_AS(const auto addresses, host.network.resolve(door->host));
  if (addresses.empty())
    return fail(Cause::Unreachable, "the name `" + door->host + "` has no address");
  door->host = addresses.front();
  return door;
}

Answered ask_by_command(Host& host, const Readiness& ready, const Member& member) {
  Command command;
  command.deadline = patience;
  for (const auto& word : ready.exec) {
    auto filled = expand_member(word, member);
    if (!filled) return {false, filled.error().message};
    command.argv.push_back(std::move(*filled));
  }
  const auto exit = host.processes.run(command);
  if (!exit) return {false, exit.error().message};
  return {exit->code == 0, "`" + ready.exec.front() + "` ended with " + std::to_string(exit->code)};
}

}  // namespace

Result<Door> parse_http_door(const std::string& url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme))
    return fail(Cause::Unsupported,
                "readiness over `" + url + "` is not in this version; use http://, tcp or exec");
  const auto slash = url.find('/', scheme.size());
  const auto end = slash == std::string::npos ? url.size() : slash;
  GF_TRY_AS(const auto address, split_address(url.substr(scheme.size(), end - scheme.size()), 80));
  std::string path = url.substr(end);
  if (path.empty()) path = "/";
  if (path.find_first_of(" \r\n") != std::string::npos)
    return fail(Cause::BadInput, "`" + url + "` holds a blank; write it as %20");
  return Door{address.first, address.second, path};
}

Result<Door> parse_tcp_door(const std::string& text) {
  GF_TRY_AS(const auto address, split_address(text, 0));
  return Door{address.first, address.second, ""};
}

std::vector<Answered> ask_doors(const std::vector<Door>& doors, Duration deadline) {
  std::vector<Talk> talks(doors.size());
  for (std::size_t i = 0; i < doors.size(); ++i) open(talks[i], doors[i]);
  const Time end = monotonic_now() + deadline;
  for (;;) {
    std::vector<pollfd> waiting;
    std::vector<Talk*> of;
    for (auto& talk : talks)
      if (!talk.done) {
        const bool writes = !talk.connected || !talk.to_send.empty();
        waiting.push_back({talk.socket.get(), static_cast<short>(writes ? POLLOUT : POLLIN), 0});
        of.push_back(&talk);
      }
    if (waiting.empty()) break;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - monotonic_now()).count();
    if (left <= 0) break;
    const int ready = ::poll(waiting.data(), waiting.size(), static_cast<int>(left));
    if (ready < 0 && errno != EINTR) break;
    for (std::size_t i = 0; i < waiting.size(); ++i)
      if (waiting[i].revents != 0) move_on(*of[i]);
  }
  std::vector<Answered> out;
  for (auto& talk : talks) {
    if (!talk.done) talk.finish(false, "no answer within " + print(deadline));
    out.push_back(talk.answer);
  }
  return out;
}

std::vector<Answered> ask_members(Host& host, const Readiness& ready,
                                  const std::vector<Member>& members) {
  std::vector<Answered> out(members.size());
  if (ready.empty()) {
    for (auto& answer : out) answer.ready = true;
    return out;
  }
  if (!ready.exec.empty()) {
    for (std::size_t i = 0; i < members.size(); ++i)
      out[i] = ask_by_command(host, ready, members[i]);
    return out;
  }
  std::vector<Door> doors;
  std::vector<std::size_t> whose;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const bool http = !ready.http.empty();
    const auto text = expand_member(http ? ready.http : ready.tcp, members[i]);
    if (!text) {
      out[i] = {false, text.error().message};
      continue;
    }
    auto door = resolved(host, http ? parse_http_door(*text) : parse_tcp_door(*text));
    if (!door) {
      out[i] = {false, door.error().message};
      continue;
    }
    doors.push_back(std::move(*door));
    whose.push_back(i);
  }
  const auto answers = ask_doors(doors, patience);
  for (std::size_t i = 0; i < answers.size(); ++i) out[whose[i]] = answers[i];
  return out;
}

}  // namespace gunflint
