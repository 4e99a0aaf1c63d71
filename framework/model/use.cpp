#include "model/use.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>

#include "model/local_file.hpp"

namespace gunflint {
namespace {

constexpr std::array sections{"vars", "sources", "targets", "load", "abort", "blast_radius"};

void report_twice(Reader& reader, const Value::Entry& ours, const Value::Entry& theirs) {
  auto& p =
      reader.problem(theirs.mark, "E113", fmt::format("`{}` stands in both files", theirs.key),
                     "give one of them another name");
  p.also.push_back(ours.mark);
}

/// Adds the entries of `theirs` to `ours`; `deep` goes one level further for maps on both sides.
void merge_maps(Value& ours, const Value& theirs, bool we_win, bool deep, Reader& reader) {
  for (const auto& entry : theirs.entries()) {
    auto scope = reader.in(entry.key);
    const Value::Entry* present = ours.find_entry(entry.key);
    if (!present)
      ours.entries().push_back(entry);
    else if (deep && entry.key == "scrape" && present->value.is_map() && entry.value.is_map())
      merge_maps(*ours.find(entry.key), entry.value, false, false, reader);
    else if (!we_win)
      report_twice(reader, *present, entry);
  }
}

void merge_section(Value& document, const Value::Entry& section, Reader& reader) {
  auto scope = reader.in(section.key);
  Value* ours = document.find(section.key);
  if (!ours) {
    document.entries().push_back(section);
  } else if (section.key == "abort" && ours->is_list() && section.value.is_list()) {
    for (const auto& guard : section.value.items()) ours->items().push_back(guard);
  } else if (section.key == "blast_radius") {
    report_twice(reader, *document.find_entry(section.key), section);
  } else if (ours->is_map() && section.value.is_map()) {
    merge_maps(*ours, section.value, section.key == "vars", section.key == "sources", reader);
  }
}

void merge_file(Value& document, const Value& name, const std::string& main_file, Reader& reader) {
  if (!name.is_text()) {
    detail::wrong_kind(reader, name, "a file's name");
    return;
  }
  const std::string path = beside(main_file, name.text());
  auto text = read_local_file(path, ReadLimits{}.bytes + 1);
  if (!text) {
    reader.problem(name.mark, "E134", text.error().message, "`use` names a file beside this one");
    return;
  }
  auto source = std::make_shared<const SourceText>(SourceText{path, std::move(*text)});
  const auto used = parse_yaml(source, reader);
  if (!used) return;
  if (!used->is_map()) {
    detail::wrong_kind(reader, *used, "a map of sections");
    return;
  }
  const std::vector<std::string> allowed(sections.begin(), sections.end());
  for (const auto& entry : used->entries())
    if (std::find(allowed.begin(), allowed.end(), entry.key) != allowed.end())
      merge_section(document, entry, reader);
    else if (entry.key != "version")
      reader.problem(entry.mark, "E134", fmt::format("a used file cannot bring `{}`", entry.key),
                     fmt::format("it may bring {}", listed(allowed, "and")));
}

}  // namespace

void merge_used_files(Value& document, const std::string& main_file, Reader& reader) {
  const Value* use = document.find("use");
  if (!use) return;
  const Value files = *use;
  auto scope = reader.in("use");
  if (files.is_list())
    for (std::size_t i = 0; i < files.items().size(); ++i) {
      auto at = reader.in(i);
      merge_file(document, files.items()[i], main_file, reader);
    }
  else
    merge_file(document, files, main_file, reader);
  std::erase_if(document.entries(), [](const auto& entry) { return entry.key == "use"; });
}

}  // namespace gunflint
