// libFuzzer: the answer parser. Whatever the bytes and however they are cut: no crash, and the same
// result as for the bytes in one piece, and as for the same bytes with their head remembered.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "load/response.hpp"

using gunflint::LastHead;
using gunflint::ResponseParser;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const bool to_head = data[0] & 1;
  const std::size_t step = 1 + data[1] % 31;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  const ResponseParser::Keep keep{.head = true, .body = true};
  ResponseParser whole, cut;
  whole.begin(to_head, keep);
  const auto used = whole.feed(bytes);
  cut.begin(to_head, keep);
  std::size_t used_cut = 0;
  for (std::size_t at = 0; at < bytes.size() && !cut.done() && !cut.failed(); at += step)
    used_cut += cut.feed(bytes.substr(at, step));
  whole.feed_end();
  cut.feed_end();
  if (whole.done() != cut.done() || whole.failed() != cut.failed()) std::abort();
  if (whole.done() && (used != used_cut || whole.status() != cut.status() ||
                       whole.body() != cut.body() || whole.head() != cut.head()))
    std::abort();
  LastHead last;
  ResponseParser again;
  for (int n = 0; n < 2; ++n) {
    again.begin(to_head, keep);
    if (again.feed(bytes, &last) != used) std::abort();
    again.feed_end();
    if (again.done() != whole.done() || again.status() != whole.status() ||
        again.body() != whole.body() || again.head() != whole.head() ||
        again.reusable() != whole.reusable())
      std::abort();
  }
  return 0;
}
