// Any bytes: an experiment or problems, never a crash, and what was read is written and read again.
#include <cstdint>
#include <cstdlib>

#include "gunflint/concepts/fault.hpp"
#include "gunflint/model/reader.hpp"

using namespace gunflint;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ReadOptions options = [] {
    ReadOptions o;
    for (const FaultKind* kind : fault_catalogue()) {
      KnownFault known;
      known.name = std::string(kind->name);
      known.instant = kind->instant;
      known.check = kind->check;
      known.tidy = kind->tidy;
      o.faults.push_back(std::move(known));
    }
    return o;
  }();
  std::string text(reinterpret_cast<const char*>(data), size);
  for (const char* word : {"use", "body_file", "data", "replay", "tls"})  // no files
    if (text.find(word) != text.npos) return 0;
  const auto read = read_experiment(
      std::make_shared<const SourceText>(SourceText{"fuzz.yaml", std::move(text)}), options);
  print_problems(read.problems, false);
  if (!read.experiment) return 0;
  const std::string written = to_json(encode(*read.experiment));
  const auto document = parse_json(written);
  if (!document) std::abort();
  const auto back = decode<Experiment>(*document);
  if (!back || to_json(encode(*back)) != written) std::abort();
  return 0;
}
