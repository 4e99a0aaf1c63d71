#include "engine/open_injections.hpp"

#include <fmt/format.h>

#include "engine/draw.hpp"

namespace gunflint {
namespace {

/// An agent answers within its own deadlines; these bound our waiting for a broken one.
constexpr Duration inject_patience = 35s, restore_patience = 65s;
/// Out of force, or nobody could say, for more than this: the bite is lost. A reading that is only
/// slow (the agent gives it 2.5 s, once a second) and then says "in force" is no loss
/// (docs/decisions/0013).
constexpr Duration bite_patience = 2s, reading_patience = 4s;
/// A new agent in the place of a lost one takes back what that left, or says that it cannot.
constexpr Duration lost_patience = 60s;
/// A look that arrives may have begun so long ago.
constexpr Duration look_takes = 1s;

std::string tag_of(const std::string& run, int number) {
  Draw draw(static_cast<std::uint64_t>(number), run);
  std::string tag = "gf-";
  for (int i = 0; i < 10; ++i) tag += "abcdefghijklmnopqrstuvwxyz0123456789"[draw.below(36)];
  return tag;
}

}  // namespace

std::string OpenInjections::start(Duration now, const Order& order) {
  OpenInjection i;
  i.id = fmt::format("{}.{}", run_, ++last_);
  i.fault = order.fault;
  i.agent = order.agent;
  i.member = order.member;
  i.instant = order.instant;
  i.takes_away = order.takes_away;
  i.heals_alone = order.heals_alone;
  i.asked = i.last_bite = now;
  Inject inject;
  inject.injection = i.id;
  inject.fault = order.type;
  inject.tag = tag_of(run_, last_);
  inject.params = order.params;
  inject.member = order.member;
  inject.lasting = order.instant ? 0s : order.lasting;
  inject.on_disconnect = order.on_disconnect;
  inject.lease = order.lease;
  sink_.ask(AskAgent{i.agent, std::move(inject)});
  order_.push_back(i.id);
  const std::string id = i.id;
  all_.emplace(id, std::move(i));
  return id;
}

void OpenInjections::take_back(Duration now, const std::string& id) {
  OpenInjection* i = find(id);
  if (!i || i->abandoned || i->state == OpenInjection::State::Closed ||
      i->state == OpenInjection::State::Restoring || i->state == OpenInjection::State::Lost)
    return;
  if (i->state == OpenInjection::State::Asked) {
    i->abandoned = true;  // the answer to `inject` comes first
    return;
  }
  i->state = OpenInjection::State::Restoring;
  i->asked = now;
  sink_.ask(AskAgent{i->agent, Restore{id}});
}

void OpenInjections::take_back_all(Duration now) {
  for (auto id = order_.rbegin(); id != order_.rend(); ++id) take_back(now, *id);
}

void OpenInjections::on(Duration now, const std::string& agent, const Answer& answer) {
  const auto known = [&](const std::string& id) { return find(id); };
  if (const auto* done = std::get_if<InjectDone>(&answer)) {
    if (auto* i = known(done->injection)) injected(now, *i, *done);
  } else if (const auto* seen = std::get_if<BiteSeen>(&answer)) {
    if (auto* i = known(seen->injection)) bitten(now, *i, *seen);
  } else if (const auto* back = std::get_if<RestoreDone>(&answer)) {
    if (auto* i = known(back->injection)) restored(now, *i, *back);
  } else if (const auto* failed = std::get_if<Failed>(&answer)) {
    OpenInjection* i = known(failed->injection);
    if (i && i->state == OpenInjection::State::Asked)
      refused(now, *i, failed->cause, failed->message);
    else if (i && i->state == OpenInjection::State::Restoring)
      leave_behind(now, *i, failed->message, failed->message, "gunflint recover");
    else
      sink_.happen(now, Note{"warning", fmt::format("agent {}: {}", agent, failed->message)});
  }
}

void OpenInjections::injected(Duration now, OpenInjection& i, const InjectDone& done) {
  if (i.state != OpenInjection::State::Asked) return;
  if (!done.nothing_to_do.empty()) {
    i.nothing_to_do = done.nothing_to_do;
    close(now, i);
    return;
  }
  i.injected = true;
  i.last_bite = now;
  i.state = OpenInjection::State::InForce;
  sink_.happen(now, Injected{i.id, i.fault, i.member.id, i.member.label, done.bite});
  if (on_injected) on_injected(now, i);
  if (!i.instant && !done.bite.in_force) {
    i.bite_lost = true;
    sink_.happen(now, BiteLost{i.id, "it was injected and did not bite: " + done.bite.sentence});
  }
  if (i.instant)
    close(now, i);  // its act is done, there is nothing to take back
  else if (i.abandoned) {
    i.abandoned = false;
    take_back(now, i.id);
  }
}

void OpenInjections::refused(Duration now, OpenInjection& i, const std::string& cause,
                             const std::string& why) {
  i.failed = true;
  sink_.happen(now, InjectionFailed{i.id, i.fault, i.member.id, why, cause});
  close(now, i);
}

void OpenInjections::restored(Duration now, OpenInjection& i, const RestoreDone& done) {
  // It could not be injected, and what was done of it until then cannot be taken back.
  const bool stays = !done.verified && !done.gone && !done.left.empty();
  if (i.state == OpenInjection::State::Closed && i.failed && stays && !i.told_left) {
    i.told_left = true;
    sink_.happen(now, LeftBehind{i.id, i.fault, i.member.id, done.left,
                                 done.command.empty() ? "gunflint recover" : done.command});
  }
  if (i.state == OpenInjection::State::Closed) return;
  if (!done.verified && !done.gone) {
    leave_behind(now, i, done.why, done.left.empty() ? done.why : done.left,
                 done.command.empty() ? "gunflint recover" : done.command);
    return;
  }
  sink_.happen(now, Undone{i.id, i.fault, i.member.id, done.verified, done.gone, done.why,
                           done.by.empty() ? "agent" : done.by});
  close(now, i);
}

void OpenInjections::bitten(Duration now, OpenInjection& i, const BiteSeen& seen) {
  if (i.state != OpenInjection::State::InForce) return;
  if (seen.unknown.empty()) sink_.happen(now, BiteRead{i.id, seen.bite});
  if (seen.unknown.empty() && seen.bite.in_force) {
    i.last_bite = now;
    i.bite_lost = i.bite_doubted = false;
    i.why_doubted.clear();
    return;
  }
  i.bite_doubted = true;
  i.why_doubted = seen.unknown.empty() ? seen.bite.sentence : seen.unknown;
  check_bite(now, i);
}

/// The loss began when it was last seen in force, not when we noticed.
void OpenInjections::check_bite(Duration now, OpenInjection& i) {
  const Duration patience = i.bite_doubted ? bite_patience : reading_patience;
  if (i.state != OpenInjection::State::InForce || i.bite_lost || now - i.last_bite <= patience)
    return;
  i.bite_lost = true;
  sink_.happen(
      i.last_bite,
      BiteLost{i.id, fmt::format("not seen in force since {}: {}", human(i.last_bite),
                                 i.bite_doubted ? i.why_doubted
                                                : "nothing was heard of it from its agent")});
}

void OpenInjections::close(Duration now, OpenInjection& i) {
  i.state = OpenInjection::State::Closed;
  i.closed = now;
  if (on_closed) on_closed(now, i);
}

void OpenInjections::leave_behind(Duration now, OpenInjection& i, const std::string& why,
                                  const std::string& what, const std::string& command) {
  sink_.happen(now, Undone{i.id, i.fault, i.member.id, false, false, why, "agent"});
  sink_.happen(now, LeftBehind{i.id, i.fault, i.member.id, what, command});
  close(now, i);
}

void OpenInjections::agent_gone(Duration now, const std::string& agent) {
  for (auto& [id, i] : all_) {
    if (i.agent != agent || i.state == OpenInjection::State::Closed) continue;
    if (i.state == OpenInjection::State::Asked) {
      i.failed = true;
      sink_.happen(now, InjectionFailed{id, i.fault, i.member.id,
                                        "its agent was lost while it injected", "unreachable"});
    }
    i.state = OpenInjection::State::Lost;
    i.asked = now;
  }
}

void OpenInjections::agent_done(Duration now, const AgentDone& done) {
  for (auto& [id, i] : all_) {
    if (i.agent != done.agent || i.state == OpenInjection::State::Closed) continue;
    if (done.clean) {
      sink_.happen(now, Undone{id, i.fault, i.member.id, true, false, "",
                               done.recovered ? "recovery" : "agent"});
      close(now, i);
    } else {
      std::string what;
      for (const auto& left : done.left) what += (what.empty() ? "" : "; ") + left;
      leave_behind(now, i, "undo unconfirmed: its agent was lost",
                   what.empty() ? "what `" + i.fault + "` changed" : what, "gunflint recover");
    }
  }
}

void OpenInjections::check(Duration now) {
  for (auto& [id, i] : all_) {
    check_bite(now, i);
    if (i.state == OpenInjection::State::Asked && now - i.asked >= inject_patience) {
      // It may still be half way in: what was asked must be taken back.
      i.failed = true;
      sink_.happen(now, InjectionFailed{id, i.fault, i.member.id,
                                        "no answer in " + print(inject_patience), "timed out"});
      i.state = OpenInjection::State::Restoring;
      i.asked = now;
      sink_.ask(AskAgent{i.agent, Restore{id}});
    } else if (i.state == OpenInjection::State::Restoring && now - i.asked >= restore_patience) {
      leave_behind(now, i, "no answer in " + print(restore_patience),
                   "what `" + i.fault + "` changed on " + i.member.label, "gunflint recover");
    } else if (i.state == OpenInjection::State::Lost && now - i.asked >= lost_patience) {
      leave_behind(now, i,
                   "undo unconfirmed: its agent was lost, and no other could say within " +
                       print(lost_patience) + " that it is taken back",
                   "what `" + i.fault + "` changed on " + i.member.label, "gunflint recover");
    }
  }
}

bool OpenInjections::all_closed() const {
  for (const auto& [id, i] : all_)
    if (i.state != OpenInjection::State::Closed) return false;
  return true;
}

std::vector<Member> OpenInjections::under_fault() const {
  std::vector<Member> members;
  for (const auto& [id, i] : all_)
    if (i.state != OpenInjection::State::Closed) members.push_back(i.member);
  return members;
}

std::vector<Member> OpenInjections::taken(Duration looked) const {
  std::vector<Member> members;
  for (const auto& [id, i] : all_) {
    if (!i.takes_away) continue;
    const bool closed = i.state == OpenInjection::State::Closed;
    const bool unseen = i.injected && i.heals_alone && looked < i.closed + look_takes;
    if (!closed || unseen) members.push_back(i.member);
  }
  return members;
}

std::optional<Duration> OpenInjections::next_wake() const {
  std::optional<Duration> wake;
  const auto at = [&](Duration t) { wake = wake ? std::min(*wake, t) : t; };
  for (const auto& [id, i] : all_) {
    if (i.state == OpenInjection::State::InForce && !i.bite_lost)
      at(i.last_bite + (i.bite_doubted ? bite_patience : reading_patience) + 1ns);
    if (i.state == OpenInjection::State::Lost) at(i.asked + lost_patience);
    if (i.state == OpenInjection::State::Asked) at(i.asked + inject_patience);
    if (i.state == OpenInjection::State::Restoring) at(i.asked + restore_patience);
  }
  return wake;
}

OpenInjection* OpenInjections::find(const std::string& id) {
  const auto it = all_.find(id);
  return it == all_.end() ? nullptr : &it->second;
}

}  // namespace gunflint
