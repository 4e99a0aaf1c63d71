// Nobody was found: what is here instead is said.
#include <gtest/gtest.h>

#include "target/nearby.hpp"

namespace gunflint {
namespace {

TEST(Nearby, AMistypedNameIsGuessed) {
  EXPECT_EQ(nearby({.process = "gunicron"}, {"nginx", "gunicorn"}, {{80, "nginx"}}),
            "did you mean `gunicorn`?");
}

TEST(Nearby, WithoutAGuessThePortsAndTheirOwnersAreNamed) {
  EXPECT_EQ(nearby({.process = "gunflint-shop"}, {"nginx"}, {{5432, ""}, {80, "nginx"}}),
            "listening here: 80 nginx, 5432");
}

TEST(Nearby, TheNearestPortComesFirstAndAtMostSixAreShown) {
  std::vector<Neighbour> all;
  for (int port = 1; port <= 8; ++port) all.push_back({port * 1000, "p"});
  all.push_back({8081, "web"});
  all.push_back({8081, "web"});
  EXPECT_EQ(nearby({.port = 8080}, {}, all),
            "listening here: 8081 web, 8000 p, 7000 p, 6000 p, 5000 p, 4000 p and 3 more");
}

TEST(Nearby, NothingIsNothing) { EXPECT_EQ(nearby({.port = 1}, {}, {}), ""); }

}  // namespace
}  // namespace gunflint
