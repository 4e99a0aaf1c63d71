// setting: changes one setting of a service and puts the old value back. The ways to a setting
// (HTTP, a file and a reload, haproxy's socket, gunicorn's signals) are in setting/, one file each.
#include "common/setpoint.hpp"
#include "gunflint/concepts/fault.hpp"
#include "setting/params.hpp"
#include "setting/setting_at.hpp"

namespace gunflint {
namespace {

constexpr Duration patience = 3s;  ///< for a service to show what it was told

struct Setting {
  static constexpr std::string_view name = "setting";
  static constexpr std::string_view summary =
      "Changes a setting of a service (over HTTP, in a file, by a preset) and puts it back.";
  static constexpr std::string_view example = R"(- name: half the workers
  type: setting
  target: web
  pick: all
  http: { url: "http://${member.host}:${member.port}/admin/pool", field: workers }
  value: 50% of current
  for: 1m
)";
  static constexpr Healing healing = Healing::ByUs;

  using Params = SettingParams;
  struct Saved {
    SettingAt at;
    Value old, set;
    ProcessId process;  ///< of the member; pid 0: none
    std::string boot_id;
    static Fields<Saved> fields() {
      return {field("at", &Saved::at, "Where.").required(),
              field("old", &Saved::old, "Value before.").required(),
              field("set", &Saved::set, "Value that was asked for.").required(),
              field("process", &Saved::process, "The member's process."),
              field("boot_id", &Saved::boot_id, "And its machine.")};
    }
  };

  static Place place(const Params& params) { return params.http ? Place::Api : Place::Host; }
  static std::string check(const Params& params) { return mistake_in(params); }
  /// A file or a socket may belong to the agent's user; where it does not, the kernel says so.
  static bool wants_root(const Params&) { return false; }
  static std::vector<Need> needs(const Facts&, const Params&) { return {}; }
  static std::vector<std::string> touches(const Member& member, const Params& params) {
    return setting_keys(params, member);
  }
  static std::string no_effect(const Params&, const Saved& saved) {
    return saved.old == saved.set ? "the value is " + spelled(saved.old) + " already" : "";
  }

  static Result<Saved> observe(Host& host, const Member& member, const Params& params) {
    Saved saved;
    GF_TRY_AS(saved.at, locate(host, member, params));
    GF_TRY_AS(saved.old, read_setting(host, saved.at));
    GF_TRY(can_be_seen(host, saved.at, saved.old));
    GF_TRY_AS(saved.set, resolve(params.value, saved.old));
    if (!params.shared) saved.process = {member.pid, member.start_time};
    saved.boot_id = member.boot_id;
    return saved;
  }

  static Result<void> inject(Host& host, const Member&, const Params&, const Saved& saved,
                             const Tag&) {
    GF_TRY_AS(const Value before, read_setting(host, saved.at));
    if (before == saved.set) return {};
    if (host.rehearsal) return rehearse(host, saved.at, saved.old, saved.set);
    GF_TRY(write_setting(host, saved.at, saved.set, Purpose::Fault));
    GF_TRY_AS(const Value now, wait_for(host, saved.at, saved.set));
    if (now == saved.set) return {};
    if (saved.at.file) return {};  // the bite says what the service works with instead
    // The service made something else of it. Left so, nobody could tell it from another's change.
    GF_TRY(write_setting(host, saved.at, saved.old, Purpose::Undo));
    return fail(Cause::BadInput, "the service was told " + spelled(saved.set) + " and made " +
                                     spelled(now) + " of it; ask for a value that it accepts");
  }

  static Result<void> restore(Host& host, const Saved& saved, const Tag&) {
    if (host.rehearsal) return rehearse(host, saved.at, saved.set, saved.old);
    const auto undone = put_back(host, saved);
    if (undone || undone.error().cause == Cause::Gone) return undone;
    GF_TRY_AS(const bool gone, victim_gone(host, saved));
    if (gone && !saved.at.file)
      return fail(Cause::Gone, "what held the setting has ended: " + undone.error().message);
    return undone;
  }

