#include "load/inflate.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

namespace gunflint {
namespace {

constexpr int gzip = 31, with_zlib_head = 15, raw = -15;

std::string packed(std::string_view text, int format) {
  z_stream z{};
  deflateInit2(&z, 9, Z_DEFLATED, format, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, text.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::string unpacked(Coding coding, std::string_view body) {
  Inflater inflater;
  const auto text = inflater.unpack(coding, body);
  return text ? std::string(*text) : "! " + text.error().message;
}

std::string long_text() {
  std::string text;
  for (int i = 0; text.size() < 300'000; ++i) text += "article " + std::to_string(i * 7919) + ", ";
  return text;
}

TEST(Coding, IsReadFromTheHeader) {
  EXPECT_EQ(*coding_of(""), Coding::None);
  EXPECT_EQ(*coding_of("identity"), Coding::None);
  EXPECT_EQ(*coding_of("gzip"), Coding::Gzip);
  EXPECT_EQ(*coding_of(" X-GZip "), Coding::Gzip);
  EXPECT_EQ(*coding_of("Deflate"), Coding::Deflate);
  EXPECT_EQ(coding_of("br").error().cause, Cause::Unsupported);
  EXPECT_NE(coding_of("br").error().message.find("`br`"), std::string::npos);
  EXPECT_FALSE(coding_of("gzip, gzip"));
}

TEST(Inflater, UnpacksEveryFormat) {
  for (const auto& text :
       {std::string(), std::string("x"), std::string("{\"id\":7}"), long_text()}) {
    EXPECT_EQ(unpacked(Coding::None, text), text);
    EXPECT_EQ(unpacked(Coding::Gzip, packed(text, gzip)), text);
    EXPECT_EQ(unpacked(Coding::Deflate, packed(text, with_zlib_head)), text);
    EXPECT_EQ(unpacked(Coding::Deflate, packed(text, raw)), text);
  }
  EXPECT_EQ(unpacked(Coding::Gzip, ""), "");
}

TEST(Inflater, GoesOnWithTheNextMember) {
  EXPECT_EQ(unpacked(Coding::Gzip, packed("one ", gzip) + packed("", gzip) + packed("two", gzip)),
            "one two");
  EXPECT_NE(unpacked(Coding::Gzip, packed("one", gzip) + "junk").find("is damaged"),
            std::string::npos);
  EXPECT_NE(
      unpacked(Coding::Deflate, packed("one", raw) + "junk").find("something follows its end"),
      std::string::npos);
}

TEST(Inflater, WhatIsCutOffOrDamagedIsNoBody) {
  const std::string text = "a text that is told twice, a text that is told twice";
  const auto whole = packed(text, gzip);
  for (std::size_t size = 1; size < whole.size(); ++size)
    EXPECT_EQ(unpacked(Coding::Gzip, whole.substr(0, size)).substr(0, 2), "! ") << size;
  std::size_t refused = 0;
  for (std::size_t at = 10; at < whole.size(); ++at) {
    auto damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const auto got = unpacked(Coding::Gzip, damaged);
    if (got == text) continue;  // a bit that means nothing: the last byte is filled up
    EXPECT_EQ(got.substr(0, 2), "! ") << at;
    ++refused;
  }
  EXPECT_GE(refused, whole.size() - 10 - 1);
  EXPECT_EQ(unpacked(Coding::Gzip, "<html>"),
            "! the body is said to be packed with gzip, but it is not; look at what sets its "
            "`Content-Encoding`, or leave out `compression`");
  EXPECT_NE(unpacked(Coding::Gzip, whole.substr(0, 20)).find("it is cut off"), std::string::npos);
}

TEST(Inflater, IsUsedAgainAlsoAfterAFailure) {
  Inflater inflater;
  EXPECT_FALSE(inflater.unpack(Coding::Gzip, "junk"));
  EXPECT_EQ(*inflater.unpack(Coding::Gzip, packed(long_text(), gzip)), long_text());
  EXPECT_EQ(*inflater.unpack(Coding::Deflate, packed("x", raw)), "x");
  EXPECT_FALSE(inflater.unpack(Coding::Gzip, packed("xyz", gzip).substr(0, 15)));
  EXPECT_EQ(*inflater.unpack(Coding::Gzip, packed("y", gzip)), "y");
}

TEST(Inflater, UnpacksNoMoreThanIsLookedAt) {
  const auto body = packed(std::string(20'000'000, '0'), gzip);
  EXPECT_LT(body.size(), 50'000u);
  Inflater inflater;
  EXPECT_EQ(inflater.unpack(Coding::Gzip, body)->size(), Inflater::most_unpacked);
  EXPECT_EQ(*inflater.unpack(Coding::Gzip, packed("abcdef", gzip), 4), "abcd");
  EXPECT_EQ(*inflater.unpack(Coding::Gzip, packed("abcd", gzip), 4), "abcd");
  EXPECT_EQ(*inflater.unpack(Coding::None, "abcdef", 4), "abcd");
  EXPECT_EQ(*inflater.unpack(Coding::Gzip, packed("abcd", gzip), 0), "");
}

}  // namespace
}  // namespace gunflint
