#include "cli/load_text.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "cli/load_json.hpp"
#include "cli/load_stages.hpp"
#include "load_sample.hpp"
#include "report/words.hpp"
#include "support/golden.hpp"

namespace gunflint {
namespace {

using namespace load_sample;

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(LoadText, JourneysWithErrorsAndRetries) {
  LoadResult r = result(ten_seconds(), 8);
  r.judged = {{"pay p95 < 400ms", "96ms", Outcome::Held, ""},
              {"error_rate < 1%", "2.13%", Outcome::Failed, ""}};
  support::expect_golden("load/journeys.txt", load_report(order(), r, {}));
}

TEST(LoadText, StagesHaveARowEach) {
  LoadOrder o = order();
  LoadSpec& load = o.loads[0];
  load.warm_up = 0s;
  load.stages[0].length = 4s;
  Stage surge = load.stages[0];
  surge.name = "ramp to 400/s";
  surge.rate.reset();
  surge.ramp_to = Rate{400};
  surge.length = 6s;
  load.stages.push_back(surge);
  std::vector<Slice> slices;
  for (int n = 0; n < 10; ++n) slices.push_back(second(n));
  slices[9].journeys[0].unfinished = 3;
  LoadResult r = result(slices, 10);
  StageSums sums(load);
  for (const auto& slice : slices) sums.add(slice);
  r.stages = sums.finish(10s);
  support::expect_golden("load/stages.txt", load_report(o, r, {}));
}

TEST(LoadText, OneRequestAsSimpleAsItIs) {
  LoadOrder o = order();
  o.title = "http://shop:8080/ (GET)";
  LoadSpec& load = o.loads[0];
  load.arrivals = ArrivalKind::Uniform;
  load.warm_up = 0s;
  load.stages[0].name = "100/s";
  load.journeys = {journey("request", {"GET /"})};
  std::vector<Slice> slices;
  for (int n = 0; n < 10; ++n) {
    Slice s;
    s.load = "shoppers";
    s.second = n;
    s.asked = 100;
    s.sent = 100;
    s.cpu = 0.02;
    s.late.record(50us, 100);
    StepSlice step;
    step.journey = "request";
    step.step = "GET /";
    step.ended = step.attempts = 100;
    step.latency.record(900us, 100);
    step.service.record(850us, 100);
    s.steps = {step};
    s.journeys = {JourneySlice{"request", 100, 0, 100, 100, 0, {}, {}, {}, {}}};
    slices.push_back(s);
  }
  support::expect_golden("load/one_request.txt", load_report(o, result(slices, 10), {}));
}

TEST(LoadText, AClosedLoopSaysWhatItHides) {
  LoadOrder o = order();
  o.loads[0].stages[0] = parse_stages({"64 users:10s"})->at(0);
  o.loads[0].arrivals = ArrivalKind::Uniform;
  auto slices = ten_seconds();
  for (auto& s : slices) s.users = 64, s.asked = 0, s.warm_up = false;
  const std::string text = load_report(o, result(slices, 10), {});
  EXPECT_TRUE(holds(text, "users                64  each begins again when it is answered"))
      << text;
  EXPECT_FALSE(holds(text, "\n  asked "));
  EXPECT_TRUE(holds(text, "Closed loop: a slow answer delays the next request")) << text;
  slices[0].users = 0;
  EXPECT_TRUE(holds(load_report(o, result(slices, 10), {}), "9 of 10 seconds were a closed loop"));
}

TEST(LoadText, AReplaySaysHowMuchOfTheLogItWas) {
  LoadOrder o = order();
  o.loads[0].replay = ReplaySpec{"access.log", 2, true, 1200, 60s, {{"POST", 300}}};
  const std::string text = load_report(o, result(ten_seconds(), 10), {});
  EXPECT_TRUE(holds(text,
                    "replayed           80/s  800 of the 1,200 requests of access.log, 2x as "
                    "fast; 300 lines left out (POST)"))
      << text;
}

TEST(LoadText, TheGeneratorsLimitIsASentence) {
  auto slices = ten_seconds();
  const auto sentence = [&] { return generator_sentence(result(slices, 8).all); };
  EXPECT_EQ(sentence().substr(0, 34), "The generator was never the limit:");
  slices[9].saturated = true;
  EXPECT_TRUE(holds(sentence(), "The generator was the limit in 1 of 8 seconds")) << sentence();
  EXPECT_TRUE(holds(sentence(), "give it a free core or ask for less"));
}

TEST(LoadText, ColoursAndNarrowTerminals) {
  Style style;
  style.colour = true;
  LoadResult r = result(ten_seconds(), 8);
  EXPECT_TRUE(holds(load_report(order(), r, style), "\033[31m32 failed (2.1 %)\033[0m"))
      << load_report(order(), r, style);
  style = {};
  style.unicode = false;
  const std::string ascii = load_report(order(), r, style);
  for (const char c : ascii) ASSERT_GE(c, 0) << ascii;
}

TEST(LoadText, ANarrowTerminalGetsFewerColumnsAndWholeNumbers) {
  LoadOrder o = order();
  LoadResult r = result(ten_seconds(), 8);
  r.judged = {{"pay p95 < 400ms", "96ms", Outcome::Held, ""},
              {"error_rate < 1%", "2.13%", Outcome::Failed, ""}};
  for (const int width : {30, 40, 50, 60, 70, 75, 80, 100, 160}) {
    Style style;
    style.redraw = style.colour = true;
    style.width = width;
    std::istringstream rows(load_report(o, r, style));
    for (std::string row; std::getline(rows, row);) {
      for (auto at = row.find('\033'); at != row.npos; at = row.find('\033'))
        row.erase(at, row.find('m', at) + 1 - at);
      EXPECT_LT(columns(row), static_cast<std::size_t>(width)) << row;
      EXPECT_FALSE(holds(row, "…") && !holds(row, "browse")) << row;
    }
    style.colour = false;
    const std::string text = load_report(o, r, style);
    EXPECT_TRUE(holds(text, "8.03ms")) << text;
    EXPECT_EQ(holds(text, "p99.9      max     mean"), width >= 80) << text;
    EXPECT_EQ(holds(text, "p50      p90"), width >= 60) << text;
  }
  Style style;
  style.redraw = true;
  style.width = 40;
  support::expect_golden("load/journeys_40.txt", load_report(o, r, style));
}

TEST(LoadText, AJourneyOfOneStepOfTheSameNameIsOneRow) {
  LoadOrder o = order();
  auto slices = ten_seconds();
  for (auto& s : slices) {
    s.journeys.push_back(s.journeys[0]);
    for (std::size_t i = 0; i < 2; ++i)
      s.journeys[i].journey = s.steps[i].journey = s.steps[i].step;
  }
  const std::string text = load_report(o, result(slices, 8), {});
  const auto row = text.find("\n  browse ");
  ASSERT_NE(row, std::string::npos) << text;
  EXPECT_EQ(text.find("browse", row + 5), std::string::npos) << text;
}

TEST(LoadText, WhatALibrarySaysIsAnsweredWithWhatToDo) {
  const auto told = [](const char* example) {
    auto slices = ten_seconds();
    for (auto& s : slices)
      if (!s.steps[1].examples.empty()) s.steps[1].examples["timeout"] = example;
    return load_report(order(), result(slices, 8), {});
  };
  const std::string trust = told("GET /: the certificate is not trusted: self-signed certificate");
  EXPECT_TRUE(holds(trust, "trust it with --cacert FILE")) << trust;
  EXPECT_TRUE(holds(trust, "-k/--insecure")) << trust;
  EXPECT_TRUE(
      holds(told("GET /: the handshake failed: wrong version number"), "does it speak plain HTTP"));
  EXPECT_TRUE(holds(told("GET /: the handshake failed: tlsv1 alert no application protocol"),
                    "there is no HTTP/2 there"));
  EXPECT_FALSE(holds(told("GET /: no answer"), "--cacert"));
}

TEST(LoadText, TheLimitThatBoundIsNamed) {
  LoadOrder o = order();
  o.loads[0].max_in_flight = 5;
  const std::string text = load_report(o, result(ten_seconds(), 8), {});
  EXPECT_TRUE(holds(text, "waited because no more than 5 may be under way")) << text;
  EXPECT_FALSE(holds(text, "http.connections")) << text;
  EXPECT_TRUE(holds(text, "were kept back by max_in_flight")) << text;
  o.loads[0].max_in_flight = o.loads[0].http.connections + 1;
  EXPECT_TRUE(holds(load_report(o, result(ten_seconds(), 8), {}), "(http.connections, -c)"));
}

TEST(LoadText, WarmUpIsNoPartOfTheTitlesLength) {
  LoadOrder o = order();
  const auto title = [&] {
    const std::string text = load_report(o, result(ten_seconds(), 8), {});
    return text.substr(0, text.find('\n'));
  };
  EXPECT_EQ(title(), "checkout.yaml: 100/s for 8s after 2s of warm-up, poisson arrivals");
  o.loads[0].stages.push_back(o.loads[0].stages[0]);
  EXPECT_EQ(title().substr(0, 70),
            "checkout.yaml: 100/s for 10s, then 100/s for 10s, the first 2s as warm");
}

TEST(LoadText, NothingMeasuredIsSaidOnce) {
  LoadResult r = result({}, 1);
  r.judged = {{"p99 < 1s", nothing_measured, Outcome::Inconclusive, "nothing was measured"}};
  const std::string text = load_report(order(), r, {});
  EXPECT_TRUE(holds(text, "? inconclusive  p99 < 1s  nothing was measured\n")) << text;
}

TEST(LoadJson, HasTheWholeAtTheTopAndEachLoadBelow) {
  LoadResult r = result(ten_seconds(), 8);
  r.judged = {{"error_rate < 1%", "2.13%", Outcome::Failed, ""}};
  LoadSeconds seconds;
  for (const auto& slice : ten_seconds()) seconds.add(slice);
  const Value v = load_document(order(), r, {seconds}, WallTime(1796058113s), 1);
  support::expect_golden("load/load.json", to_json_pretty(v) + "\n");
  const Value& load = v.find("loads")->items().at(0);
  EXPECT_EQ(load.find("per_second")->find("second")->items().size(), 10u);
  EXPECT_EQ(load.find("requests")->integer_or("failed"), v.find("requests")->integer_or("failed"));
}

TEST(LoadJson, SecretsAreNotInIt) {
  LoadOrder o = order();
  o.secrets = {{"token", "s3cret-value"}};
  auto slices = ten_seconds();
  slices[5].steps[1].examples["timeout"] = "GET /?key=s3cret-value: no answer";
  slices[2].steps[1].examples.clear(), slices[3].steps[1].examples.clear();
  slices[4].steps[1].examples.clear();
  const std::string text = to_json(load_document(o, result(slices, 8), {LoadSeconds{}}, {}, 0));
  EXPECT_FALSE(holds(text, "s3cret-value"));
  EXPECT_TRUE(holds(text, "${secret:token}")) << text;
}

TEST(Words, BytesHaveThreeDigits) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(999.6), "1.00 kB");
  EXPECT_EQ(bytes_text(12'345), "12.3 kB");
  EXPECT_EQ(bytes_text(345'000'000), "345 MB");
  EXPECT_EQ(bytes_text(2.5e15), "2500 TB");
}

}  // namespace
}  // namespace gunflint
