#pragma once
/// Everybody who is under way: about 100 bytes each, so that a stalled system under test may keep
/// a hundred thousand waiting.

#include <cassert>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "gunflint/base/units.hpp"
#include "load/cookies.hpp"

namespace gunflint {
inline namespace load_room {

constexpr std::uint32_t nobody = 0xffffffff;

/// What a journey remembers between its steps; only where it has something to remember.
struct Session {
  std::vector<std::string> values;  ///< of the journey's variables
  CookieJar cookies;
};

/// A place in one of two queues.
struct Link {
  std::uint32_t next = nobody, previous = nobody;
  bool in = false;
};

/// One journey under way.
struct User {
  enum class State : std::uint8_t { Free, Thinking, Queued, Busy, Failing };
  Duration due{};          ///< of the present request, since t = 0
  Duration journey_due{};  ///< of the arrival
  Duration thought{};      ///< think time so far
  Duration sent{};         ///< the present attempt; negative when not sent
  std::uint64_t number = 0;
  Link deadline;  ///< among all with a request under way, by due time
  Link queued;    ///< among those that wait for a connection
  std::uint32_t connection = nobody;
  std::uint32_t generation = 0;  ///< tells apart users of one place
  std::uint16_t journey = 0, step = 0;
  std::uint16_t attempts = 0;
  State state = State::Free;
  bool failed = false;
  std::unique_ptr<Session> session;
};

/// Places are reused; a place keeps its address.
class Users {
 public:
  std::uint32_t add() {
    ++count_;
    if (free_.empty()) {
      users_.emplace_back();
      return static_cast<std::uint32_t>(users_.size() - 1);
    }
    const auto place = free_.back();
    free_.pop_back();
    return place;
  }
  void remove(std::uint32_t place) {
    const auto generation = users_[place].generation + 1;
    users_[place] = User{};
    users_[place].generation = generation;
    free_.push_back(place);
    --count_;
  }
  User& operator[](std::uint32_t place) { return users_[place]; }
  const User& operator[](std::uint32_t place) const { return users_[place]; }
  std::size_t count() const { return count_; }
  std::uint32_t places() const { return static_cast<std::uint32_t>(users_.size()); }

 private:
  std::deque<User> users_;
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
