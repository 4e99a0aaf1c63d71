// Every ready-made experiment is planned: from its file, and with members where its targets are.
#include <gtest/gtest.h>

#include <filesystem>

#include "cli/crew_parts.hpp"
#include "cli/reading.hpp"
#include "engine/planner.hpp"

namespace gunflint {
namespace {

namespace fs = std::filesystem;

std::string said(const Plan& plan) {
  std::string out;
  for (const auto& note : plan.notes) out += note.kind + ": " + note.sentence + "\n";
  return out;
}

TEST(Semantics06, EveryReadyMadeExperimentIsPlannedWithItsBounds) {
  int files = 0;
  const std::string folder = std::string(GUNFLINT_SOURCE_DIR) + "/experiments";
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().string();
    if (entry.path().extension() != ".yaml" || path.find(".part.yaml") != path.npos) continue;
    ++files;
    const auto how = read_options({}, false);
    ASSERT_TRUE(how) << how.error().message;
    const auto read = read_experiment_file(path, *how);
    ASSERT_TRUE(read.experiment) << print_problems(read.problems, false);
    EXPECT_TRUE(not_in_this_version(*read.experiment, how->faults).empty()) << path;
    Inventory inventory;
    for (const auto& target : read.experiment->targets)
      for (int i = 0; i < 4; ++i) {
        Member member;
        member.id = target.name + std::to_string(i);
        member.pid = 90001 + i;
        inventory.members[target.name].push_back(member);
      }
    for (const bool asked : {false, true}) {
      inventory.asked = asked;
      const Plan plan = make_plan(*read.experiment, catalogue(), inventory, 1, true);
      EXPECT_EQ(plan.exit(), 0) << path << "\n" << said(plan);
      EXPECT_EQ(plan.faults.size(), read.experiment->faults.size()) << path;
      EXPECT_FALSE(plan.stages.empty()) << path;
      EXPECT_GE(plan.longest, plan.shortest) << path;
      // Semantics 6.
      EXPECT_EQ(plan.hard_stop,
                std::min(plan.longest + 60s, read.experiment->time_limit.value_or(Duration::max())))
          << path;
    }
  }
  EXPECT_GE(files, 5);
}

}  // namespace
}  // namespace gunflint
