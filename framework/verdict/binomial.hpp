#pragma once
/// Exact tails of the binomial distribution: how surprising is this many bad samples if the limit
/// were just kept? (semantics 12)

#include <cstdint>

namespace gunflint {

/// P(X >= k) for X ~ Binomial(n, p), p in [0, 1]. Summed term by term from the largest one, so it
/// is exact to about 1e-9 relative, for any n.
double upper_tail(std::uint64_t k, std::uint64_t n, double p);
/// P(X <= k).
double lower_tail(std::uint64_t k, std::uint64_t n, double p);

/// Samples less probable than this are not chance.
constexpr double surprise = 0.01;

/// The smallest number of bad samples of n that makes a window red when a share p may be bad:
/// more than p of them are bad, and P(X >= k) < 1 %. n + 1 when no number does.
std::uint64_t red_from(std::uint64_t n, double p);

}  // namespace gunflint
