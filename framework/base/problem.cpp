#include "gunflint/base/problem.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace gunflint {
namespace {
/// Nobody reads on after so many; further ones are dropped, so that a file made of mistakes costs
/// no more than this.
constexpr std::size_t most_problems = 500;
}  // namespace

Problem& Reader::problem(const Mark& where, std::string code, std::string sentence,
                         std::string suggestion) {
  Problem added{where, std::move(code), path_, std::move(sentence), std::move(suggestion), {}, {}};
  // Never the first error: that a file is wrong must be known, whatever came before.
  if (problems_.size() >= most_problems && has_errors()) {
    thread_local Problem dropped;
    return dropped = std::move(added);
  }
  problems_.push_back(std::move(added));
  return problems_.back();
}
Problem& Reader::warning(const Mark& where, std::string code, std::string sentence,
                         std::string suggestion) {
  Problem& added = problem(where, std::move(code), std::move(sentence), std::move(suggestion));
  added.severity = Severity::Warning;
  return added;
}

Reader::Scope Reader::in(std::string_view key) {
  const auto size = path_.size();
  if (!path_.empty()) path_ += '.';
  path_ += key;
  return Scope(path_, size);
}
Reader::Scope Reader::in(std::size_t index) {
  const auto size = path_.size();
  path_ += fmt::format("[{}]", index);
  return Scope(path_, size);
}
bool Reader::has_errors() const {
  return std::any_of(problems_.begin(), problems_.end(),
                     [](const Problem& p) { return p.severity == Severity::Error; });
}

namespace {
/// Damerau-Levenshtein (adjacent swaps count once).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
  std::iota(previous.begin(), previous.end(), 0u);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] =
          std::min({previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(previous);
    previous.swap(row);
  }
  return previous[b.size()];
}
}  // namespace

std::string nearest(std::string_view word, std::span<const std::string> known) {
  if (word.size() > 64) return {};
  std::string best;
  std::size_t least = std::max<std::size_t>(1, (word.size() + 1) / 3) + 1;
  for (const auto& candidate : known)
    if (const auto d = distance(word, candidate); d < least) {
      least = d;
      best = candidate;
    }
  return best;
}

std::string listed(std::span<const std::string> words, std::string_view last) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? fmt::format(" {} ", last) : ", ";
    out += fmt::format("`{}`", words[i]);
  }
  return out;
}

}  // namespace gunflint
