// From text to Experiment, with every mistake on the way.
#include <algorithm>
#include <filesystem>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "gunflint/model/reader.hpp"
#include "model/check.hpp"
#include "model/load_files.hpp"
#include "model/local_file.hpp"
#include "model/use.hpp"
#include "model/vars.hpp"
#include "model/words.hpp"

namespace gunflint {
namespace {

constexpr int language_version = 1;

/// `faults[1].pick.count` -> `faults[1]`; `load.shop.stages[0]` -> `load.shop`: one thing a person
/// would repair at a time.
std::string entry_of(const std::string& path) {
  const auto dot = path.find('.');
  const std::string first = path.substr(0, dot);
  if (first.find('[') != first.npos || dot == path.npos) return first;
  const auto second = path.find_first_of(".[", dot + 1);
  return path.substr(0, second);
}

/// Facts of their own, whatever else is wrong beside them: wrong keys and names.
bool stands_alone(const Problem& p) {
  static const std::set<std::string> codes{"E009", "E102", "E107", "E112", "E114", "E117"};
  return codes.count(p.code) > 0;
}

/// What is said about a part that could not be read in the first place would only confuse.
void drop_follow_ups(std::vector<Problem>& problems, std::size_t read) {
  std::set<std::string> broken;
  std::set<std::tuple<const SourceText*, int, int>> places;
  bool loads_known = true, targets_known = true;
  auto place = [](const Problem& p) {
    return std::tuple(p.where.source.get(), p.where.line, p.where.column);
  };
  for (std::size_t i = 0; i < read; ++i) {
    const Problem& p = problems[i];
    if (p.severity != Severity::Error) continue;
    broken.insert(entry_of(p.path));
    if (p.where) places.insert(place(p));
    // Keys that stand where names are expected were taken for names.
    loads_known &= p.code != "E101" || p.path.rfind("load", 0) != 0 || entry_of(p.path) != p.path;
    loads_known &= p.suggestion != "did you mean `load`?";
    targets_known &= p.suggestion != "did you mean `targets`?";
  }
  auto follows = [&](const Problem& p) {
    if (p.where && places.count(place(p))) return true;
    if (!loads_known && (p.code == "E115" || p.code == "E116")) return true;
    if (!targets_known && p.code == "E114") return true;
    return !stands_alone(p) && broken.count(entry_of(p.path)) > 0;
  };
  const auto keep = problems.begin() + static_cast<std::ptrdiff_t>(read);
  problems.erase(std::remove_if(keep, problems.end(), follows), problems.end());
}

/// File order; what has no place first, used files after the experiment.
void sort_by_place(std::vector<Problem>& problems, const SourceText* main) {
  auto rank = [&](const Problem& p) {
    if (!p.where) return std::tuple(0, std::string(), 0, 0);
    const bool ours = p.where.source.get() == main;
    return std::tuple(ours ? 1 : 2, ours ? std::string() : p.where.source->name, p.where.line,
                      p.where.column);
  };
  std::stable_sort(problems.begin(), problems.end(),
                   [&](const Problem& a, const Problem& b) { return rank(a) < rank(b); });
}

/// A file of another version or kind: nothing else about it would be right. True if it may be read.
bool check_header(const Value& document, Reader& reader) {
  if (!document.is_map()) {
    detail::wrong_kind(reader, document, "a map that begins with `version: 1`");
    return false;
  }
  if (const Value* version = document.find("version")) {
    auto scope = reader.in("version");
    int number = 0;
    Reader quiet;
    if (decode(*version, number, quiet) && number > language_version) {
      reader.problem(version->mark, "E110",
                     fmt::format("the file is of version {}; this gunflint ({}) reads version {}",
                                 number, GUNFLINT_VERSION, language_version),
                     "use a newer gunflint");
      return false;
    }
  }
  if (document.text_or("kind") == "game_day") {
    auto scope = reader.in("kind");
    reader.problem(document.find("kind")->mark, "E190", "game days: not in this version",
                   "run the experiments one by one");
    return false;
  }
  return true;
}

/// Things that only the whole file knows: names of unnamed faults, the only load, typed params.
void complete(Experiment& e, const Value& document, const ReadOptions& options) {
  if (const Value* faults = document.find("faults"); faults && faults->is_list()) {
    const auto names = fault_names(*faults);
    for (std::size_t i = 0; i < e.faults.size() && i < names.size(); ++i)
      e.faults[i].name = names[i];
  }
  auto fill = [&](ProbeSpec& of) {
    if (auto* load = std::get_if<OfLoad>(&of); load && load->load.empty() && e.loads.size() == 1)
      load->load = e.loads.front().name;
  };
  for (auto& h : e.steady_state) fill(h.of);
  for (auto& r : e.reactions) fill(r.of);
  for (auto& g : e.abort) fill(g.of);
  auto tidy = [&](FaultSpec& f) {
    for (const auto& known : options.faults)
      if (known.name == f.type && known.tidy) f.params = known.tidy(f.params);
  };
  for (auto& f : e.faults) {
    tidy(f);
    for (auto& one : f.one_of) tidy(one);
    if (f.wait_until) fill(f.wait_until->of);
    if (f.only_if) fill(f.only_if->of);
  }
}

void read_document(Value& document, const ReadOptions& options, ReadExperiment& out,
                   Reader& reader) {
  merge_used_files(document, out.source->name, reader);
  const auto vars = resolve_vars(document, options, out.secrets, reader);
  substitute(document, vars, options, out.secrets, reader);
  read_load_files(document, reader);
  Experiment experiment;
  reader.on_unknown_key = [](Reader& r, const std::string& key, const Mark& mark,
                             std::span<const std::string> known) {
    return report_unknown_key(r, key, mark, known) || report_far_key(r, key, mark, known);
  };
  decode(document, experiment, reader);
  // So many problems that the rest could only repeat them.
  if (reader.has_errors() && reader.problems().size() > 100) return;
  const std::size_t read = reader.problems().size();
  const NamesInFile names = collect_names(document);
  const Checked checked{experiment, document, names, options};
  check_names(names, reader);
  check_loads(checked, reader);
  check_faults(checked, reader);
  check_probes(checked, reader);
  check_rest(checked, reader);
  drop_follow_ups(reader.problems(), read);
  if (reader.has_errors()) return;
  complete(experiment, document, options);
  check_schedule({experiment, document, names, options}, reader);
  if (!reader.has_errors()) out.experiment = std::move(experiment);
}

/// k6 experiments are programs. Whole lines tell: a comment or a description may speak of one.
bool is_javascript(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with("export const options") || line.starts_with("export default function"))
      return true;
    const bool of_k6 = line.find("from 'k6") != line.npos || line.find("from \"k6") != line.npos;
    if (line.starts_with("import ") && of_k6) return true;
  }
  return false;
}

}  // namespace

