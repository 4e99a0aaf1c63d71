#pragma once
/// Users and connections live in tables, and are known by their place in them.

#include <cstdint>
#include <memory>
#include <vector>

namespace gunflint {

constexpr std::uint32_t nobody = 0xffffffff;

/// Such a table: it only grows, and what is in it keeps its address. (A std::deque divides by the
/// size of an element at every look, which was a seventh of our share of a request.)
template <class T>
class Places {
 public:
  T& operator[](std::uint32_t place) { return shelves_[place / shelf][place % shelf]; }
  const T& operator[](std::uint32_t place) const { return shelves_[place / shelf][place % shelf]; }
  /// The place of a new one.
  std::uint32_t add() {
    if (size_ % shelf == 0) shelves_.push_back(std::make_unique<T[]>(shelf));
    return size_++;
  }
  std::uint32_t size() const { return size_; }

 private:
  static constexpr std::uint32_t shelf = 64;
  std::vector<std::unique_ptr<T[]>> shelves_;
  std::uint32_t size_ = 0;
};

}  // namespace gunflint
