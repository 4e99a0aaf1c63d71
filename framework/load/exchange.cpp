// The part of Traffic that speaks on connections.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <ctime>

#include "load/traffic.hpp"

namespace gunflint {
namespace {

ErrorClass class_of_connect_error(int error) {
  return error == ETIMEDOUT ? ErrorClass::ConnectTimeout : ErrorClass::Refused;
}

constexpr std::uint32_t over = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

}  // namespace

void Traffic::on_socket(std::uint32_t place, std::uint16_t generation, std::uint32_t events) {
  Connection& connection = pool_[place];
  if (connection.generation != generation) return;
  if (connection.state == Connection::State::Connecting && (events & (EPOLLOUT | over))) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(connection.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0)
      connect_failed(place, error);
    else
      connected(place);
    // A server that speaks first: this edge will not come again.
    if (connection.generation == generation && connection.state == Connection::State::Busy &&
        (events & EPOLLIN))
      receive(place, events);
  } else if (connection.state == Connection::State::Idle && (events & (EPOLLIN | over))) {
    pool_.close(place, true);  // the other side ended it, or speaks unasked
  } else if (connection.state == Connection::State::Busy) {
    if ((events & EPOLLOUT) && !connection.unsent.empty()) send_rest(place);
    if (connection.generation == generation && (events & (EPOLLIN | over))) receive(place, events);
  }
  pump();
}

void Traffic::connected(std::uint32_t place) {
  Connection& connection = pool_[place];
  connection.state = Connection::State::Busy;
  int error = 0;
  if (!send_request(connection.user, error)) fail_later(place, ErrorClass::Reset);
}

void Traffic::fail_later(std::uint32_t place, ErrorClass why) {
  fail_user_later(let_go(place, false), why);
}

void Traffic::fail_user_later(std::uint32_t who, ErrorClass why) {
  users_[who].connection = nobody;
  users_[who].state = User::State::Failing;
  failing_.push_back({who, users_[who].generation, why});
}

void Traffic::connect_failed(std::uint32_t place, int error) {
  const auto who = pool_[place].user;
  auto taken = pool_.try_next_address(place);
  while (taken.what == Pool::Taken::Failed) {
    error = taken.error;
    taken = pool_.try_next_address(place);
  }
  if (taken.what == Pool::Taken::Opening) return;
  if (taken.what == Pool::Taken::Ready) return connected(place);
  // Out of sockets half-way: the pool has closed the place already.
  pool_.close(place, true);
  fail_user_later(who, class_of_connect_error(error));
}

bool Traffic::send_request(std::uint32_t place, int& error) {
  User& user = users_[place];
  Connection& connection = pool_[user.connection];
  const RequestPlan& plan = request_of(user);
  std::string_view bytes = plan.whole;
  if (!plan.constant) {
    scratch_.clear();
    const Session* session = user.session.get();
    static const std::vector<std::string> no_values;
    write_request(scratch_, plan, program_.origins[static_cast<std::size_t>(plan.origin)],
                  session ? session->values : no_values, session ? &session->cookies : nullptr);
    bytes = scratch_;
  } else if (user.session && !user.session->cookies.empty()) {
    scratch_.assign(plan.whole, 0, plan.blank_line);
    const auto space = plan.whole.find(' ') + 1;
    const auto target =
        std::string_view(plan.whole).substr(space, plan.whole.find(' ', space) - space);
    user.session->cookies.append_to(
        scratch_, program_.origins[static_cast<std::size_t>(plan.origin)].host, target);
    scratch_.append(plan.whole, plan.blank_line);
    bytes = scratch_;
  }
  connection.parser.begin(plan.to_head, plan.keep);
  user.sent = clock_.now();
  ssize_t sent = 0;
  do sent = send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent < 0 && errno != EAGAIN) {
    error = errno;
    user.sent = Duration(-1);
    return false;
  }
  const auto taken = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
  if (taken < bytes.size()) connection.unsent.assign(bytes.substr(taken));
  return true;
}

