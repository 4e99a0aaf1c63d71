#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <fstream>

#include <stdlib.h>
#include <unistd.h>

#include "gunflint/concepts/probe.hpp"
#include "probe/prometheus.hpp"
#include "probe/source.hpp"
#include "support/fake_host.hpp"

namespace gunflint {
namespace {

struct Bench {
  FakeHost fake;
  Sources sources;
  ProbeHost host{fake.host().http, fake.host().processes, fake.host().files, fake.host().clock,
                 sources};
  std::string last_url, last_token;

  void answers(int status, const std::string& body) {
    fake.on_http([this, status, body](FakeHost&, const HttpRequest& request) {
      last_url = request.url;
      const auto token = request.headers.find("Authorization");
      last_token = token == request.headers.end() ? "" : token->second;
      HttpResponse response;
      response.status = status, response.body = body, response.took = 42ms;
      return Result<HttpResponse>(response);
    });
  }
  Result<Reading> read(const ProbeSpec& spec, const std::string& metric = "value") {
    auto probe = make_probe(spec, metric, host);
    if (!probe) return fail(probe.error());
    return (*probe)->read();
  }
};

TEST(HttpProbe, GivesStatusLatencyAndBody) {
  Bench b;
  b.answers(503, "no worker");
  EXPECT_EQ(b.read(OfHttp{"http://x/"}, "status")->series.at(""), 503);
  EXPECT_DOUBLE_EQ(b.read(OfHttp{"http://x/"}, "latency")->series.at(""), 0.042);
  EXPECT_EQ(b.read(OfHttp{"http://x/"}, "body")->text, "no worker");
}

TEST(HttpProbe, NoAnswerIsAnErrorAndNotAZero) {
  Bench b;  // nobody listens
  EXPECT_FALSE(b.read(OfHttp{"http://x/"}, "status"));
}

TEST(ExecProbe, GivesExitCodeNumberAndText) {
  Bench b;
  b.fake.on_command("count", [](FakeHost&, const Command&) { return Exit{0, " 17\n", ""}; });
  b.fake.on_command("broken", [](FakeHost&, const Command&) { return Exit{3, "", "why\n"}; });
  EXPECT_EQ(b.read(OfExec{{"count"}}, "value")->series.at(""), 17);
  EXPECT_EQ(b.read(OfExec{{"count"}}, "status")->series.at(""), 0);
  EXPECT_EQ(b.read(OfExec{{"count"}}, "body")->text, " 17");
  EXPECT_EQ(b.read(OfExec{{"broken"}}, "status")->series.at(""), 3);
  EXPECT_FALSE(b.read(OfExec{{"broken"}}, "value"));
  EXPECT_FALSE(b.read(OfExec{{"absent"}}, "status"));
  EXPECT_FALSE(b.read(OfExec{{}}, "status"));
}

TEST(PrometheusProbe, ReadsVectorsScalarsAndNotANumber) {
  const auto vector =
      parse_prometheus_answer(200,
                              R"({"status":"success","data":{"resultType":"vector","result":[
        {"metric":{"__name__":"up","job":"a"},"value":[1700000000.1,"1"]},
        {"metric":{"__name__":"up","job":"b"},"value":[1700000000.1,"NaN"]}]}})");
  ASSERT_TRUE(vector) << vector.error().message;
  EXPECT_EQ(vector->series.at("up{job=\"a\"}"), 1);
  EXPECT_TRUE(std::isnan(vector->series.at("up{job=\"b\"}")));
  const auto scalar = parse_prometheus_answer(
      200, R"({"status":"success","data":{"resultType":"scalar","result":[1.5,"+Inf"]}})");
  EXPECT_TRUE(std::isinf(scalar->series.at("")));
  const auto sum = parse_prometheus_answer(
      200,
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"7"]}]}})");
  EXPECT_EQ(sum->series.at(""), 7);
}

TEST(Semantics16, AnEmptyAnswerOfPrometheusIsUnknown) {
  const auto empty = parse_prometheus_answer(
      200, R"({"status":"success","data":{"resultType":"vector","result":[]}})");
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().cause, Cause::Gone);
}

TEST(PrometheusProbe, RefusalsAndStrangersAreErrors) {
  const auto refused = parse_prometheus_answer(
      400, R"({"status":"error","errorType":"bad_data","error":"parse error at char 3"})");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("parse error at char 3"), std::string::npos);
  EXPECT_FALSE(parse_prometheus_answer(502, "<html>Bad Gateway"));
  EXPECT_FALSE(parse_prometheus_answer(200, "{}"));
  EXPECT_FALSE(parse_prometheus_answer(
      200, R"({"status":"success","data":{"resultType":"matrix","result":[]}})"));
}

TEST(PrometheusProbe, AsksWithTheQueryEncodedAndTheToken) {
  Bench b;
  EXPECT_FALSE(b.read(OfPrometheus{"up"}));  // no source
  b.sources.prometheus = Endpoint{"http://prom:9090/", "secret", ""};
  b.answers(200, R"({"status":"success","data":{"resultType":"scalar","result":[1,"1"]}})");
  EXPECT_EQ(b.read(OfPrometheus{"sum(up{job=\"a b\"})"})->series.at(""), 1);
  EXPECT_EQ(b.last_url, "http://prom:9090/api/v1/query?query=sum%28up%7Bjob%3D%22a%20b%22%7D%29");
  EXPECT_EQ(b.last_token, "Bearer secret");
}

