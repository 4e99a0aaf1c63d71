// Any bytes from an HTTP/2 server, cut anyhow: no crash, every stream ends once, nothing is kept.
// What nghttp2 makes of frames and HPACK passes through our callbacks.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "load/http2.hpp"

using gunflint::Http2Fields;
using gunflint::Http2Session;

namespace {

/// Deals with what has ended; a stream that ends twice is a bug.
void settle(Http2Session& session, std::set<std::uint32_t>& open) {
  auto ended = std::move(session.ended);
  session.ended.clear();
  for (auto* stream : ended) {
    if (open.erase(stream->user) != 1) std::abort();
    session.release(stream);
  }
}

void drain(Http2Session& session) {
  for (int i = 0; i < 1000 && !session.next_bytes().empty(); ++i) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t step = 1 + data[0] % 63;
  const std::uint32_t requests = 1 + data[1] % 5;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  Http2Session session(4);
  std::set<std::uint32_t> open;
  const std::string body = "a=1";
  const Http2Fields fields{
      {":method", "POST"}, {":scheme", "http"}, {":authority", "h"}, {":path", "/"}};
  std::int32_t last = -1;
  for (std::uint32_t user = 0; user < requests && session.room() > 0; ++user)
    if (session.submit(user, fields, user % 2 ? &body : nullptr, {true, true, true}, last))
      open.insert(user);
  drain(session);
  bool sense = true;
  for (std::size_t at = 0; at < bytes.size() && sense; at += step) {
    sense = session.feed(bytes.substr(at, step));
    settle(session, open);
    if (at / step == 3 && last >= 0 && open.erase(requests - 1) == 1) session.cancel(last);
    drain(session);
    settle(session, open);
  }
  session.feed_end();
  settle(session, open);
  if (!open.empty() || session.streams() != 0) std::abort();
  return 0;
}
