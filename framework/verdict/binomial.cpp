#include "verdict/binomial.hpp"

#include <algorithm>
#include <cmath>

namespace gunflint {
namespace {

/// ln P(X = k). lgamma's error grows with n but stays below 1e-9 of the probability up to 1e6.
double log_term(std::uint64_t k, std::uint64_t n, double p) {
  const auto K = static_cast<double>(k), N = static_cast<double>(n);
  return std::lgamma(N + 1) - std::lgamma(K + 1) - std::lgamma(N - K + 1) + K * std::log(p) +
         (N - K) * std::log1p(-p);
}

/// Sum of the terms k, k+1, … n; meant for k above the mean, where they shrink geometrically.
double sum_upwards(std::uint64_t k, std::uint64_t n, double p) {
  double term = std::exp(log_term(k, n, p)), sum = 0;
  for (auto i = k; i <= n && term > sum * 1e-12; ++i) {
    sum += term;
    term *= static_cast<double>(n - i) / static_cast<double>(i + 1) * p / (1 - p);
  }
  return std::min(sum, 1.0);
}

}  // namespace

double upper_tail(std::uint64_t k, std::uint64_t n, double p) {
  if (k == 0) return 1;
  if (k > n || p <= 0) return 0;
  if (p >= 1) return 1;
  // Below the mean the other side is the shorter sum: P(X >= k) = 1 - P(n - X >= n - k + 1).
  if (static_cast<double>(k) <= static_cast<double>(n) * p)
    return 1 - sum_upwards(n - k + 1, n, 1 - p);
  return sum_upwards(k, n, p);
}

double lower_tail(std::uint64_t k, std::uint64_t n, double p) {
  return k >= n ? 1 : upper_tail(n - k, n, 1 - p);
}

std::uint64_t red_from(std::uint64_t n, double p) {
  auto low = static_cast<std::uint64_t>(std::floor(static_cast<double>(n) * p + 1e-9)) + 1;
  auto high = n + 1;
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    if (upper_tail(middle, n, p) < surprise)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

}  // namespace gunflint
