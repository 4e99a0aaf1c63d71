#include "model/names.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "model/codecs.hpp"

namespace gunflint {
namespace {

using Entry = NamesInFile::Entry;

/// The text under `key`, with its place; else `fallback` at the place of the map.
Entry named(const Value& map, const char* key, std::string fallback) {
  if (const Value* name = map.find(key); name && name->is_text()) return {name->text(), name->mark};
  return {std::move(fallback), map.mark};
}

void collect_journeys(const Value& list, NamesInFile::Load& out) {
  for (const Value& journey : list.items()) {
    out.journeys.push_back(named(journey, "name", {}));
    const Value* steps = journey.find("steps");
    if (!steps || !steps->is_list()) continue;
    for (const Value& step : steps->items()) {
      Reader quiet;
      Request request;
      if (step.is_map() && !step.find("think") && decode(step, request, quiet))
        out.steps.push_back({request.name, step.mark});
      else
        out.steps.push_back(named(step, "name", {}));
    }
  }
}

void collect_requests(const Value& list, NamesInFile::Load& out) {
  for (const Value& entry : list.items()) {
    Value bare = entry.is_map() ? wire::split(entry, {"weight"}).others : entry;
    Reader quiet;
    Request request;
    Entry name =
        decode(bare, request, quiet) ? Entry{request.name, entry.mark} : named(entry, "name", {});
    out.steps.push_back(name);
    out.journeys.push_back(std::move(name));
  }
}

NamesInFile::Load load_names(const Value::Entry& load) {
  NamesInFile::Load out{load.key, load.mark, {}, {}, {}};
  if (const Value* stages = load.value.find("stages"); stages && stages->is_list())
    for (std::size_t i = 0; i < stages->items().size(); ++i)
      out.stages.push_back(named(stages->items()[i], "name", fmt::format("stage {}", i + 1)));
  if (const Value* journeys = load.value.find("journeys"); journeys && journeys->is_list())
    collect_journeys(*journeys, out);
  if (const Value* requests = load.value.find("requests"); requests && requests->is_list())
    collect_requests(*requests, out);
  return out;
}

void check_name(const Entry& entry, Reader& reader) {
  const std::string& name = entry.name;
  if (const auto bad = name.find_first_of(".,:"); bad != name.npos)
    reader.problem(entry.mark, "E111", fmt::format("the name `{}` holds a `{}`", name, name[bad]),
                   "names of stages and faults hold no `.`, `,` or `:`");
  else if (!name.empty() && name[0] >= '0' && name[0] <= '9' && parse_duration(name))
    reader.problem(entry.mark, "E111", fmt::format("the name `{}` looks like a duration", name),
                   "`at` could not tell it from a time: give it another name");
}

class Unique {
 public:
  Unique(Reader& reader, std::string what) : reader_(reader), what_(std::move(what)) {}
  void add(const Entry& entry) {
    if (entry.name.empty()) return;
    const auto [first, fresh] = seen_.emplace(entry.name, entry.mark);
    if (fresh) return;
    auto& p =
        reader_.problem(entry.mark, "E113", fmt::format("the name `{}` is used twice", entry.name),
                        fmt::format("{}: give one of them another name", what_));
    p.also.push_back(first->second);
  }