void Traffic::send_rest(std::uint32_t place) {
  Connection& connection = pool_[place];
  while (!connection.unsent.empty()) {
    const auto sent =
        send(connection.fd, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      connection.unsent.erase(0, static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    // An answer may still have come before the end (413 and the like): receive() finds out.
    if (errno != EAGAIN) connection.unsent.clear();
    return;
  }
}

void Traffic::receive(std::uint32_t place, std::uint32_t events) {
  Connection& connection = pool_[place];
  ResponseParser& parser = connection.parser;
  for (int n = 0; n < buffers_at_once; ++n) {
    const auto got = recv(connection.fd, buffer_.data(), buffer_.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      if (got == 0) parser.feed_end();
      if (got == 0 && parser.done()) return answered(place, false);
      return connection_lost(place, ErrorClass::Reset);
    }
    const auto size = static_cast<std::size_t>(got);
    const auto used = parser.feed({buffer_.data(), size});
    if (parser.done())
      return answered(place, parser.reusable() && used == size && connection.unsent.empty() &&
                                 !(events & over));
    if (parser.failed()) return connection_lost(place, ErrorClass::Protocol);
    // Less than asked for: the socket is empty, unless its end waits behind the bytes.
    if (size < buffer_.size() && !(events & over)) return;
  }
  if (connection.more_to_read) return;  // stands in the list already
  connection.more_to_read = true;
  unread_.push_back({place, connection.generation, events});
}

void Traffic::read_more() {
  std::swap(unread_, reading_);
  for (const Unread& one : reading_) {
    Connection& connection = pool_[one.place];
    if (connection.generation != one.generation || !connection.more_to_read) continue;
    connection.more_to_read = false;
    receive(one.place, one.events);
  }
  if (!reading_.empty()) pump();
  reading_.clear();
}

void Traffic::answered(std::uint32_t place, bool reusable) {
  Connection& connection = pool_[place];
  const auto who = connection.user;
  User& user = users_[who];
  const auto failure = judge(user, request_of(user), connection.parser);
  let_go(place, reusable);
  if (failure)
    attempt_failed(who, *failure);
  else
    request_ended(who, std::nullopt);
}

std::optional<ErrorClass> Traffic::judge(User& user, const RequestPlan& plan,
                                         ResponseParser& parser) {
  if (plan.keep.cookies && !parser.head().empty()) {
    const auto& host = program_.origins[static_cast<std::size_t>(plan.origin)].host;
    bool found = true;
    for (std::size_t from = 0; found;) {
      const auto value = ResponseParser::find_header(parser.head(), "set-cookie", found, &from);
      if (!found) break;
      if (!user.session) user.session = std::make_unique<Session>();
      std::string target;
      plan.target.fill(target, user.session->values, Escape::Target);
      user.session->cookies.take(value, host, target, std::time(nullptr));
    }
  }
  const auto failure =
      plan.checks.verify(parser.status(), parser.head(), parser.body(), clock_.now() - user.due);
  if (failure || plan.extract.empty()) return failure;
  AnswerView answer{parser.head(), parser.body(), &user.session->cookies};
  for (const auto& [slot, extractor] : plan.extract) {
    auto value = extractor.from(answer);
    if (!value) return ErrorClass::Extract;
    user.session->values[slot] = std::move(*value);
  }
  return std::nullopt;
}

void Traffic::connection_lost(std::uint32_t place, ErrorClass why) {
  const auto who = let_go(place, false);
  attempt_failed(who, why);
}

std::uint32_t Traffic::let_go(std::uint32_t place, bool reusable) {
  const auto who = pool_[place].user;
  users_[who].connection = nobody;
  pool_[place].more_to_read = false;  // the answer is over, however it came
  if (reusable)
    pool_.keep(place);
  else
    pool_.close(place, true);
  return who;
}

}  // namespace gunflint
