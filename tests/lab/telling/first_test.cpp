// `gunflint init` and then `gunflint run`, by a user who is not root, against python's own server.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "gunflint/base/value.hpp"
#include "support/lab.hpp"

namespace gunflint {
namespace {

/// As root: the words that make a command one of user `nobody`.
std::vector<std::string> as_nobody(std::vector<std::string> argv) {
  if (!lab::is_root()) return argv;
  std::vector<std::string> all{lab::tool("setpriv"), "--reuid=65534", "--regid=65534",
                               "--clear-groups"};
  all.insert(all.end(), argv.begin(), argv.end());
  return all;
}

class FirstRun : public ::testing::Test {
 protected:
  void SetUp() override {
    if (lab::tool("python3").empty()) GTEST_SKIP() << "needs python3";
    if (lab::is_root() && lab::tool("setpriv").empty()) GTEST_SKIP() << "needs setpriv";
    // A home that nobody else can write in: no ledger in any other is believed.
    ASSERT_EQ(::chmod(lab_.dir().c_str(), 0755), 0);
    home_ = lab_.path("home");
    ASSERT_EQ(::mkdir(home_.c_str(), 0700), 0);
    ASSERT_TRUE(!lab::is_root() || ::chown(home_.c_str(), 65534, 65534) == 0);
    port_ = lab_.free_port();
    lab_.start("server",
               as_nobody({lab::tool("python3"), "-m", "http.server", std::to_string(port_),
                          "--bind", "127.0.0.1", "--directory", home_}));
    ASSERT_TRUE(lab_.wait_for_port(port_)) << lab_.read("server.log");
  }
  lab::Ended gunflint(std::vector<std::string> words) {
    words.insert(words.begin(), lab_.for_everybody("gunflint"));
    return lab_.run(as_nobody(std::move(words)), std::chrono::seconds(90),
                    {{"HOME", home_}, {"XDG_STATE_HOME", home_}});
  }
  lab::Lab lab_;
  std::string home_;
  int port_ = 0;
};

TEST_F(FirstRun, WhatInitWritesHoldsAgainstPythonsServerWithoutRoot) {
  const std::string file = home_ + "/first.yaml", set = "port=" + std::to_string(port_);
  const auto written = gunflint({"init", file});
  ASSERT_EQ(written.code, 0) << written.err;
  const auto planned = gunflint({"plan", file, "--set", set});
  EXPECT_EQ(planned.code, 0) << planned.out << planned.err;
  EXPECT_NE(planned.out.find("python3["), std::string::npos) << planned.out;
  const auto run = gunflint({"run", file, "--set", set, "--out", home_ + "/runs", "--json"});
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  const auto report = parse_json(run.out);
  ASSERT_TRUE(report) << run.out;
  EXPECT_EQ(report->find("run")->text_or("outcome"), "held");
  // The server was really away: somebody waited for about the two seconds.
  double longest = 0;
  for (const Value& load : report->find("loads")->items())
    longest = std::max(longest, load.find("all")->find("max_ms")->number());
  EXPECT_GT(longest, 1500) << run.out;
}

}  // namespace
}  // namespace gunflint
