// The only user of zlib.
#include "load/inflate.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <zlib.h>

#include "load/ascii.hpp"

namespace gunflint {
namespace {

// How zlib is told the format (zlib.h, inflateInit2).
constexpr int gzip_format = 16 + MAX_WBITS, zlib_format = MAX_WBITS, raw_format = -MAX_WBITS;

/// The first two bytes of RFC 1950 (its 2.2); no raw deflate that anybody writes begins so.
bool has_zlib_head(std::string_view body) {
  if (body.size() < 2) return false;
  const auto first = static_cast<unsigned char>(body[0]),
             second = static_cast<unsigned char>(body[1]);
  return (first & 0x0f) == 8 && (first * 256 + second) % 31 == 0;
}

bool has_gzip_head(std::string_view body) { return body.starts_with("\x1f\x8b"); }

Failure cannot_unpack(Coding coding, std::string_view why) {
  return fail(Cause::BadInput,
              fmt::format("the body is said to be packed with {}, but {}; look at what sets its "
                          "`Content-Encoding`, or leave out `compression`",
                          coding == Coding::Gzip ? "gzip" : "deflate", why));
}

}  // namespace

Result<Coding> coding_of(std::string_view content_encoding) {
  const auto name = trim(content_encoding);
  if (name.empty() || same_word(name, "identity")) return Coding::None;
  if (same_word(name, "gzip") || same_word(name, "x-gzip")) return Coding::Gzip;
  if (same_word(name, "deflate")) return Coding::Deflate;
  return fail(Cause::Unsupported,
              fmt::format("the body is packed with `{}`; gzip and deflate can be unpacked: ask for "
                          "them alone in `Accept-Encoding`",
                          name));
}

struct Inflater::Stream {
  z_stream z{};
  bool ready = false;
  ~Stream() {
    if (ready) inflateEnd(&z);
  }
  bool begin(int format) {
    if (ready) return inflateReset2(&z, format) == Z_OK;
    return ready = inflateInit2(&z, format) == Z_OK;
  }
};

Inflater::Inflater() = default;
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

Result<std::string_view> Inflater::unpack(Coding coding, std::string_view body, std::size_t limit) {
  if (coding == Coding::None || body.empty()) return body.substr(0, limit);
  if (!stream_) stream_ = std::make_unique<Stream>();
  z_stream& z = stream_->z;
  const int format = coding == Coding::Gzip ? gzip_format
                     : has_zlib_head(body)  ? zlib_format
                                            : raw_format;
  // Texts shrink to a fourth or so; what has been asked for once is kept.
  if (out_.size() < limit) out_.resize(std::min(limit, std::max(out_.size(), 4 * body.size())));
  std::size_t unpacked = 0, read = 0;
  int state = Z_STREAM_END;
  while (unpacked < limit) {
    if (state == Z_STREAM_END) {
      if (read == body.size()) break;
      if (read > 0 && coding != Coding::Gzip)
        return cannot_unpack(coding, "something follows its end");
      if (!stream_->begin(format))
        return fail(Cause::Io, "zlib finds no memory to unpack a body; free some");
    }
    if (unpacked == out_.size()) out_.resize(std::min(limit, 2 * out_.size()));
    constexpr std::size_t most_at_once = std::numeric_limits<uInt>::max();
    const auto given = std::min(body.size() - read, most_at_once);
    const auto space = std::min(std::min(out_.size(), limit) - unpacked, most_at_once);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data() + read));
    z.avail_in = static_cast<uInt>(given);
    z.next_out = reinterpret_cast<Bytef*>(out_.data() + unpacked);
    z.avail_out = static_cast<uInt>(space);
    state = inflate(&z, Z_NO_FLUSH);
    read += given - z.avail_in;
    unpacked += space - z.avail_out;
    if (state == Z_MEM_ERROR)
      return fail(Cause::Io, "zlib finds no memory to unpack a body; free some");
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR)
      return cannot_unpack(coding, unpacked == 0 && coding == Coding::Gzip && !has_gzip_head(body)
                                       ? "it is not"
                                       : fmt::format("it is damaged ({})", z.msg ? z.msg : "end"));
    if (state != Z_STREAM_END && read == body.size() && z.avail_out > 0)
      return cannot_unpack(coding, "it is cut off");
  }
  return std::string_view(out_).substr(0, unpacked);
}

}  // namespace gunflint
