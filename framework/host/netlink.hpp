#pragma once
/// Just enough netlink to speak to netfilter (packet queues and connection tracking) without a
/// library. The protocol: linux/netlink.h, linux/netfilter/nfnetlink*.h; attributes are in network
/// byte order where the kernel says so.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gunflint/base/result.hpp"
#include "gunflint/base/units.hpp"

namespace gunflint {

using ByteSpan = std::span<const std::byte>;

/// Builds one or more messages back to back in one buffer; buffers are reused.
class NetlinkWriter {
 public:
  void clear() { bytes_.clear(); }
  bool empty() const { return bytes_.empty(); }
  ByteSpan bytes() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }

  /// Begins a netfilter message. `type` is subsystem << 8 | message.
  void begin(std::uint16_t type, std::uint16_t flags, std::uint8_t family, std::uint16_t resource,
             std::uint32_t sequence = 0);
  void attribute(std::uint16_t type, ByteSpan payload);
  void attribute_be32(std::uint16_t type, std::uint32_t value);
  void attribute_be16(std::uint16_t type, std::uint16_t value);
  void attribute_u8(std::uint16_t type, std::uint8_t value);
  template <class T>
  void attribute_struct(std::uint16_t type, const T& value) {
    attribute(type, std::as_bytes(std::span(&value, 1)));
  }
  /// Nested attributes: returns where it began, for end_nest.
  std::size_t begin_nest(std::uint16_t type);
  void end_nest(std::size_t begin);
  /// Writes the length of the message begun last.
  void end();

 private:
  void append(ByteSpan bytes);
  void pad();
  std::vector<std::byte> bytes_;
  std::size_t message_ = 0;
};

/// Calls `each(type, payload)` for every attribute; a malformed rest is ignored. The type comes
/// without the flags for nesting and byte order.
void for_each_attribute(ByteSpan attributes,
                        const std::function<void(std::uint16_t, ByteSpan)>& each);
std::uint32_t read_be32(ByteSpan payload);
std::uint16_t read_be16(ByteSpan payload);

/// A socket to the kernel's netfilter. Closed on exec.
class NetlinkSocket {
 public:
  NetlinkSocket() = default;
  NetlinkSocket(NetlinkSocket&& other) noexcept;
  NetlinkSocket& operator=(NetlinkSocket&& other) noexcept;
  ~NetlinkSocket();
  static Result<NetlinkSocket> open();

  int fd() const { return fd_; }
  /// One message with an acknowledgement asked for; the kernel's refusal as an Error that begins
  /// with "cannot `attempted`".
  Result<void> request(const NetlinkWriter& message, const std::string& attempted);
  /// A dump: calls `each(family, attributes)` for every object.
  Result<void> dump(const NetlinkWriter& message, const std::string& attempted,
                    const std::function<void(std::uint8_t family, ByteSpan attributes)>& each);

 private:
  explicit NetlinkSocket(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace gunflint
