#include <gtest/gtest.h>

#include "gunflint/model/experiment.hpp"

namespace gunflint {
namespace {

const char* const whole = R"json({
  "version": 1, "name": "x", "seed": 7, "time_limit": "20m", "vars": {"a": "b"},
  "sources": {"prometheus": {"url": "http://p:9090"}, "scrape": {"app": {"url": "http://a/metrics"}}},
  "targets": {"web": {"local": {"process": "gunicorn", "port": 80}, "ready": {"http": "http://${member.host}/"}},
              "pods": {"kubernetes": {"deployment": "d"}}},
  "system": [{"tier": "web", "target": "web", "limit": {"setting": "workers"}}],
  "load": {"shop": {"base_url": "http://s", "arrivals": "poisson", "timeout": "2s",
    "stages": [{"name": "n", "rate": "50/s", "for": "3m"}, {"name": "c", "ramp_to": "200/s", "for": "30s"}],
    "journeys": [{"name": "buy", "weight": 2, "steps": [
      {"get": "/items?page=1", "extract": {"item": {"json": "$.id"}}}, {"think": "1s..3s"},
      {"post": "/cart", "json": {"id": "${item}"}, "check": {"status": [200, "2xx", "300..302"], "body": {"contains": "ok"}}},
      {"post": "/form", "form": {"a b": "c&${item}"}, "retries": 2, "on_failure": "continue"}]}],
    "http": {"connections": 7}, "tls": {"verify": false}}},
  "steady_state": [{"load": "shop", "step": "GET /items", "expect": "p95 < 400ms", "window": "30s", "tolerate": "5s"},
                   {"name": "b", "load": "shop", "expect": "p95 < 120% of baseline", "during": "after"},
                   {"prometheus": "sum(x)", "expect": "value < 5", "during": ["before", "fault"], "tolerate": "1%", "no_data": "fail"},
                   {"scrape": "app", "query": "x", "expect": "value < 5"}, {"exec": ["true"], "expect": "status == 0"},
                   {"logs": {"file": "/f", "pattern": "x"}, "expect": "value < 1"}],
  "faults": [{"name": "half", "type": "setting", "target": "web", "pick": "all", "value": "50% of current", "while": "n", "grace": "20s", "new_members": "inject"},
             {"type": "kill", "target": "web", "pick": {"share": "50%", "order": "oldest"}, "at": "c", "plus": "90s",
              "wait_until": {"target": "web", "expect": "ready >= 2", "timeout": "30s", "on_timeout": "skip"}},
             {"name": "any", "target": "web", "at": "90s", "for": "10s", "repeat": {"every": "30s", "times": 3},
              "one_of": [{"type": "cpu", "share": "50%"}, {"type": "noop"}], "scope": "host", "recovery": {"within": "5s"}}],
  "recovery": {"within": "90s"},
  "reactions": [{"name": "r", "target": "web", "across": "min", "at": "any", "expect": "ready == desired", "within": "60s"}],
  "alerts": [{"name": "A", "labels": {"s": "c"}, "must": "fire", "after": "half", "within": "2m", "resolve_within": "3m"}],
  "abort": [{"load": "shop", "when": "error_rate > 25%", "for": "15s", "no_data": "ignore"}],
  "blast_radius": {"max_members": 4, "max_share": "50%", "keep_ready": 0},
  "gate": "20s", "capacity": {"vary": "surge", "between": ["100/s", "800/s"]}, "matrix": {"a": [1, 2]}
})json";

TEST(Codec, AnExperimentReadsBackAsItWasWritten) {
  const auto document = parse_json(whole);
  ASSERT_TRUE(document);
  const auto first = decode<Experiment>(*document);
  ASSERT_TRUE(first) << first.error().message;
  const Value written = encode(*first);
  const auto through_text = parse_json(to_json(written));
  ASSERT_TRUE(through_text);
  const auto second = decode<Experiment>(*through_text);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(to_json(encode(*second)), to_json(written));

  EXPECT_EQ(second->targets[0].local.port, 80);
  EXPECT_EQ(second->targets[1].kind, "kubernetes");
  const LoadSpec& load = second->loads.at(0);
  EXPECT_EQ(load.http.connections, 7);
  const auto& steps = load.journeys.at(0).steps;
  EXPECT_EQ(std::get<Think>(steps[1]).most, 3s);
  const auto& cart = std::get<Request>(steps[2]);
  EXPECT_EQ(cart.name, "POST /cart");
  EXPECT_EQ(cart.body, R"({"id":"${item}"})");
  EXPECT_EQ(cart.headers.at("Content-Type"), "application/json");
  ASSERT_EQ(cart.check.status.size(), 3u);
  EXPECT_EQ(cart.check.status[1].most, 299);
  EXPECT_EQ(std::get<Request>(steps[3]).body, "a%20b=c%26${item}");
  EXPECT_TRUE(second->steady_state[1].window_is_phase);
  EXPECT_EQ(second->faults[0].params.text_or("value"), "50% of current");
  EXPECT_EQ(second->faults[2].one_of.at(0).params.text_or("share"), "50%");
  EXPECT_EQ(second->faults[2].start.time, 90s);
  EXPECT_EQ(second->faults[1].start.plus, 90s);
  EXPECT_TRUE(second->faults[2].scope_host);
  EXPECT_EQ(second->alerts[0].start->how, Start::How::After);
}

TEST(Codec, ATargetTravelsWithItsName) {
  TargetSpec target;
  target.name = "web";
  target.kind = "local";
  target.local.process = "nginx";
  const auto back = decode<TargetSpec>(encode(target));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->name, "web");
  EXPECT_EQ(back->local.process, "nginx");
}

TEST(Codec, MarksSurviveTheJournal) {
  FaultSpec fault;
  fault.name = fault.type = "noop";
  fault.mark = Mark{std::make_shared<const SourceText>(SourceText{"dir/a.yaml", ""}), 12, 5};
  const auto back = decode<FaultSpec>(encode(fault));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->mark.text(), "dir/a.yaml:12:5");
}

}  // namespace
}  // namespace gunflint
