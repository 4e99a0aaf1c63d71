#include "model/replay_words.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace gunflint {
namespace {

/// 12345 -> "12,345"
std::string in_thousands(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

}  // namespace

std::string spell_left_out(const std::map<std::string, std::uint64_t>& left_out) {
  if (left_out.empty()) return {};
  std::vector<std::pair<std::string, std::uint64_t>> most(left_out.begin(), left_out.end());
  std::stable_sort(most.begin(), most.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::uint64_t lines = 0;
  std::string reasons;
  for (const auto& [why, count] : most) {
    lines += count;
    if (!reasons.empty()) reasons += ", ";
    reasons += most.size() == 1 ? why : in_thousands(count) + " " + why;
  }
  return fmt::format("{} line{} left out ({})", in_thousands(lines), lines == 1 ? "" : "s",
                     reasons);
}

std::string in_words(const ReplaySpec& replay) {
  const auto slash = replay.file.rfind('/');
  std::string text = fmt::format(
      "{}: {} request{} in {}", replay.file.substr(slash == replay.file.npos ? 0 : slash + 1),
      in_thousands(replay.requests), replay.requests == 1 ? "" : "s", print(replay.length));
  if (replay.speed != 1) text += fmt::format(", at {} times its speed", print_number(replay.speed));
  if (const std::string lines = spell_left_out(replay.left_out); !lines.empty())
    text += ", " + lines;
  return text;
}

}  // namespace gunflint
