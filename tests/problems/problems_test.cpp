// Every *.yaml in this folder is wrong in some way; the *.txt beside it is exactly what is said.
// GUNFLINT_UPDATE_GOLDEN=1 rewrites them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "gunflint/concepts/fault.hpp"
#include "gunflint/model/reader.hpp"

namespace gunflint {
namespace {

namespace fs = std::filesystem;
const std::string folder = std::string(GUNFLINT_SOURCE_DIR) + "/tests/problems";

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".yaml") all.push_back(entry.path().stem().string());
  std::sort(all.begin(), all.end());
  return all;
}

/// Three types with fields of every kind of trouble; the catalogue itself may grow.
ReadOptions options() {
  ReadOptions o;
  for (const FaultKind* kind : fault_catalogue()) {
    if (kind->name != "noop" && kind->name != "kill") continue;
    KnownFault known;
    known.name = std::string(kind->name);
    known.instant = kind->instant;
    known.check = kind->check;
    known.tidy = kind->tidy;
    known.irreversible = [kind](const Value& p) { return kind->healing(p) == Healing::Never; };
    o.faults.push_back(std::move(known));
  }
  KnownFault forever;
  forever.name = "forever";
  forever.irreversible = [](const Value&) { return true; };
  o.faults.push_back(std::move(forever));
  return o;
}

class Problems : public testing::TestWithParam<std::string> {};

TEST_P(Problems, SayExactlyThis) {
  // Named as the user names it; used files are found beside it.
  fs::current_path(folder);
  const auto read = read_experiment_file(GetParam() + ".yaml", options());
  const std::string said = print_problems(read.problems, false);
  ASSERT_FALSE(said.empty()) << GetParam() << ".yaml is right: it belongs elsewhere";
  const fs::path golden = folder + "/" + GetParam() + ".txt";
  if (std::getenv("GUNFLINT_UPDATE_GOLDEN")) {
    std::ofstream(golden, std::ios::binary) << said;
    return;
  }
  EXPECT_EQ(said, content(golden)) << "GUNFLINT_UPDATE_GOLDEN=1 rewrites it";
  const bool only_warnings =
      GetParam().rfind("warning-", 0) == 0 || GetParam() == "variable-secret";
  EXPECT_EQ(read.experiment.has_value(), only_warnings);
}

INSTANTIATE_TEST_SUITE_P(All, Problems, testing::ValuesIn(names()),
                         [](const testing::TestParamInfo<std::string>& of) {
                           std::string name = of.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(ProblemFiles, AreAtLeastEightyEachWithItsMessage) {
  EXPECT_GE(names().size(), 80u);
  for (const auto& name : names()) EXPECT_TRUE(fs::exists(folder + "/" + name + ".txt")) << name;
}

}  // namespace
}  // namespace gunflint
