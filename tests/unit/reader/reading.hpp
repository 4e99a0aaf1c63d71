#pragma once
#include <filesystem>
#include <fstream>
#include <sstream>

#include "gunflint/concepts/fault.hpp"
#include "gunflint/model/reader.hpp"

namespace gunflint {

/// Where the sources lie.
inline const std::string root = GUNFLINT_SOURCE_DIR;

inline std::shared_ptr<const SourceText> source_of(std::string text) {
  return std::make_shared<const SourceText>(SourceText{"x.yaml", std::move(text)});
}

/// The whole catalogue, as the command line gives it.
inline ReadOptions with_catalogue() {
  ReadOptions o;
  for (const FaultKind* kind : fault_catalogue()) {
    KnownFault known;
    known.name = std::string(kind->name);
    known.summary = std::string(kind->summary);
    known.instant = kind->instant;
    known.shape = kind->shape();
    known.check = kind->check;
    known.tidy = kind->tidy;
    known.irreversible = [kind](const Value& p) { return kind->healing(p) == Healing::Never; };
    o.faults.push_back(std::move(known));
  }
  return o;
}

/// The codes of all problems, in order.
inline std::string codes(const ReadExperiment& read) {
  std::string out;
  for (const Problem& p : read.problems) out += (out.empty() ? "" : " ") + p.code;
  return out;
}

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

}  // namespace gunflint
