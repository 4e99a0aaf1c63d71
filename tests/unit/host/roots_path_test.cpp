#include "host/roots_path.hpp"

#include <climits>
#include <cstdlib>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace gunflint {
namespace {

TEST(RootsPath, IsAbsoluteRootsAndChangedByNobodyElse) {
  char real[PATH_MAX];  // /bin may be a link
  ASSERT_NE(::realpath("/usr/bin/env", real), nullptr);
  EXPECT_TRUE(is_roots_alone(real)) << real;
  EXPECT_FALSE(is_roots_alone("gunflint-agent"));
  EXPECT_FALSE(is_roots_alone(""));
  EXPECT_FALSE(is_roots_alone("/"));
  EXPECT_FALSE(is_roots_alone("/usr/bin"));
  EXPECT_FALSE(is_roots_alone("/usr/bin/gunflint-no-such-program"));
}

TEST(RootsPath, AFolderThatOthersMayChangeIsNotRoots) {
  char pattern[] = "/tmp/gunflint-roots-XXXXXX";  // below /tmp, where everybody may write
  const std::string folder = ::mkdtemp(pattern);
  std::ofstream(folder + "/agent") << "x";
  EXPECT_FALSE(is_roots_alone(folder + "/agent"));
  ::unlink((folder + "/agent").c_str());
  ::rmdir(folder.c_str());
}

}  // namespace
}  // namespace gunflint
