#include <gtest/gtest.h>

#include <cmath>

#include "probe/metrics_page.hpp"
#include "probe/metrics_query.hpp"

namespace gunflint {
namespace {

std::vector<MetricSample> page(std::string_view text) {
  auto parsed = parse_metrics_page(text);
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
  return parsed ? *parsed : std::vector<MetricSample>{};
}

std::map<std::string, double> ask(const std::string& query,
                                  const std::vector<std::pair<double, std::string>>& pages) {
  auto parsed = MetricsQuery::parse(query);
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
  std::map<std::string, double> out;
  if (!parsed) return out;
  for (const auto& [at, text] : pages) parsed->feed(at, page(text));
  for (const auto& sample : parsed->evaluate()) {
    std::string name;
    for (const auto& [label, value] : sample.labels) name += label + "=" + value + ";";
    out[name] = sample.value;
  }
  return out;
}

TEST(MetricsPage, SamplesLabelsAndEscapesAreRead) {
  const auto samples = page(
      "# HELP x What it is\n# TYPE x counter\n"
      "x 3\n"
      "x_total{code=\"200\",path=\"/a\\\"b\\\\c\\nd\"} 1.5e3 1700000000000\r\n"
      "up{} NaN\n"
      "le_bucket{le=\"+Inf\",} +Inf\n"
      "# EOF\n");
  ASSERT_EQ(samples.size(), 4u);
  EXPECT_EQ(samples[0].name, "x");
  EXPECT_EQ(samples[0].value, 3);
  EXPECT_EQ(samples[1].labels.at("path"), "/a\"b\\c\nd");
  EXPECT_EQ(samples[1].value, 1500);
  EXPECT_TRUE(std::isnan(samples[2].value));
  EXPECT_TRUE(std::isinf(samples[3].value));
}

TEST(MetricsPage, AnythingElseIsAnErrorThatNamesTheLine) {
  const auto bad = parse_metrics_page("x 1\n<html>\n");
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message.find("line 2"), std::string::npos);
  EXPECT_FALSE(parse_metrics_page("x{a=\"b} 1\n"));
  EXPECT_FALSE(parse_metrics_page("x one\n"));
}

const std::string codes =
    "r{code=\"200\",i=\"a\"} 10\nr{code=\"200\",i=\"b\"} 20\nr{code=\"500\",i=\"a\"} 3\n";

TEST(Query, SelectorsMatchLikePrometheus) {
  using M = std::map<std::string, double>;
  EXPECT_EQ(ask("r{code=\"500\"}", {{1, codes}}), (M{{"__name__=r;code=500;i=a;", 3}}));
  EXPECT_EQ(ask("r{code!=\"500\", i=~\"b|c\"}", {{1, codes}}),
            (M{{"__name__=r;code=200;i=b;", 20}}));
  EXPECT_EQ(ask("r{code!~\"2..\"}", {{1, codes}}), (M{{"__name__=r;code=500;i=a;", 3}}));
  EXPECT_EQ(ask("r{code=~\"5\"}", {{1, codes}}), M{});  // anchored at both ends
  EXPECT_EQ(ask("absent", {{1, codes}}), M{});
}

TEST(Query, AggregatesGroupByLabels) {
  using M = std::map<std::string, double>;
  EXPECT_EQ(ask("sum(r)", {{1, codes}}), (M{{"", 33}}));
  EXPECT_EQ(ask("sum by (code) (r)", {{1, codes}}), (M{{"code=200;", 30}, {"code=500;", 3}}));
  EXPECT_EQ(ask("sum(r) by (code)", {{1, codes}}), (M{{"code=200;", 30}, {"code=500;", 3}}));
  EXPECT_EQ(ask("avg(r)", {{1, codes}}), (M{{"", 11}}));
  EXPECT_EQ(ask("max(r)", {{1, codes}}), (M{{"", 20}}));
  EXPECT_EQ(ask("min(r)", {{1, codes}}), (M{{"", 3}}));
  EXPECT_EQ(ask("count by (i) (r)", {{1, codes}}), (M{{"i=a;", 2}, {"i=b;", 1}}));
  EXPECT_EQ(ask("(r{code=\"500\"})", {{1, codes}}).size(), 1u);
}

TEST(Query, RateIsPerSecondOverTheRange) {
  std::vector<std::pair<double, std::string>> pages;
  for (int t = 0; t <= 60; t += 5) pages.push_back({t, "c " + std::to_string(100 + 2 * t) + "\n"});
  EXPECT_NEAR(ask("rate(c[30s])", pages).at(""), 2, 1e-9);
  EXPECT_NEAR(ask("increase(c[30s])", pages).at(""), 60, 1e-9);
  EXPECT_EQ(ask("rate(c[30s])", {{1, "c 1\n"}}).size(), 0u);  // one point says nothing
}

TEST(Query, ACounterThatWasResetGoesOnCounting) {
  std::deque<CounterPoint> points{{0, 100}, {10, 110}, {20, 5}, {30, 15}};
  EXPECT_NEAR(*counter_increase(points, 30, 30), 25, 1e-9);  // 10 + 5 + 10
}

TEST(Query, TheEndsAreExtrapolatedLikePrometheusDoes) {
  // Points every 10 s from 5 to 25 in a range of 30 s: 20 s seen, 5 s at each end.
  std::deque<CounterPoint> points{{5, 1000}, {15, 1010}, {25, 1020}};
  EXPECT_NEAR(*counter_increase(points, 30, 30), 30, 1e-9);
  // A gap longer than 1.1 steps is filled by half a step only.
  EXPECT_NEAR(*counter_increase(points, 60, 60), 20 + 2 * 5, 1e-9);
  // A counter that began at zero is not extrapolated below it.
  std::deque<CounterPoint> young{{5, 0}, {15, 10}, {25, 20}};
  EXPECT_NEAR(*counter_increase(young, 30, 30), 25, 1e-9);
}

TEST(Query, QuantilesOfBucketsAreInterpolated) {
  const std::vector<std::pair<double, double>> b{{0.1, 50}, {0.2, 90}, {0.5, 100}, {INFINITY, 100}};
  EXPECT_NEAR(bucket_quantile(0.5, b), 0.1, 1e-12);
  EXPECT_NEAR(bucket_quantile(0.25, b), 0.05, 1e-12);
  EXPECT_NEAR(bucket_quantile(0.9, b), 0.2, 1e-12);
  EXPECT_NEAR(bucket_quantile(0.95, b), 0.35, 1e-12);
  EXPECT_NEAR(bucket_quantile(1, {{0.1, 5}, {INFINITY, 10}}), 0.1, 1e-12);
  EXPECT_TRUE(std::isnan(bucket_quantile(0.5, {{0.1, 0}, {INFINITY, 0}})));
  EXPECT_TRUE(std::isnan(bucket_quantile(0.5, {{0.1, 5}})));  // without +Inf it is no histogram
}

TEST(Query, HistogramQuantileGroupsByTheOtherLabels) {
  const std::string text =
      "d_bucket{le=\"0.1\",i=\"a\"} 50\nd_bucket{le=\"+Inf\",i=\"a\"} 50\n"
      "d_bucket{le=\"0.1\",i=\"b\"} 0\nd_bucket{le=\"1\",i=\"b\"} "
      "10\nd_bucket{le=\"+Inf\",i=\"b\"} "
      "10\n";
  const auto result = ask("histogram_quantile(0.5, d_bucket)", {{1, text}});
  EXPECT_NEAR(result.at("i=a;"), 0.05, 1e-12);
  EXPECT_NEAR(result.at("i=b;"), 0.55, 1e-12);
  EXPECT_NEAR(ask("histogram_quantile(0.5, sum by (le) (d_bucket{i=\"a\"}))", {{1, text}}).at(""),
              0.05, 1e-12);
}

TEST(Query, WhatItDoesNotUnderstandItSays) {
  for (const char* bad :
       {"", "1", "rate(x)", "rate(x[0s])", "sum by (x)", "x{a=b}", "x + y", "topk(3, x)", "x[5m]",
        "histogram_quantile(x)", "x{a=\"b\"", "sum((((((((((((((((((x))))))))))))))))))"}) {
    const auto parsed = MetricsQuery::parse(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_NE(parsed.error().message.find("cannot read"), std::string::npos);
  }
  EXPECT_FALSE(MetricsQuery::parse("x{a=~\"(\"}"));
}

}  // namespace
}  // namespace gunflint
