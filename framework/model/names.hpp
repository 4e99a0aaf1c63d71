#pragma once
/// All names of a file with their places, collected from the document itself: a part that cannot be
/// read still has its name.

#include <string>
#include <vector>

#include "gunflint/base/problem.hpp"
#include "gunflint/base/value.hpp"

namespace gunflint {

struct NamesInFile {
  struct Entry {
    std::string name;
    Mark mark;
  };
  struct Load {
    std::string name;
    Mark mark;
    std::vector<Entry> stages, journeys, steps;
  };
  std::vector<Entry> targets, faults, pages;  ///< pages: sources.scrape
  std::vector<Load> loads;

  const Load* load(std::string_view name) const;
  static bool has(const std::vector<Entry>& all, std::string_view name);
};

NamesInFile collect_names(const Value& document);

/// `kill`, `kill 2`: names of faults without one, as the decoder of the whole file gives them.
std::vector<std::string> fault_names(const Value& faults);

/// Reports names that stand twice and names that could be taken for something else.
void check_names(const NamesInFile& names, Reader& reader);

/// Where `name` in `at`, `after`, `while` points to; a problem when nowhere or to several places.
struct Named {
  enum class What { Nothing, Stage, Fault } what = What::Nothing;
  std::string load;   ///< Stage
  std::size_t index;  ///< of the stage in its load, or of the fault
};
Named find_start(const NamesInFile& names, const std::string& name, const Mark& mark,
                 Reader& reader);

/// Problem E114 and the like: `unknown target `wep``, with the nearest name or all of them.
void report_unknown(Reader& reader, const Mark& mark, const char* code, std::string_view what,
                    const std::string& name, const std::vector<std::string>& known);
std::vector<std::string> words_of(const std::vector<NamesInFile::Entry>& entries);

}  // namespace gunflint
