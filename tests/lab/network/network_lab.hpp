#pragma once
// The fixture: a network namespace of its own, and the check that it is left as it was.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "bench.hpp"

namespace gunflint {

class NetworkLab : public testing::Test {
 protected:
  void SetUp() override {
    if (!lab::is_root()) GTEST_SKIP() << "needs root for a network namespace of its own";
    for (const char* tool : {"iptables", "nft"})
      if (lab::tool(tool).empty()) GTEST_SKIP() << "needs " << tool;
    lab_ = std::make_unique<lab::Lab>();
    bench_ = std::make_unique<NetworkBench>();
    if (!bench_->host().facts.nfqueue) GTEST_SKIP() << "the kernel has no NFQUEUE";
    before_ = picture(*lab_);
  }
  void TearDown() override {
    if (!bench_ || before_.empty()) return;
    bench_.reset();
    EXPECT_EQ(picture(*lab_), before_) << "something is left";
  }
  /// `measure` gives milliseconds that something takes now; it must be `asked` more than `without`.
  /// On a busy machine an application is woken late by others: the best of five counts.
  static void expect_added(const std::function<double()>& measure, double without, double asked) {
    double added = measure() - without;
    for (int i = 1; i < 5 && std::abs(added - asked) > 1.0; ++i)
      if (const double again = measure() - without;
          std::abs(again - asked) < std::abs(added - asked))
        added = again;
    EXPECT_NEAR(added, asked, 1.0) << "without the fault " << without << " ms";
    std::printf("    added %.3f ms, asked %.0f ms\n", added, asked);
  }

  std::unique_ptr<lab::Lab> lab_;
  std::unique_ptr<NetworkBench> bench_;
  std::string before_;
  const Tag tag_{"gf-nettest001"};
};

}  // namespace gunflint
