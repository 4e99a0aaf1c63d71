// What the reader accepts the schema accepts; structural problems fail both.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "model/problem_codes.hpp"
#include "model/schema.hpp"
#include "reading.hpp"
#include "support/json_schema.hpp"

namespace gunflint {
namespace {

namespace fs = std::filesystem;

/// Why the schema refuses each of these YAML texts; empty when it accepts it.
std::vector<std::string> refusals(const std::vector<std::string>& texts) {
  SchemaTrial trial;
  trial.by(json_schema(with_catalogue().faults));
  std::vector<bool> readable;
  for (const auto& text : texts) {
    Reader reader;
    const auto value = parse_yaml(source_of(text), reader);
    readable.push_back(value.has_value());
    trial.add(value ? resolve_plain(*value) : Value());
  }
  auto refusals = trial.refusals();
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (!readable[i]) refusals[i] = "no YAML";
  return refusals;
}

TEST(Schema, AcceptsWhatTheReaderAccepts) {
  std::vector<fs::path> files{root + "/tests/golden/language/whole.yaml"};
  for (const char* folder : {"/experiments", "/tests/problems"})
    for (const auto& entry : fs::recursive_directory_iterator(root + folder))
      if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::erase_if(files, [](const fs::path& file) {
    return !read_experiment_file(file.string(), with_catalogue()).experiment;
  });
  EXPECT_GT(files.size(), 4u);
  std::vector<std::string> texts;
  for (const auto& file : files) texts.push_back(content_of(file));
  const auto why = refusals(texts);
  for (std::size_t i = 0; i < files.size(); ++i) EXPECT_EQ(why[i], "") << files[i];
}

TEST(Schema, AcceptsWhatALoadMaySay) {
  const std::string text = R"(version: 1
name: x
load:
  shop:
    base_url: https://shop
    arrivals: bursty
    burst: 20
    warm_up: 10s
    pacing: precise
    trace: true
    http: { version: 2, connections: 8, streams: 32, keep_alive: false, requests_per_connection: 9, redirects: 5, compression: true }
    tls: { verify: false, server_name: a, min_version: 1.2, max_version: 1.3, session_resumption: false }
    connect: { timeout: 3s, source_address: "::1", unix_socket: a.sock, resolve: { shop: 10.0.0.7 }, lookup_every: 5s }
    data: { users: { file: users.csv, order: unique } }
    stages: [ { users: 64, for: 1m }, { rate: 5/s, for: 1m } ]
    requests:
      - { get: /a, retries: 2 }
      - { get: "/${users.id}", retries: { times: 2, backoff: 100ms..2s, budget: 20% } }
  bots:
    transport: libcurl
    connect: { proxy: "http://proxy:3128" }
    replay: { file: access.log, speed: 2.5 }
steady_state: [ { load: shop, expect: users > 3 } ]
)";
  EXPECT_EQ(refusals({text}).at(0), "");
  EXPECT_NE(refusals({text + "more: 1\n"}).at(0), "");
}

/// Every code is listed in docs/reference/problems.md as one that the schema refuses too, or as one
/// that only the reader finds. Both are tried on every bad file; what the schema lets pass all the
/// same is named here.
TEST(Schema, RefusesStructuralProblems) {
  const std::set<std::string> passed{
      // E103: needed only because of another key, or one of several keys.
      "fault-no-target",      "load-no-journey",  "load-no-stages", "load-nothing-sent",
      "load-stage-two-rates", "reference-scrape", "source-none",    "target-two-kinds",
      "fault-one-of",         // the faults of `one_of` have no schema of their own
      "yaml-on-in-capitals",  // true to a YAML 1.1 parser
  };
  struct Bad {
    std::string name, found;
  };
  std::vector<Bad> bad;
  std::vector<std::string> texts;
  for (const auto& entry : fs::directory_iterator(root + "/tests/problems")) {
    if (entry.path().extension() != ".yaml") continue;
    const auto read = read_experiment_file(entry.path().string(), with_catalogue());
    std::string found;
    for (const Problem& p : read.problems)
      if (const auto* code = find_problem_code(p.code); code && code->structural)
        found += p.code + " " + p.path + "\n";
    if (found.empty()) continue;
    bad.push_back({entry.path().stem().string(), found});
    texts.push_back(content_of(entry.path()));
  }
  EXPECT_GT(bad.size(), 30u);
  const auto why = refusals(texts);
  for (std::size_t i = 0; i < bad.size(); ++i)
    EXPECT_EQ(why[i].empty(), passed.contains(bad[i].name)) << bad[i].name << "\n" << bad[i].found;
}

TEST(Schema, EveryCodeThatTheTestsMeetIsInTheTable) {
  for (const auto& entry : fs::directory_iterator(root + "/tests/problems")) {
    if (entry.path().extension() != ".yaml") continue;
    for (const auto& p : read_experiment_file(entry.path().string(), with_catalogue()).problems)
      EXPECT_NE(find_problem_code(p.code), nullptr) << p.code << " of " << entry.path();
  }
}

}  // namespace
}  // namespace gunflint
