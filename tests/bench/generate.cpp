// The load engine alone, for profiling: a load as JSON in, what came of it out.
//
//     generate '{"base_url": "http://…", "stages": [{"users": 64, "for": "2s"}], "requests": […]}'
//     SECONDS
#include <cstdio>

#include "lab/load/collect.hpp"
#include "load/summary.hpp"

using namespace gunflint;

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const auto document = parse_json(argv[1]);
  if (!document) return 2;
  auto spec = decode<LoadSpec>(*document);
  if (!spec) {
    std::fprintf(stderr, "%s\n", spec.error().message.c_str());
    return 2;
  }
  if (spec->name.empty()) spec->name = "load";
  test::Collector collector;
  test::run(collector, {*spec}, std::chrono::seconds(std::atoi(argv[2])));
  LoadSummary summary;
  for (const auto& slice : collector.slices) summary.add(slice);
  for (const auto& slice : collector.slices)
    for (const auto& step : slice.steps)
      for (const auto& [why, words] : step.examples)
        std::fprintf(stderr, "%s: %s\n", why.c_str(), words.c_str());
  std::puts(to_json_pretty(summary.to_value(std::atof(argv[2]))).c_str());
  if (!collector.lost.empty()) std::fprintf(stderr, "%s\n", collector.lost.c_str());
}
