// docs/reference is what `gunflint reference docs/reference` writes. GUNFLINT_UPDATE_GOLDEN=1
// writes it again.
#include "cli/reference.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace gunflint {
namespace {

TEST(Reference, IsWhatTheCodeSays) {
  for (const auto& [name, text] : reference_pages()) {
    const std::string path = std::string(GUNFLINT_SOURCE_DIR) + "/docs/reference/" + name;
    if (std::getenv("GUNFLINT_UPDATE_GOLDEN")) {
      std::ofstream(path, std::ios::binary) << text;
      continue;
    }
    std::ifstream file(path, std::ios::binary);
    std::ostringstream present;
    present << file.rdbuf();
    EXPECT_EQ(present.str(), text) << "run `gunflint reference docs/reference`";
  }
}

}  // namespace
}  // namespace gunflint
