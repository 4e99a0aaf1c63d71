#pragma once
/// Everybody who is under way: about 100 bytes each, so that a stalled system under test may keep
/// a hundred thousand waiting.

#include <cassert>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gunflint/base/units.hpp"
#include "load/cookies.hpp"
#include "load/wire.hpp"

namespace gunflint {
inline namespace load_room {

/// What a journey remembers between its steps; only where it has something to remember.
struct Session {
  std::vector<std::string> values;  ///< of the journey's variables
  CookieJar cookies;
  std::unique_ptr<Redirect> redirect;  ///< where the present request has been sent on to
};

/// A place in one of two queues.
struct Link {
  std::uint32_t next = nobody, previous = nobody;
  bool in = false;
};

/// One journey under way.
struct User {
  enum class State : std::uint8_t { Free, Thinking, Queued, Busy, Pausing, Failing };
  Duration due{};          ///< of the present request, since t = 0
  Duration journey_due{};  ///< of the arrival
  Duration thought{};      ///< think time so far
  Duration sent{};         ///< the present attempt; negative when not sent
  Duration asked{};        ///< waited: when the present request first asked for a connection
  std::uint64_t number = 0;
  Link deadline;  ///< among all with a request under way, by due time
  Link queued;    ///< among those that wait for a connection
  Carried carried;
  std::uint32_t place = nobody;   ///< among all users
  std::uint32_t generation = 0;   ///< tells apart users of one place
  std::uint32_t member = nobody;  ///< closed loop: which of its users
  std::uint16_t journey = 0, step = 0;
  std::uint16_t attempts = 0;
  std::uint8_t hops = 0;    ///< redirects followed
  std::uint8_t resent = 0;  ///< attempts that the server had not looked at
  State state = State::Free;
  bool failed : 1 = false;
  bool unfinished : 1 = false;  ///< the load was over while it thought
  bool waited : 1 = false;      ///< for a connection, with the present request
  bool first : 1 = true;        ///< the present request is the journey's first
  bool handed : 1 = false;      ///< the present request has been given to the wire, and counted
  bool timed : 1 = false;       ///< the delay of its first sending has been counted
  std::unique_ptr<Session> session;

  /// Which row of data it takes: the member of a closed loop keeps its own.
  std::uint64_t row_key() const { return member == nobody ? number : member; }
};

/// Places are reused; a place keeps its address.
class Users {
 public:
  std::uint32_t add() {
    ++count_;
    if (free_.empty()) {
      const auto place = users_.add();
      users_[place].place = place;
      return place;
    }
    const auto place = free_.back();
    free_.pop_back();
    return place;
  }
  void remove(std::uint32_t place) {
    renew(place);
    free_.push_back(place);
    --count_;
  }
  /// The place is kept, by somebody new.
  void renew(std::uint32_t place) {
    const auto generation = users_[place].generation + 1;
    users_[place] = User{};
    users_[place].generation = generation;
    users_[place].place = place;
  }
  User& operator[](std::uint32_t place) { return users_[place]; }
  const User& operator[](std::uint32_t place) const { return users_[place]; }
  std::size_t count() const { return count_; }
  std::uint32_t places() const { return users_.size(); }

 private:
  Places<User> users_;
  std::vector<std::uint32_t> free_;
  std::size_t count_ = 0;
};

/// First in, first out, and out of the middle in constant time.
template <Link User::*link>
class UserQueue {
 public:
  explicit UserQueue(Users& users) : users_(users) {}
  void push(std::uint32_t place) {
    Link& l = users_[place].*link;
    assert(!l.in);
    l = {nobody, last_, true};
    (last_ == nobody ? first_ : (users_[last_].*link).next) = place;
    last_ = place;
    ++size_;
  }
  void remove(std::uint32_t place) {
    Link& l = users_[place].*link;
    if (!l.in) return;
    (l.previous == nobody ? first_ : (users_[l.previous].*link).next) = l.next;
    (l.next == nobody ? last_ : (users_[l.next].*link).previous) = l.previous;
    l = {};
    --size_;
  }
  std::uint32_t first() const { return first_; }
  std::uint32_t after(std::uint32_t place) const { return (users_[place].*link).next; }
  bool empty() const { return first_ == nobody; }
  std::size_t size() const { return size_; }

 private:
  Users& users_;
  std::uint32_t first_ = nobody, last_ = nobody;
  std::size_t size_ = 0;
};

}  // namespace load_room
}  // namespace gunflint
