#pragma once
/// Bodies that came packed (`Content-Encoding`, RFC 9110, 8.4.1).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gunflint/base/result.hpp"

namespace gunflint {

enum class Coding : std::uint8_t {
  None,
  Gzip,    ///< RFC 1952; members may follow each other
  Deflate  ///< RFC 1950, and what some servers send instead, RFC 1951
};

/// The value of a Content-Encoding header, any case; empty and `identity` are None. Unsupported
/// (with the name) for any other, and for one packed twice.
Result<Coding> coding_of(std::string_view content_encoding);

/// Unpacks one body after the other in the same memory. Not for two threads at once.
class Inflater {
 public:
  static constexpr std::size_t most_unpacked = 4 * 1024 * 1024;

  Inflater();
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;

  /// What `body` holds; valid until the next call. No more than `limit` bytes are unpacked, as no
  /// more are looked at of a body that came as it is: then the rest is not even read, whatever it
  /// is. An empty body is empty. BadInput: it is damaged, cut off, or something else follows it.
  Result<std::string_view> unpack(Coding coding, std::string_view body,
                                  std::size_t limit = most_unpacked);

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;  ///< made for the first body
  std::string out_;
};

}  // namespace gunflint