  static Result<bool> restored(Host& host, const Saved& saved, const Tag&) {
    const auto now = read_setting(host, saved.at);
    if (now) {
      if (*now == saved.old) return !still_at_work(host, saved);
      if (*now == saved.set || saved.at.file) return false;
      return victim_gone(host, saved);  // a replacement has its own value
    }
    GF_TRY_AS(const bool gone, victim_gone(host, saved));
    if (gone) return true;
    return fail(now.error());
  }

  static Result<Bite> bite(Host& host, const Member&, const Params&, const Saved& saved,
                           const Tag&) {
    GF_TRY_AS(const Value written, read_setting(host, saved.at));
    // Put back or edited by somebody, it is not what will be read next.
    GF_TRY_AS(const Value now,
              written == saved.set ? value_at_work(host, saved.at) : Result<Value>(written));
    const bool in_force = spelled(now) == spelled(saved.set);
    return Bite{in_force, told(saved, now), number_in(saved.set).value_or(1),
                number_in(now).value_or(in_force ? 1.0 : 0.0)};
  }

 private:
  static std::string told(const Saved& saved, const Value& now) {
    std::string text = "reads " + spelled(now) + ", asked " + spelled(saved.set) + ", before " +
                       spelled(saved.old);
    if (!saved.at.file) return text;
    if (saved.at.file->trusted) return text + " (trusted: nobody looked at the service itself)";
    if (saved.at.file->read_back.empty() || spelled(now) == spelled(saved.set)) return text;
    return text + ": the file was changed, and the service works with the old value";
  }

  static Result<void> rehearse(Host& host, const SettingAt& at, const Value& from,
                               const Value& to) {
    return at.gunicorn ? rehearse_gunicorn(host, *at.gunicorn, from, to)
                       : write_setting(host, at, to, Purpose::Fault);
  }

  /// The file is as it was, and the service is seen to work with the changed value.
  static bool still_at_work(Host& host, const Saved& saved) {
    if (!saved.at.file || saved.at.file->read_back.empty()) return false;
    const auto works = value_at_work(host, saved.at);
    return works && spelled(*works) == spelled(saved.set);
  }

  static Result<Value> wait_for(Host& host, const SettingAt& at, const Value& value) {
    const Time end = host.clock.now() + patience;
    for (;;) {
      GF_TRY_AS(Value now, value_at_work(host, at));
      if (spelled(now) == spelled(value) || host.clock.now() >= end) return now;
      host.clock.sleep(50ms);
    }
  }

  static Result<void> put_back(Host& host, const Saved& saved) {
    GF_TRY_AS(const Value now, read_setting(host, saved.at));
    // A crash may have come between file and reload; to reload once more does no harm.
    if (now == saved.old) return reload_setting(host, saved.at);
    // gunicorn goes step by step: anything may be our own work, half done.
    if (!(now == saved.set) && !saved.at.gunicorn)
      return fail(
          Cause::Conflict,
          in_words(saved.at) + " was " + spelled(saved.old) + ", was set to " + spelled(saved.set) +
              " and is " + spelled(now) +
              " now: somebody else changed it, so it was left as it is; if it is still to be " +
              spelled(saved.old) + ", put that back by hand");
    GF_TRY(write_setting(host, saved.at, saved.old, Purpose::Undo));
    const auto shown = wait_for(host, saved.at, saved.old);
    // The file is as it was; a service that cannot be asked any more is no reason to try again.
    return shown || saved.at.file ? Result<void>() : fail(shown.error());
  }

  /// Only where the member's machine is this one; elsewhere nobody can say.
  static Result<bool> victim_gone(Host& host, const Saved& saved) {
    if (saved.process.pid == 0 || saved.boot_id != host.facts.boot_id) return false;
    const auto info = host.processes.look(saved.process.pid);
    if (!info && info.error().cause != Cause::Gone) return fail(info.error());
    return !info || info->id != saved.process || info->state == 'Z';
  }
};

}  // namespace

GUNFLINT_FAULT(setting, Setting)

}  // namespace gunflint