TEST(ScrapeProbe, KeepsPagesForRates) {
  Bench b;
  b.sources.scrape["lb"] = Endpoint{"http://lb:8404/metrics", "", ""};
  EXPECT_FALSE(b.read(OfScrape{"other", "x"}));
  auto probe = make_probe(OfScrape{"lb", "sum(rate(requests_total[30s]))"}, "value", b.host);
  ASSERT_TRUE(probe);
  b.answers(200, "requests_total{i=\"a\"} 1000\nrequests_total{i=\"b\"} 1000\n");
  EXPECT_FALSE((*probe)->read());  // one page has no rate: unknown, never zero
  b.fake.advance(10s);
  b.answers(200, "requests_total{i=\"a\"} 1100\nrequests_total{i=\"b\"} 1050\n");
  const auto reading = (*probe)->read();
  ASSERT_TRUE(reading) << reading.error().message;
  // 150 in 10 s, extrapolated by half a step to the beginning of the 30 s: 225 / 30.
  EXPECT_NEAR(reading->series.at(""), 7.5, 1e-9);
  EXPECT_EQ(b.last_url, "http://lb:8404/metrics");
  b.answers(500, "");
  EXPECT_FALSE((*probe)->read());
}

class LogFile {
 public:
  LogFile() {
    char name[] = "/tmp/gunflint-log-XXXXXX";
    ::close(::mkstemp(name));
    path = name;
  }
  ~LogFile() {
    ::unlink(path.c_str());
    ::unlink((path + ".1").c_str());
  }
  void add(const std::string& text) { std::ofstream(path, std::ios::app) << text; }
  std::string path;
};

TEST(LogsProbe, CountsMatchesPerSecondFromNowOn) {
  Bench b;
  LogFile log;
  log.add("ERROR old\n");
  auto probe = make_probe(OfLogs{log.path, "ERROR|WARN"}, "value", b.host);
  ASSERT_TRUE(probe);
  log.add("ERROR one\ninfo\nWARN two\nERROR unfinis");
  b.fake.advance(2s);
  EXPECT_DOUBLE_EQ((*probe)->read()->series.at(""), 1);  // 2 lines in 2 s
  log.add("hed\n");
  b.fake.advance(1s);
  EXPECT_DOUBLE_EQ((*probe)->read()->series.at(""), 1);
  b.fake.advance(1s);
  EXPECT_DOUBLE_EQ((*probe)->read()->series.at(""), 0);
}

TEST(LogsProbe, FollowsRotationAndTruncation) {
  Bench b;
  LogFile log;
  auto probe = make_probe(OfLogs{log.path, "E"}, "value", b.host);
  ASSERT_TRUE(probe);
  log.add("E\n");
  ASSERT_EQ(std::rename(log.path.c_str(), (log.path + ".1").c_str()), 0);
  log.add("E\nE\n");
  b.fake.advance(1s);
  EXPECT_DOUBLE_EQ((*probe)->read()->series.at(""),
                   3);  // the end of the old file, then the new one
  ASSERT_EQ(::truncate(log.path.c_str(), 0), 0);
  log.add("E\n");
  b.fake.advance(1s);
  EXPECT_DOUBLE_EQ((*probe)->read()->series.at(""), 1);
}

TEST(LogsProbe, AnAbsentFileIsUnknownUntilItAppears) {
  Bench b;
  LogFile log;
  ::unlink(log.path.c_str());
  auto probe = make_probe(OfLogs{log.path, "E"}, "value", b.host);
  ASSERT_TRUE(probe);
  b.fake.advance(1s);
  EXPECT_FALSE((*probe)->read());
  log.add("E\n");
  EXPECT_TRUE((*probe)->read());
  EXPECT_FALSE(make_probe(OfLogs{log.path, "("}, "value", b.host));
}

TEST(AlertProbe, TellsFiringFromSilencedAndQuiet) {
  Bench b;
  AlertExpectation alert;
  alert.name = "Slow";
  alert.labels["service"] = "checkout";
  EXPECT_FALSE(make_alert_probe(alert, b.host));
  b.sources.alertmanager = Endpoint{"http://am:9093", "", ""};
  auto probe = make_alert_probe(alert, b.host);
  ASSERT_TRUE(probe);
  b.answers(200, "[]");
  EXPECT_EQ((*probe)->read()->series.at(""), 0);
  EXPECT_NE(b.last_url.find("filter=alertname%3D%22Slow%22"), std::string::npos);
  EXPECT_NE(b.last_url.find("filter=service%3D%22checkout%22"), std::string::npos);
  b.answers(200, R"([{"status":{"state":"suppressed"}}])");
  EXPECT_EQ((*probe)->read()->series.at(""), 2);
  b.answers(200, R"([{"status":{"state":"suppressed"}},{"status":{"state":"active"}}])");
  EXPECT_EQ((*probe)->read()->series.at(""), 1);
  b.answers(503, "");
  EXPECT_FALSE((*probe)->read());
}

TEST(Source, ValuesAreReadAsPrometheusPrintsThem) {
  EXPECT_TRUE(std::isnan(*sample_value("NaN")));
  EXPECT_EQ(*sample_value("1e3"), 1000);
  EXPECT_EQ(*sample_value("+2"), 2);
  EXPECT_FALSE(sample_value(""));
  EXPECT_FALSE(sample_value("12x"));
  EXPECT_EQ(series_name({{"__name__", "up"}}), "up");
  EXPECT_EQ(series_name({{"a", "x\"y"}}), "{a=\"x\\\"y\"}");
}

}  // namespace
}  // namespace gunflint
