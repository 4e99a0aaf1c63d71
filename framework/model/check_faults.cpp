// Faults: types, targets, times, picks.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "model/check.hpp"
#include "model/codecs.hpp"
#include "model/words.hpp"

namespace gunflint {
namespace {

constexpr std::array all_types{
    FaultWord{"noop", "does nothing, with all the ceremony"},
    FaultWord{"cpu", "keeps processor cores busy"},
    FaultWord{"memory", "takes memory"},
    FaultWord{"io", "keeps a disk busy"},
    FaultWord{"disk", "fills a file system"},
    FaultWord{"inodes", "uses up the inodes of a file system"},
    FaultWord{"fds", "uses up file descriptors"},
    FaultWord{"pids", "uses up process ids"},
    FaultWord{"kill", "ends processes with a signal"},
    FaultWord{"pause", "freezes processes"},
    FaultWord{"stop", "stops a service gracefully and starts it again"},
    FaultWord{"restart", "restarts a service"},
    FaultWord{"limit", "lowers a resource limit"},
    FaultWord{"setting", "changes a setting of the system under test"},
    FaultWord{"network", "delays or loses packets"},
    FaultWord{"partition", "cuts hosts off from each other"},
    FaultWord{"reset", "resets connections"},
    FaultWord{"dns", "breaks name resolution"},
    FaultWord{"http", "breaks answers of an HTTP service"},
    FaultWord{"tls", "breaks certificates"},
    FaultWord{"clock", "shifts the clock"},
    FaultWord{"syscall", "makes system calls fail"},
    FaultWord{"exec", "runs commands of your own"},
};

const KnownFault* find_known(const ReadOptions& options, const std::string& type) {
  for (const auto& fault : options.faults)
    if (fault.name == type) return &fault;
  return nullptr;
}

Mark key_at(const Value& entry, const char* key) {
  const auto* found = entry.find_entry(key);
  return found ? found->mark : entry.mark;
}

void report_type(const ReadOptions& options, const std::string& type, const Mark& mark,
                 Reader& reader) {
  std::vector<std::string> known;
  for (const auto& word : all_types) known.emplace_back(word.name);
  for (const auto& fault : options.faults)
    if (std::find(known.begin(), known.end(), fault.name) == known.end())
      known.push_back(fault.name);
  std::string fix, help = "gunflint list faults";
  std::string near = nearest(type, known);
  if (const OtherWord* row = find_word(other_fault_types(), type)) {
    const auto bar = row->instead.find('|');
    near = std::string(row->instead.substr(0, bar));
    fix = bar == row->instead.npos
              ? fmt::format("here it is `{}`", near)
              : fmt::format("here it is `{}` or `{}`", near, row->instead.substr(bar + 1));
  } else if (!near.empty()) {
    fix = fmt::format("did you mean `{}`?", near);
  }
  if (!near.empty()) help = fmt::format("gunflint explain {}", near);
  auto& p = reader.problem(mark, "E112", fmt::format("unknown fault type `{}`", type), fix);
  p.help = help;
}

/// The type and its own fields.
void check_type(const Checked& c, const FaultSpec& f, const Value& entry, Reader& reader) {
  if (f.type.empty() || c.options.faults.empty()) return;
  if (const KnownFault* known = find_known(c.options, f.type)) {
    const std::size_t before = reader.problems().size();
    if (known->check) known->check(f.params, reader);
    if (reader.problems().size() == before && known->irreversible &&
        known->irreversible(f.params) && !f.irreversible && f.one_of.empty())
      reader.problem(mark_at(entry, "type"), "E139",
                     fmt::format("`{}` cannot be undone by anybody", f.type),
                     "if that is what you want, add `irreversible: true`");
    return;
  }
  const bool of_the_language = std::any_of(all_types.begin(), all_types.end(),
                                           [&](const auto& w) { return w.name == f.type; });
  if (!of_the_language) report_type(c.options, f.type, mark_at(entry, "type"), reader);
}

bool is_instant(const Checked& c, const FaultSpec& f) {
  if (!f.one_of.empty())
    return std::all_of(f.one_of.begin(), f.one_of.end(),
                       [&](const FaultSpec& one) { return is_instant(c, one); });
  if (const KnownFault* known = find_known(c.options, f.type)) return known->instant;
  return f.type == "kill" || f.type == "restart";
}

void check_repeat(const FaultSpec& f, const Value& entry, Reader& reader) {
  auto scope = reader.in("repeat");
  const Mark mark = mark_at(entry, "repeat");
  const Repeat& r = *f.repeat;
  if (r.every <= Duration::zero())
    reader.problem(mark, "E126", "`every` is nothing; give it a time");
  else if (r.jitter >= r.every)
    reader.problem(
        mark, "E126",
        fmt::format("`jitter` {} is not below `every` {}", print(r.jitter), print(r.every)),
        "make it smaller");
  else if (f.length && *f.length >= r.every - r.jitter)
    reader.problem(mark_at(entry, "for"), "E126",
                   fmt::format("`for` {} is not below `every` minus `jitter`, {}", print(*f.length),
                               print(r.every - r.jitter)),
                   "one repetition would meet the next: make `for` shorter");
  if (!r.times && f.start.how != Start::How::While)
    reader.problem(mark, "E126", "this repeats without an end",
                   "add `times`, or start it `while` a stage");
  if (r.times && f.start.how == Start::How::While)
    reader.problem(mark, "E126", "`times` and `while` both say when it ends", "keep one of them");
}

/// Semantics 33: what lasts says how long.
void check_length(const Checked& c, const FaultSpec& f, const Value& entry, Reader& reader) {
  const bool spans = f.start.how == Start::How::While;
  if (f.type.empty() && f.one_of.empty()) return;
  if (is_instant(c, f)) {
    if (f.length)
      reader.problem(
          key_at(entry, "for"), "E125",
          fmt::format("`{}` is over at once; it has no `for`", f.type),
          f.type == "kill" ? "leave it out; to hold processes still use `pause`" : "leave it out");
    else if (spans && !f.repeat)
      reader.problem(f.start.mark, "E125",
                     fmt::format("`{}` is over at once; it has no `while`", f.type),
                     "write `at`, or add `repeat`");
    return;
  }
  if (spans && f.length && !f.repeat)
    reader.problem(key_at(entry, "for"), "E125", "`while` and `for` both say how long",
                   "keep one of them");
  else if (!f.length && (!spans || f.repeat))
    reader.problem(f.mark, "E125", fmt::format("how long does `{}` last?", f.name),
                   f.repeat ? "add `for: 10s`" : "add `for: 30s`, or `while:` with a stage");
  else if (f.length && *f.length <= Duration::zero())
    reader.problem(mark_at(entry, "for"), "E125", "a fault lasts longer than nothing",
                   "give it a time");
}

void check_pick(const Checked& c, const FaultSpec& f, const Value& entry, Reader& reader) {
  const BlastRadius& b = c.experiment.blast_radius;
  const Mark mark = mark_at(entry, "pick");
  if (f.pick.count && b.max_members && *f.pick.count > *b.max_members)
    reader.problem(mark, "E129",
                   fmt::format("`pick` takes {} members, `blast_radius` allows {}", *f.pick.count,
                               *b.max_members),
                   "pick fewer, or allow more");
  // A share is one of the members that `where` names, and how many those are the plan knows.
  const bool of_all = f.pick.where.empty();
  const std::optional<Share> share = f.pick.all ? std::optional(Share{1}) : f.pick.share;
  if (of_all && share && b.max_share && *share > *b.max_share)
    reader.problem(mark, "E129",
                   fmt::format("`pick` takes {}, `blast_radius` allows {}", print(*share),
                               print(*b.max_share)),
                   "pick fewer, or allow more");
  // What takes its members away, all of them, leaves nobody ready.
  const bool all = of_all && (f.pick.all || (f.pick.share && f.pick.share->of_one >= 1));
  if (all && b.keep_ready > 0 && (f.type == "kill" || f.type == "pause" || f.type == "stop"))
    reader.problem(mark, "E129",
                   fmt::format("`{}` would leave none of its members, `keep_ready` asks for {}",
                               f.name, b.keep_ready),
                   "pick fewer members, or say `keep_ready: 0` in `blast_radius`");
  if (f.min_members && f.pick.count && *f.min_members > *f.pick.count)
    reader.problem(
        mark_at(entry, "min_members"), "E129",
        fmt::format("`min_members` is {}, but `pick` takes {}", *f.min_members, *f.pick.count));
}

void check_when(const Checked& c, const std::optional<When>& when, const Value& entry,
                const char* key, Reader& reader) {
  const Value* at = entry.find(key);
  if (!when || !at) return;
  auto scope = reader.in(key);
  check_source(c, when->of, *at, reader);
  check_condition(when->expect, when->of, false, reader);
}

void check_fault(const Checked& c, const FaultSpec& f, const Value& entry, Reader& reader) {
  const std::size_t before = reader.problems().size();
  check_type(c, f, entry, reader);
  const bool type_is_right = reader.problems().size() == before;
  if (const Value* list = entry.find("one_of"); list && list->is_list()) {
    auto scope = reader.in("one_of");
    if (list->items().size() < 2)
      reader.problem(list->mark, "E120", "`one_of` draws one of several faults",
                     "give at least two");
    for (std::size_t i = 0; i < f.one_of.size() && i < list->items().size(); ++i) {
      auto inner = reader.in(i);
      check_type(c, f.one_of[i], list->items()[i], reader);
    }
    if (const auto* extra = f.params.is_map() && !f.params.entries().empty()
                                ? &f.params.entries().front()
                                : nullptr)
      reader.problem(extra->mark, "E102", fmt::format("unknown key `{}`", extra->key),
                     "the fields of a type belong into an entry of `one_of`");
  }
  if (f.target.empty()) {
    if (!entry.find("target"))
      reader.problem(entry.mark, "E103", "`target` is missing", "name one of `targets`");
  } else if (!NamesInFile::has(c.names.targets, f.target)) {
    report_unknown(reader, mark_at(entry, "target"), "E114", "target", f.target,
                   words_of(c.names.targets));
  }
  if (f.start.how == Start::How::Gate && c.names.faults.size() > 1)
    reader.problem(f.mark, "E124", fmt::format("when does `{}` begin?", f.name),
                   "several faults: each needs `at`, `after`, `while` or `after_recovery`");
  check_start(c, f.start, reader);
  if (f.start.how == Start::How::AfterRecovery || !f.start.names.empty())
    for (const auto& name : f.start.names)
      if (name == f.name)
        reader.problem(f.start.mark, "E127", fmt::format("`{}` waits for itself", name),
                       "name another fault, a stage or a time");
  if (f.repeat) check_repeat(f, entry, reader);
  if (type_is_right) check_length(c, f, entry, reader);
  check_pick(c, f, entry, reader);
  check_when(c, f.wait_until, entry, "wait_until", reader);
  check_when(c, f.only_if, entry, "only_if", reader);
  for (const char* key : {"timeout", "on_timeout"})
    if (const Value* only_if = entry.find("only_if"); only_if && only_if->find(key))
      reader.problem(only_if->find_entry(key)->mark, "E120",
                     fmt::format("`only_if` does not wait: it has no `{}`", key),
                     "use `wait_until`");
}

}  // namespace

std::span<const FaultWord> fault_words() { return all_types; }

void check_faults(const Checked& c, Reader& reader) {
  const Value* section = c.document.find("faults");
  if (!section || !section->is_list()) return;
  auto scope = reader.in("faults");
  // A mistyped key of every fault is suggested beside the type's own fields.
  const auto before = reader.on_unknown_key;
  reader.on_unknown_key = [&](Reader& r, const std::string& key, const Mark& mark,
                              std::span<const std::string> own) {
    std::vector<std::string> known(own.begin(), own.end());
    const auto& common = wire::common_fault_keys();
    known.insert(known.end(), common.begin(), common.end());
    if (report_unknown_key(r, key, mark, known)) return true;
    const std::string near = nearest(key, known);
    std::string fix = fmt::format("did you mean `{}`?", near);
    if (near.empty())
      fix = own.empty() ? std::string("this type has no fields of its own")
                        : fmt::format("its own fields: {}", listed(own, "and"));
    r.problem(mark, "E102", fmt::format("unknown key `{}`", key), std::move(fix));
    return true;
  };
  const auto& faults = c.experiment.faults;
  for (std::size_t i = 0; i < faults.size() && i < section->items().size(); ++i) {
    auto inner = reader.in(i);
    check_fault(c, faults[i], section->items()[i], reader);
  }
  reader.on_unknown_key = before;
}

}  // namespace gunflint
