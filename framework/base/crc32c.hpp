#pragma once
/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78): the checksum of journal lines and ledger
/// records. Known answer: crc32c("123456789") == 0xE3069283.

#include <array>
#include <cstdint>
#include <string_view>

namespace gunflint {

constexpr std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0) {
  constexpr auto table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int bit = 0; bit < 8; ++bit) c = (c & 1) ? (c >> 1) ^ 0x82F63B78u : c >> 1;
      made[i] = c;
    }
    return made;
  }();
  std::uint32_t c = ~before;
  for (const char byte : bytes) c = table[(c ^ static_cast<unsigned char>(byte)) & 0xFF] ^ (c >> 8);
  return ~c;
}

}  // namespace gunflint