 private:
  Reader& reader_;
  std::string what_;
  std::map<std::string, Mark> seen_;
};

}  // namespace

const NamesInFile::Load* NamesInFile::load(std::string_view name) const {
  for (const Load& one : loads)
    if (one.name == name) return &one;
  return nullptr;
}

bool NamesInFile::has(const std::vector<Entry>& all, std::string_view name) {
  return std::any_of(all.begin(), all.end(), [&](const Entry& e) { return e.name == name; });
}

std::vector<std::string> fault_names(const Value& faults) {
  std::vector<std::string> names;
  std::map<std::string, int> unnamed;
  for (const Value& fault : faults.items()) {
    std::string name = fault.text_or("name");
    if (name.empty()) {
      name = fault.text_or("type", fault.find("one_of") ? "one_of" : "");
      if (const int n = ++unnamed[name]; n > 1) name = fmt::format("{} {}", name, n);
    }
    names.push_back(std::move(name));
  }
  return names;
}

NamesInFile collect_names(const Value& document) {
  NamesInFile out;
  auto keys_of = [](const Value* map, std::vector<Entry>& into) {
    if (map && map->is_map())
      for (const auto& entry : map->entries()) into.push_back({entry.key, entry.mark});
  };
  keys_of(document.find("targets"), out.targets);
  if (const Value* sources = document.find("sources")) keys_of(sources->find("scrape"), out.pages);
  if (const Value* loads = document.find("load"); loads && loads->is_map())
    for (const auto& load : loads->entries()) out.loads.push_back(load_names(load));
  if (const Value* faults = document.find("faults"); faults && faults->is_list()) {
    const auto names = fault_names(*faults);
    for (std::size_t i = 0; i < names.size(); ++i)
      out.faults.push_back(named(faults->items()[i], "name", names[i]));
  }
  return out;
}

void check_names(const NamesInFile& names, Reader& reader) {
  for (const auto& load : names.loads) {
    auto scope = reader.in("load");
    auto inner = reader.in(load.name);
    Unique stages(reader, "two stages"), journeys(reader, "two journeys");
    for (const auto& stage : load.stages) {
      check_name(stage, reader);
      stages.add(stage);
    }
    for (const auto& journey : load.journeys) journeys.add(journey);
  }
  Unique faults(reader, "two faults");
  auto scope = reader.in("faults");
  for (const auto& fault : names.faults) {
    check_name(fault, reader);
    faults.add(fault);
    for (const auto& load : names.loads)
      for (const auto& stage : load.stages)
        if (stage.name == fault.name && !fault.name.empty()) {
          auto& p = reader.problem(fault.mark, "E113",
                                   fmt::format("the name `{}` is used twice", fault.name),
                                   "a stage and a fault: give one of them another name");
          p.also.push_back(stage.mark);
        }
  }
}

void report_unknown(Reader& reader, const Mark& mark, const char* code, std::string_view what,
                    const std::string& name, const std::vector<std::string>& known) {
  const std::string near = nearest(name, known);
  std::string fix = !near.empty() ? fmt::format("did you mean `{}`?", near)
                    : known.empty() && what == "target"
                        ? "this file has none: add `targets: { web: { local: { port: 8080 } } }`"
                    : known.empty()     ? fmt::format("this file has none")
                    : known.size() > 12 ? fmt::format("this file has {} others", known.size())
                                        : fmt::format("this file has {}", listed(known, "and"));
  reader.problem(mark, code, fmt::format("unknown {} `{}`", what, name), std::move(fix));
}

std::vector<std::string> words_of(const std::vector<Entry>& entries) {
  std::vector<std::string> out;
  for (const auto& entry : entries)
    if (!entry.name.empty()) out.push_back(entry.name);
  return out;
}

Named find_start(const NamesInFile& names, const std::string& name, const Mark& mark,
                 Reader& reader) {
  std::vector<Named> found;
  for (const auto& load : names.loads)
    for (std::size_t i = 0; i < load.stages.size(); ++i)
      if (load.stages[i].name == name || load.name + "." + load.stages[i].name == name)
        found.push_back({Named::What::Stage, load.name, i});
  for (std::size_t i = 0; i < names.faults.size(); ++i)
    if (names.faults[i].name == name) found.push_back({Named::What::Fault, {}, i});
  if (found.size() > 1 && found[0].what == Named::What::Stage &&
      found[1].what == Named::What::Stage && found[0].load != found[1].load) {
    reader.problem(
        mark, "E119", fmt::format("`{}` is a stage of several loads", name),
        fmt::format("write `{}.{}` or `{}.{}`", found[0].load, name, found[1].load, name));
    return {};
  }
  if (!found.empty()) return found[0];
  std::vector<std::string> known;
  for (const auto& load : names.loads)
    for (const auto& stage : load.stages) known.push_back(stage.name);
  for (const auto& word : words_of(names.faults)) known.push_back(word);
  report_unknown(reader, mark, "E117", "stage or fault", name, known);
  return {};
}

}  // namespace gunflint
