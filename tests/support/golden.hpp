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
  const std::string wanted = expected.str();
  if (text == wanted) return;
  // The first line that differs says more than two whole documents.
  std::istringstream have(text), want(wanted);
  std::string a, b;
  int line = 1;
  while (std::getline(have, a) && std::getline(want, b) && a == b) ++line;
  ADD_FAILURE() << "tests/golden/" << path << ":" << line
                << " differs; if that is intended, run with "
                << "GUNFLINT_UPDATE_GOLDEN=1\n  is:     " << a.substr(0, 400)
                << "\n  wanted: " << b.substr(0, 400);
}

}  // namespace gunflint::support
