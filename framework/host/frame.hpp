#pragma once
/// Frames of the agent protocol: four bytes of length (big endian, at most 4 MiB) and one JSON
/// document {"id":n,"say":{"kind":…}}. Used by agent and coordinator alike, and between an agent
/// and the children that do its work.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gunflint/base/units.hpp"
#include "gunflint/base/value.hpp"
#include "gunflint/model/message.hpp"

namespace gunflint {

constexpr std::size_t frame_limit = 4u << 20;

/// The bytes of one frame. Precondition: the document is below the limit.
std::string to_frame(const Value& document);

/// Takes bytes as they arrive, gives documents as they are complete.
class FrameReader {
 public:
  void feed(std::string_view bytes);
  /// The next document; nullopt until one is complete; an Error (for good) when the other side does
  /// not speak frames.
  Result<std::optional<Value>> next();
  bool empty() const { return buffer_.empty(); }

 private:
  std::string buffer_;
};

/// What was read from a descriptor in one go.
enum class ReadOutcome { Data, Nothing, End };
/// One read(2) into the reader: Nothing when it would block, End at the end of the stream.
Result<ReadOutcome> read_some(int fd, FrameReader& reader);

/// Waits for the next document; TimedOut, or Unreachable at the end of the stream.
Result<Value> read_frame(int fd, FrameReader& reader, Duration deadline);
/// Waits for one document from each, from all at the same time: who is late (TimedOut) or ends
/// without a word (Unreachable) costs nobody else's answer. In the order of the descriptors.
std::vector<Result<Value>> read_frames(const std::vector<int>& fds, Duration deadline);
Result<void> write_frame(int fd, const Value& document, Duration deadline);

template <class Message>
struct Envelope {
  std::uint64_t id = 0;
  Message say;
};

/// A request or an answer as a document, and back.
template <class Message>
Value pack(std::uint64_t id, const Message& say) {
  Value document = Value::map();
  document.set("id", Value(id));
  document.set("say", encode(say));
  return document;
}
template <class Message>
Result<Envelope<Message>> unpack(const Value& document) {
  const Value* say = document.find("say");
  if (say == nullptr) return fail(Cause::BadInput, "a frame without a message arrived");
  GF_TRY_AS(Message message, decode<Message>(*say));
  return Envelope<Message>{static_cast<std::uint64_t>(document.integer_or("id")),
                           std::move(message)};
}

}  // namespace gunflint
