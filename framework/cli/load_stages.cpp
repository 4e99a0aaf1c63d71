#include "cli/load_stages.hpp"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace gunflint {
namespace {

std::string_view bare(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Takes the word from the front of `text` if it stands there.
bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word) || (text.size() > word.size() && text[word.size()] != ' '))
    return false;
  text = bare(text.substr(word.size()));
  return true;
}

Failure wrong_stage(std::string_view item, const std::string& why) {
  return fail(Cause::BadInput,
              fmt::format("--stages: `{}`: {}; write for example '100/s:30s, ramp 400/s:1m, users "
                          "64:10s'",
                          item, why));
}

Result<int> user_count(std::string_view item, std::string_view text) {
  int users = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), users);
  if (error != std::errc() || end != text.data() + text.size() || users < 1)
    return wrong_stage(item, fmt::format("`{}` is no number of users", text));
  return users;
}

Result<Stage> parse_stage(std::string_view item) {
  const auto colon = item.rfind(':');
  if (colon == item.npos) return wrong_stage(item, "it does not say how long, after a colon");
  Stage stage;
  auto length = parse_duration(bare(item.substr(colon + 1)));
  if (!length)
    return wrong_stage(item, length.error().message.substr(0, length.error().message.find("; ")));
  if (*length <= 0s) return wrong_stage(item, "a stage must last longer than nothing");
  stage.length = *length;
  auto what = bare(item.substr(0, colon));
  const bool users_first = take(what, "users");
  if (users_first || what.ends_with(" users") || what.ends_with(" user")) {
    if (!users_first) what = bare(what.substr(0, what.rfind(' ')));
    GF_TRY_AS(stage.users, user_count(item, what));
  } else {
    const bool ramp = take(what, "ramp");
    if (ramp) (void)take(what, "to");
    auto rate = parse_rate(what);
    if (!rate)
      return wrong_stage(item, rate.error().message.substr(0, rate.error().message.find("; ")));
    (ramp ? stage.ramp_to : stage.rate) = *rate;
  }
  stage.name = spell_stage(stage);
  return stage;
}

}  // namespace

Result<std::vector<Stage>> parse_stages(const std::vector<std::string>& lists) {
  std::vector<Stage> stages;
  bool asks = false;
  for (const std::string& list : lists)
    for (std::string_view left = list; !left.empty();) {
      const auto comma = left.find(',');
      const auto item = bare(left.substr(0, comma));
      left = comma == left.npos ? std::string_view{} : left.substr(comma + 1);
      if (item.empty()) continue;
      GF_TRY_AS(Stage stage, parse_stage(item));
      asks |= stage.users || (stage.rate && stage.rate->per_second > 0) ||
              (stage.ramp_to && stage.ramp_to->per_second > 0);
      stages.push_back(std::move(stage));
    }
  if (!asks)
    return wrong_stage(lists.empty() ? "" : lists.front(), "a load of nothing proves nothing");
  return stages;
}

namespace {

/// As a person would have written it: 500/min is 8.333333333333334/s.
std::string spell_rate(Rate rate) {
  const auto whole = [](double n) { return n >= 1 && std::abs(n - std::round(n)) < 1e-9 * n; };
  const double per_second = rate.per_second;
  const bool short_enough = whole(per_second * 100) || per_second == 0;
  if (!short_enough && whole(per_second * 60)) return fmt::format("{:.0f}/min", per_second * 60);
  if (!short_enough && whole(per_second * 3600)) return fmt::format("{:.0f}/h", per_second * 3600);
  return short_enough ? print(rate) : fmt::format("{:.4g}/s", per_second);
}

}  // namespace

bool has_own_name(const Stage& stage, int number) {
  return stage.name != spell_stage(stage) && stage.name != fmt::format("stage {}", number);
}

std::string spell_stage(const Stage& stage) {
  if (stage.users) return fmt::format("{} user{}", *stage.users, *stage.users == 1 ? "" : "s");
  if (stage.ramp_to) return "ramp to " + spell_rate(*stage.ramp_to);
  return spell_rate(stage.rate.value_or(Rate{}));
}

std::string spell_stages(const std::vector<Stage>& stages) {
  std::string text;
  for (const auto& stage : stages)
    text += fmt::format("{}{} for {}", text.empty() ? "" : ", then ", spell_stage(stage),
                        print(stage.length));
  return text;
}

}  // namespace gunflint
