// libFuzzer: a packed body; the first byte says how and up to which size. Whatever it is: a text no
// larger than the limit, or a failure with a reason, and the next body is unpacked as if alone.
#include "load/inflate.hpp"

#include <cstdint>
#include <cstdlib>

using namespace gunflint;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto coding = data[0] & 1 ? Coding::Gzip : Coding::Deflate;
  const std::size_t limit = data[0] & 2 ? 100 : Inflater::most_unpacked;
  const std::string body(reinterpret_cast<const char*>(data + 1), size - 1);
  Inflater one;
  const auto first = one.unpack(coding, body, limit);
  if (!first && first.error().message.empty()) std::abort();
  if (first && first->size() > limit) std::abort();
  const auto kept = first ? std::string(*first) : std::string();
  static Inflater other;  // has seen all the bodies before
  const auto again = other.unpack(coding, body, limit);
  if (again.has_value() != first.has_value() || (again && *again != kept)) std::abort();
  // Cut off, it begins alike or fails.
  const auto cut = one.unpack(coding, std::string_view(body).substr(0, body.size() / 2), limit);
  if (first && cut && !kept.starts_with(*cut)) std::abort();
  (void)coding_of(body);
  return 0;
}
