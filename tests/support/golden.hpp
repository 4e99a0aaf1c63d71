#pragma once
/// Compares a text with the file tests/golden/<path>. With GUNFLINT_UPDATE_GOLDEN=1 in the
/// environment the file is written instead; look at the difference before you commit it.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace gunflint::support {

inline void expect_golden(const std::string& path, const std::string& text) {
  const std::filesystem::path file = std::string(GUNFLINT_SOURCE_DIR) + "/tests/golden/" + path;
  if (const char* update = std::getenv("GUNFLINT_UPDATE_GOLDEN"); update && *update == '1') {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return;
  }
  std::ifstream in(file, std::ios::binary);
  ASSERT_TRUE(in) << file << " is missing; run the test once with GUNFLINT_UPDATE_GOLDEN=1";
  std::ostringstream expected;
  expected << in.rdbuf();
  EXPECT_EQ(text, expected.str()) << "differs from tests/golden/" << path
                                  << "; if that is intended, run with GUNFLINT_UPDATE_GOLDEN=1";
}

}  // namespace gunflint::support
