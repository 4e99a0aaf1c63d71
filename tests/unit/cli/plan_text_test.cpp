// What `plan` says of the traffic.
#include "cli/plan_text.hpp"

#include <gtest/gtest.h>

namespace gunflint {
namespace {

/// The lines about one stage of a minute.
std::string said(PlannedStage stage, double journeys) {
  stage.load = "shop", stage.stage = "crowd", stage.end = 60s, stage.last = true;
  Plan plan;
  plan.experiment = "x";
  plan.stages.push_back(std::move(stage));
  plan.journeys = journeys;
  std::string text = plan_text(plan, "gunflint run x.yaml", {});
  text = text.substr(text.find('\n') + 1);
  return text.substr(0, text.find(" length"));
}

TEST(PlanText, ARateAndARamp) {
  PlannedStage stage;
  stage.from_rate = stage.to_rate = 50;
  EXPECT_EQ(said(stage, 3000),
            " would send    00:00  shop.crowd   50/s for 1m00s and until everything is decided\n"
            "               about 3,000 journeys in all\n");
  stage.to_rate = 200;
  EXPECT_NE(said(stage, 3000).find("50/s to 200/s for 1m00s"), std::string::npos);
}

TEST(PlanText, UsersOfAClosedLoop) {
  PlannedStage stage;
  stage.users = 64;
  EXPECT_EQ(said(stage, 0),
            " would send    00:00  shop.crowd   64 users, each at once again, for 1m00s and until "
            "everything is decided\n")
      << "how many journeys that is, nobody knows";
  EXPECT_NE(said(stage, 100).find("about 100 journeys in all, beside those of the users"),
            std::string::npos);
  stage.users = 1;
  EXPECT_NE(said(stage, 0).find("1 user, at once again, for"), std::string::npos);
}

TEST(PlanText, ALogThatIsReplayed) {
  PlannedStage stage;
  stage.from_rate = stage.to_rate = 20.575;
  stage.replay = "access.log: 12,345 requests in 10m, 87 lines left out (POST)";
  EXPECT_NE(said(stage, 0).find(" 21/s, replay of access.log: 12,345 requests in 10m, 87 lines "
                                "left out (POST), for 1m00s"),
            std::string::npos)
      << said(stage, 0);
  stage.timed = true;
  EXPECT_NE(said(stage, 0).find("  shop.crowd   replay of access.log: 12,345 requests in 10m, 87 "
                                "lines left out (POST), for 1m00s"),
            std::string::npos)
      << said(stage, 0);
}

}  // namespace
}  // namespace gunflint