ReadExperiment read_experiment(std::shared_ptr<const SourceText> source,
                               const ReadOptions& options) {
  ReadExperiment out;
  out.source = source;
  Reader reader;
  if (is_javascript(source->text))
    reader.problem({}, "E003", source->name + " is JavaScript (a k6 script), not YAML",
                   "`gunflint init` writes an experiment to begin with; options, checks and "
                   "thresholds have their place in it");
  else if (auto document = parse_yaml(source, reader); document && check_header(*document, reader))
    read_document(*document, options, out, reader);
  out.problems = std::move(reader.problems());
  sort_by_place(out.problems, source.get());
  return out;
}

namespace {

/// What to do about a file that cannot be read: the nearest name beside it, or those inside.
std::string other_file(const std::string& path, const Error& error) {
  std::error_code ignored;
  if (error.cause == Cause::NotPermitted) return "let this user read it";
  if (error.cause != Cause::Gone) return "name an experiment file";
  const std::filesystem::path asked(path);
  const bool folder = std::filesystem::is_directory(asked, ignored);
  auto parent = folder ? asked : asked.parent_path();
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(
           parent.empty() ? std::filesystem::path(".") : parent, ignored)) {
    const auto extension = entry.path().extension();
    if (extension == ".yaml" || extension == ".yml") names.push_back(entry.path().filename());
    if (names.size() > 1000) break;
  }
  std::sort(names.begin(), names.end());
  if (folder)
    return names.empty()
               ? "name an experiment file"
               : fmt::format("name a file in it, such as {}", (parent / names[0]).string());
  const std::string near = nearest(asked.filename().string(), names);
  return near.empty() ? "name an experiment file, or write one with `gunflint init`"
                      : fmt::format("did you mean {}?", (parent / near).string());
}

}  // namespace

ReadExperiment read_experiment_file(const std::string& path, const ReadOptions& options) {
  const std::string name = path == "-" ? "<stdin>" : path;
  auto text = read_local_file(path, ReadLimits{}.bytes);
  if (!text) {
    ReadExperiment out;
    out.source = std::make_shared<const SourceText>(SourceText{name, {}});
    Reader reader;
    reader.problem({}, text.error().cause == Cause::BadInput ? "E002" : "E001",
                   text.error().message, other_file(path, text.error()));
    out.problems = std::move(reader.problems());
    return out;
  }
  return read_experiment(std::make_shared<const SourceText>(SourceText{name, std::move(*text)}),
                         options);
}

}  // namespace gunflint
