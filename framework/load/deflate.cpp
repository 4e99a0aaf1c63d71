// The one user of zlib.
#include "load/deflate.hpp"

#include <cassert>

#include <zlib.h>

namespace gunflint {

std::string deflate(std::string_view bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string out(size, '\0');
  [[maybe_unused]] const int done = compress2(
      reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
      static_cast<uLong>(bytes.size()), Z_DEFAULT_COMPRESSION);
  assert(done == Z_OK);  // compressBound() bytes are always enough
  out.resize(size);
  return out;
}

}  // namespace gunflint
