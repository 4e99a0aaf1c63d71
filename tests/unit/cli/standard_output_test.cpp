// A result that nobody gets is no success.
#include "cli/standard_output.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace gunflint {
namespace {

TEST(StandardOutput, AFullPlaceIsAnErrorThatSaysWhy) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> full(std::fopen("/dev/full", "w"),
                                                             &std::fclose);
  ASSERT_TRUE(full);
  const auto written = write_result("little enough to lie in the buffer\n", full.get());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message,
            "the result could not be written to standard output: No space left on device; it is "
            "lost: send it to a place that takes it, and load again");
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> well(std::fopen("/dev/null", "w"),
                                                             &std::fclose);
  EXPECT_TRUE(write_result("anything", well.get()));
}

}  // namespace
}  // namespace gunflint
