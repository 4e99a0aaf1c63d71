/// A target's members over time.
#include <algorithm>

#include "gunflint/concepts/target.hpp"
#include "target/readiness.hpp"
#include "target/usage.hpp"

namespace gunflint {
namespace {

class LocalWatch final : public MemberWatch {
 public:
  explicit LocalWatch(const TargetSpec& spec) : spec_(spec) {}

  Result<std::vector<MemberState>> look(Host& host) override {
    GF_TRY_AS(const std::vector<Member> members, find_members(host, spec_));
    count_restarts(members);
    const auto answers = ask_members(host, spec_.ready, members);
    std::vector<ProcessInfo> all;
    if (!spec_.local.empty()) {
      GF_TRY_AS(all, host.processes.all());
    }
    const ProcessTree tree(all);
    std::vector<MemberState> states;
    for (std::size_t i = 0; i < members.size(); ++i) {
      MemberState state;
      state.member = members[i];
      state.ready = answers[i].ready;
      usage_.measure(host, all, tree, state);
      states.push_back(std::move(state));
    }
    usage_.forget_all_but(states);
    return states;
  }

  std::optional<int> desired() const override { return std::nullopt; }
  int restarts() const override { return restarts_; }

 private:
  /// A new member is a replacement when it fills a place that another one left; otherwise the
  /// target grew. The same id with another pid (a unit) was restarted.
  void count_restarts(const std::vector<Member>& members) {
    std::map<std::string, int> now;
    for (const auto& m : members) now[m.id] = m.pid;
    if (seen_) {
      for (const auto& [id, pid] : last_)
        if (!now.contains(id)) ++vacant_;
      for (const auto& [id, pid] : now) {
        const auto before = last_.find(id);
        if (before == last_.end()) {
          if (vacant_ > 0) --vacant_, ++restarts_;
        } else if (before->second != pid) {
          ++restarts_;
        }
      }
    }
    seen_ = true;
    last_ = std::move(now);
  }

  TargetSpec spec_;
  Usage usage_;
  std::map<std::string, int> last_;  ///< id -> pid
  int vacant_ = 0, restarts_ = 0;
  bool seen_ = false;
};

}  // namespace

std::unique_ptr<MemberWatch> watch_members(const TargetSpec& spec) {
  return std::make_unique<LocalWatch>(spec);
}

}  // namespace gunflint
