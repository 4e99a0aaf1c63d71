#include "engine/picker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gunflint {
namespace {

std::size_t wanted(const Pick& pick, std::size_t of) {
  if (pick.all) return of;
  if (pick.share) {
    // 1e-9: 30 % of 10 is 3, whatever the binary fraction says.
    const auto n = static_cast<std::size_t>(pick.share->of_one * static_cast<double>(of) + 1e-9);
    return std::min(of, std::max<std::size_t>(n, 1));
  }
  return std::min(of, static_cast<std::size_t>(std::max(0, pick.count.value_or(1))));
}

bool by_id(const Member& a, const Member& b) { return a.id < b.id; }

}  // namespace

bool is_named(const Pick& pick, const Member& member) {
  return pick.where.empty() || member.label.find(pick.where) != std::string::npos ||
         member.address.find(pick.where) != std::string::npos;
}

std::vector<Member> pick_members(const Pick& pick, std::vector<Member> ready, Draw draw) {
  std::erase_if(ready, [&](const Member& m) { return !is_named(pick, m); });
  std::sort(ready.begin(), ready.end(), by_id);
  const std::size_t n = wanted(pick, ready.size());
  if (pick.order == PickOrder::Random) {
    for (std::size_t i = 0; i < n; ++i)  // Fisher and Yates, as far as needed
      std::swap(ready[i], ready[i + draw.below(ready.size() - i)]);
  } else {
    const bool oldest = pick.order == PickOrder::Oldest;
    std::stable_sort(ready.begin(), ready.end(), [&](const Member& a, const Member& b) {
      return oldest ? a.start_time < b.start_time : a.start_time > b.start_time;
    });
  }
  ready.resize(n);
  std::sort(ready.begin(), ready.end(), by_id);
  return ready;
}

std::vector<Member> host_of(const std::vector<Member>& members) {
  if (members.empty() || members.front().id == "host") return members;
  // This version opens targets of one host only.
  Member host;
  host.target = members.front().target;
  host.id = "host";
  host.label = "the host of " + members.front().label;
  host.boot_id = members.front().boot_id;
  host.address = members.front().address;
  host.with = members.front().with;
  return {host};
}

std::string pick_in_words(const Pick& pick, int of) {
  const auto n = wanted(pick, static_cast<std::size_t>(of));
  const std::string where =
      pick.where.empty() ? "" : fmt::format(" whose name contains \"{}\"", pick.where);
  if (pick.all) return fmt::format("all {}{}", of, where);
  if (pick.order == PickOrder::Random) return fmt::format("{} of {}{}, at random", n, of, where);
  return fmt::format("the {} {} of {}{}", n, name_of(pick.order), of, where);
}

}  // namespace gunflint
