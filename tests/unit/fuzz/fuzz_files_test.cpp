// What the fuzzer once found stays mended: a fuzz function aborts, or a sanitizer does, when not.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

double seconds_for(const std::string& bytes) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), 0);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> all;
  if (!fs::exists(folder)) return all;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    all.push_back(bytes.str());
  }
  std::sort(all.begin(), all.end());
  return all;
}

const fs::path tests = fs::path(GUNFLINT_SOURCE_DIR) / "tests";

TEST(FuzzFiles, WhatWasFoundStaysMended) {
  for (const auto& bytes : files_in(tests / "fuzz" / "corpus" / FUZZ_TARGET))
    EXPECT_LT(seconds_for(bytes), 2) << bytes.substr(0, 200);
}

/// A little of what the fuzzer does, in every test run: known files with pieces cut out, doubled
/// and swapped, from one seed.
TEST(FuzzFiles, DamagedFilesAreReadOrRefused) {
  auto seeds = files_in(tests / "problems");
  const auto found = files_in(tests / "fuzz" / "corpus" / FUZZ_TARGET);
  seeds.insert(seeds.end(), found.begin(), found.end());
  ASSERT_FALSE(seeds.empty());
  std::mt19937 draw(7);
  auto upto = [&](std::size_t most) { return draw() % (most + 1); };
  for (int i = 0; i < 500; ++i) {
    std::string bytes = seeds[upto(seeds.size() - 1)].substr(0, 4000);
    for (int k = 0; k < 3 && !bytes.empty(); ++k) {
      const std::string piece = bytes.substr(upto(bytes.size() - 1), upto(40));
      if (upto(1))
        bytes.insert(upto(bytes.size()), piece);
      else
        bytes.erase(upto(bytes.size() - 1), piece.size());
      if (!bytes.empty()) bytes[upto(bytes.size() - 1)] = static_cast<char>(draw());
    }
    EXPECT_LT(seconds_for(bytes), 2) << bytes;
  }
}

}  // namespace
