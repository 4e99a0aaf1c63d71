// A real Prometheus scrapes the page of a run and answers queries about it.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "gunflint/base/value.hpp"
#include "report/metrics.hpp"
#include "support/lab.hpp"
#include "support/sample_run.hpp"

using namespace gunflint;

namespace {

class Prometheus {
 public:
  Prometheus(lab::Lab& lab, int scraped) : lab_(lab), port_(lab.free_port()) {
    lab.write(
        "prometheus.yml",
        "global: { scrape_interval: 200ms, scrape_timeout: 200ms }\nscrape_configs:\n  - job_name: "
        "gunflint\n    static_configs: [ { targets: ['127.0.0.1:" +
            std::to_string(scraped) + "'] } ]\n");
    lab.start("prometheus", {lab::tool("prometheus"), "--config.file=" + lab.path("prometheus.yml"),
                             "--storage.tsdb.path=" + lab.path("tsdb"),
                             "--web.listen-address=127.0.0.1:" + std::to_string(port_)});
  }
  bool ready() const { return lab_.wait_for_port(port_); }
  /// The value of the query's only series; empty when there is none.
  std::string value(const std::string& query) {
    const auto answer =
        lab_.run({lab::tool("curl"), "-sS", "--max-time", "5", "--data-urlencode", "query=" + query,
                  "http://127.0.0.1:" + std::to_string(port_) + "/api/v1/query"});
    auto document = parse_json(answer.out);
    if (!document || !document->find("data")) return "error: " + answer.out + answer.err;
    const auto& result = document->find("data")->find("result")->items();
    if (result.size() != 1) return result.empty() ? "" : "several";
    return result[0].find("value")->items().at(1).text();
  }
  /// Asks until the answer is `wanted`, at most 15 s.
  std::string wait_for(const std::string& query, const std::string& wanted) {
    std::string last;
    for (int i = 0; i < 75 && (last = value(query)) != wanted; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return last;
  }

 private:
  lab::Lab& lab_;
  int port_;
};

}  // namespace

TEST(Metrics, ARealPrometheusScrapesTheRun) {
  if (lab::tool("prometheus").empty() || lab::tool("curl").empty())
    GTEST_SKIP() << "needs prometheus and curl";
  lab::Lab lab;
  auto server = MetricsServer::start("0");
  ASSERT_TRUE(server) << server.error().message;
  Prometheus prometheus(lab, server->port());
  ASSERT_TRUE(prometheus.ready()) << lab.read("prometheus.log");

  // The run up to second 45: half of the workers are gone, one instance was killed.
  const auto events = support::sample_run();
  std::size_t next = 0;
  while (events[next].at < 45s) server->on(events[next++]);
  EXPECT_EQ(prometheus.wait_for("gunflint_experiment_running{name='checkout-surge'}", "1"), "1")
      << lab.read("prometheus.log");
  EXPECT_EQ(prometheus.value(
                "gunflint_fault_active{fault='half the workers',kind='setting',target='web'}"),
            "1");
  EXPECT_EQ(prometheus.value("gunflint_fault_active{fault='lose one',kind='kill'}"), "0");
  EXPECT_EQ(prometheus.value("gunflint_injections_open{fault='half the workers'}"), "3");
  EXPECT_EQ(prometheus.value("gunflint_hypothesis_ok{name='fast'}"), "0");
  EXPECT_EQ(prometheus.value("gunflint_hypothesis_ok{name='correct'}"), "1");
  EXPECT_EQ(prometheus.value("gunflint_members_ready{target='web'}"), "2");
  EXPECT_EQ(prometheus.value("gunflint_arrivals_asked"), "200");
  EXPECT_EQ(prometheus.value("gunflint_phase{phase='fault'}"), "1");
  // 20 s of 100/s and then 200/s, in slices of the seconds that ended by now.
  const std::string due = prometheus.value("sum(gunflint_journeys_due_total)");
  EXPECT_EQ(due, "6800");
  EXPECT_EQ(prometheus.value("sum(gunflint_requests_total)"), "13600");
  EXPECT_EQ(prometheus.value("sum(gunflint_request_seconds_count)"), "13600");
  EXPECT_EQ(prometheus.value("gunflint_latency_seconds{percentile='p50'} > bool 0.3"), "1");
  EXPECT_EQ(prometheus.value("gunflint_run_result"), "");

  while (next < events.size()) server->on(events[next++]);
  EXPECT_EQ(prometheus.wait_for("gunflint_run_result{name='checkout-surge'}", "1"), "1");
  EXPECT_EQ(prometheus.value("gunflint_experiment_running"), "0");
  EXPECT_EQ(prometheus.value("max(gunflint_fault_active)"), "0");
  EXPECT_EQ(prometheus.value("max(gunflint_injections_open)"), "0");
  EXPECT_EQ(prometheus.value("gunflint_recovery_seconds{fault='half the workers'}"), "4");
}

TEST(Metrics, ATakenPortIsASentence) {
  lab::Lab lab;
  auto first = MetricsServer::start("127.0.0.1:0");
  ASSERT_TRUE(first) << first.error().message;
  auto second = MetricsServer::start("127.0.0.1:" + std::to_string(first->port()));
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("the port is taken"), std::string::npos)
      << second.error().message;
}

TEST(Metrics, WhatIsNoAddressIsRefused) {
  for (const char* wrong : {"", "x", "127.0.0.1", "70000", "1:2:x", "+80s"}) {
    auto server = MetricsServer::start(wrong);
    ASSERT_FALSE(server) << wrong;
    EXPECT_EQ(server.error().cause, Cause::BadInput) << wrong << ": " << server.error().message;
  }
}
