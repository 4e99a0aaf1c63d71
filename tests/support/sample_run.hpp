#pragma once
/// A realistic failed run, in small: 80 s of a shop under a surge, half of the workers taken away,
/// one instance killed. For golden files and screenshots.

#include "support/journal_builder.hpp"

namespace gunflint::support {

inline Value sample_experiment() {
  auto parsed = parse_json(R"({"version":1,"name":"checkout-surge","seed":7,
    "targets":{"web":{"local":{"process":"gunicorn"}}},
    "load":{"shoppers":{"base_url":"http://shop.test:8080","stages":[
      {"name":"normal","rate":"100/s","for":"20s"},{"name":"surge","rate":"200/s","for":"40s"},
      {"name":"calm","rate":"100/s","for":"20s"}],
      "requests":[{"get":"/items"},{"post":"/checkout"}]}},
    "steady_state":[{"name":"fast","load":"shoppers","expect":"p95 < 400ms"},
      {"name":"correct","load":"shoppers","expect":"error_rate < 1%"}],
    "faults":[{"name":"half the workers","type":"setting","target":"web","while":"surge",
      "preset":"gunicorn","value":4},
      {"name":"lose one","type":"kill","target":"web","at":"surge","plus":"20s"}],
    "reactions":[{"name":"replacement is up","target":"web","at":"lose one","expect":"ready >= 3","within":"60s"}]})");
  return *parsed;
}

constexpr const char* sample_text = R"(version: 1
name: checkout-surge
targets:
  web: { local: { process: gunicorn } }
load:
  shoppers:
    base_url: http://shop.test:8080
    stages:
      - { name: normal, rate: 100/s, for: 20s }
      - { name: surge, rate: 200/s, for: 40s }
      - { name: calm, rate: 100/s, for: 20s }
    requests:
      - { get: /items }
      - { post: /checkout }
steady_state:
  - { name: fast, load: shoppers, expect: p95 < 400ms }
  - { name: correct, load: shoppers, expect: error_rate < 1% }
faults:
  - { name: half the workers, type: setting, target: web, while: surge }
  - { name: lose one, type: kill, target: web, at: surge, plus: 20s }
)";

inline Verdict sample_verdict() {
  Verdict v;
  v.outcome = Outcome::Failed;
  v.sentence =
      "`fast` failed: p95 was 1.42s against a limit of 400ms, from 5s after `half the workers` "
      "began.";
  v.users_due = 8400;
  v.users_affected = 1204;
  auto add = [&](Finding::Kind kind, std::string name, Held held, std::string measured,
                 std::string limit, std::string sentence) -> Finding& {
    Finding f;
    f.kind = kind;
    f.name = std::move(name);
    f.held = held;
    f.measured = std::move(measured);
    f.limit = std::move(limit);
    f.sentence = std::move(sentence);
    f.file = "checkout-surge.yaml";
    f.line = 16 + static_cast<int>(v.findings.size());
    v.findings.push_back(f);
    return v.findings.back();
  };
  add(Finding::Kind::Hypothesis, "correct", Held::Yes, "error_rate 0.6 %", "error_rate < 1%", "");
  Finding& fast = add(Finding::Kind::Hypothesis, "fast", Held::No, "p95 1.42s", "p95 < 400ms",
                      "Red for 31s of 48s judged; nothing is tolerated.");
  fast.evidence.push_back(
      {25, 56, "p95 1.42s", "1,310 slow of 6,200", "starts 5s after `half the workers`"});
  Finding& recovery = add(Finding::Kind::Recovery, "recovery of half the workers", Held::Yes, "4s",
                          "within 30s", "");
  recovery.took_s = 4;
  Finding& scales = add(Finding::Kind::Reaction, "replacement is up", Held::Yes, "7.1s",
                        "ready == desired within 60s", "");
  scales.took_s = 7.1;
  add(Finding::Kind::Hypothesis, "queue drains", Held::Inconclusive, "no data", "value < 500",
      "The source gave no value in 80 of 80 reads: connection refused by 127.0.0.1:9090.");
  return v;
}

inline std::vector<Event> sample_run() {
  JournalBuilder j("checkout-surge");
  j.experiment(sample_text, sample_experiment());
  const std::vector<std::string> steps{"GET /items", "POST /checkout"};
  j.stage(0, "shoppers", "normal").stage(20, "shoppers", "surge").stage(60, "shoppers", "calm");
  j.phase(0, "before").phase(20, "fault").phase(60, "recovery").phase(64, "after");
  j.traffic("shoppers", 0, 20, {.asked = 100, .median = 12ms, .steps = steps});
  j.traffic("shoppers", 20, 25, {.asked = 200, .median = 60ms, .tail = 0.5, .steps = steps});
  j.traffic("shoppers", 25, 40,
            {.asked = 200,
             .median = 210ms,
             .tail = 0.6,
             .failed = 0.01,
             .error = "timeout",
             .steps = steps});
  j.traffic("shoppers", 40, 47,
            {.asked = 200,
             .median = 330ms,
             .tail = 0.7,
             .failed = 0.04,
             .error = "refused",
             .steps = steps});
  j.traffic("shoppers", 47, 60,
            {.asked = 200,
             .median = 210ms,
             .tail = 0.6,
             .failed = 0.01,
             .error = "timeout",
             .steps = steps});
  j.traffic("shoppers", 60, 64, {.asked = 100, .median = 40ms, .steps = steps});
  j.traffic("shoppers", 64, 80, {.asked = 100, .median = 12ms, .steps = steps});
  j.members("web", 0, 40, 3, 3).members("web", 40, 47, 2, 3).members("web", 47, 80, 3, 3, 1);
  j.at(20).add(GatePassed{});
  j.at(20).add(FaultStarted{"half the workers", 0, {"pid:11@1", "pid:12@1", "pid:13@1"}});
  for (int i : {1, 2, 3})
    j.injection("i" + std::to_string(i), "half the workers", "gunicorn[1" + std::to_string(i) + "]",
                20.1, 60.05, {true, "workers 8 -> 4", 4, 4});
  j.at(60.1).add(FaultEnded{"half the workers"});
  j.at(40).add(FaultStarted{"lose one", 0, {"pid:12@1"}});
  j.at(40).add(Injected{
      "i4", "lose one", "pid:12@1", "gunicorn[12]", {true, "SIGKILL, process gone", 1, 1}});
  j.at(40.2).add(FaultEnded{"lose one"});
  j.at(11).add(HypothesisTurned{"fast", "green", "p95 38ms"});
  j.at(11).add(HypothesisTurned{"correct", "green", "error_rate 0 %"});
  j.at(25).add(HypothesisTurned{"fast", "red", "p95 1.1s"});
  j.at(56).add(HypothesisTurned{"fast", "green", "p95 380ms"});
  j.at(64).add(RecoveredEvent{"half the workers", 4, true});
  j.at(47.1).add(ReactionDecided{"replacement is up", true, 7.1});
  for (int t = 0; t < 80; t += 5) {
    ReadingTaken blind;
    blind.probe = "steady_state/queue drains";
    blind.unknown = "connection refused by 127.0.0.1:9090";
    j.at(t).add(blind);
  }
  j.at(2).add(Note{"warning", "The clock of host web-2 is 1.8 s ahead; its times were corrected."});
  j.at(80.5).add(Drained{});
  j.verdict(81, sample_verdict());
  return j.events();
}

}  // namespace gunflint::support
