#include "verdict/binomial.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace gunflint {
namespace {

TEST(Binomial, TailsOfSmallCasesAreArithmetic) {
  EXPECT_NEAR(upper_tail(2, 3, 0.5), 0.5, 1e-12);  // 4 of 8
  EXPECT_NEAR(upper_tail(3, 3, 0.5), 0.125, 1e-12);
  EXPECT_NEAR(lower_tail(0, 3, 0.5), 0.125, 1e-12);
  EXPECT_NEAR(upper_tail(1, 10, 0.1), 1 - std::pow(0.9, 10), 1e-12);
  EXPECT_EQ(upper_tail(0, 10, 0.1), 1);
  EXPECT_EQ(upper_tail(11, 10, 0.1), 0);
  EXPECT_EQ(upper_tail(1, 10, 0), 0);
}

TEST(Binomial, AgreesWithTables) {
  // Exact fractions: sum of C(n,i) a^i (b-a)^(n-i) / b^n for p = a/b.
  EXPECT_NEAR(upper_tail(5, 100, 0.01), 0.00343223, 1e-7);
  EXPECT_NEAR(upper_tail(4, 100, 0.01), 0.01837404, 1e-7);
  EXPECT_NEAR(upper_tail(12, 100, 0.05), 0.00427418, 1e-7);
}

TEST(Binomial, UpperAndLowerTailsSumToOne) {
  for (std::uint64_t n : {1u, 7u, 100u, 5000u, 1000000u})
    for (double p : {0.001, 0.05, 0.5, 0.99})
      for (std::uint64_t k : {n / 100, n / 20, n / 2, n})
        if (k > 0) {
          EXPECT_NEAR(upper_tail(k, n, p) + lower_tail(k - 1, n, p), 1, 1e-8);
        }
}

TEST(Semantics12, RedFrom5SlowOf100) {
  EXPECT_EQ(red_from(100, 0.01), 5u);   // p99, or error_rate < 1%
  EXPECT_EQ(red_from(100, 0.05), 12u);  // p95
  EXPECT_EQ(red_from(3, 0.05), 2u);     // 2 of 3: 0.7 %
  EXPECT_EQ(red_from(1, 0.05), 2u);     // one bad sample alone is never red
  EXPECT_EQ(red_from(1, 0.0), 1u);      // unless none is allowed
}

TEST(Semantics12, AtTheLimitFewerThanOneWindowInHundredIsRed) {
  for (std::uint64_t n : {10u, 50u, 200u, 1000u, 20000u})
    for (double p : {0.001, 0.01, 0.05, 0.5}) {
      const auto k = red_from(n, p);
      EXPECT_LT(upper_tail(k, n, p), 0.01) << n << " " << p;
      if (k > 1 && static_cast<double>(k - 1) > static_cast<double>(n) * p) {
        EXPECT_GE(upper_tail(k - 1, n, p), 0.01) << n << " " << p;
      }
    }
}

}  // namespace
}  // namespace gunflint
