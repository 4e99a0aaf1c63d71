// Our small query language and a real Prometheus server are asked the same questions about the same
// page.
#include <gtest/gtest.h>

#include <cstdio>
#include <thread>

#include <fmt/format.h>

#include "gunflint/concepts/probe.hpp"
#include "host/http_curl.hpp"
#include "host/real_host.hpp"
#include "support/lab.hpp"

namespace gunflint {
namespace {

using lab::Lab;

std::string page(double t) {
  return fmt::format(
      "# TYPE c_total counter\nc_total{{code=\"200\",i=\"a\"}} {}\nc_total{{code=\"200\",i=\"b\"}} "
      "{}\nc_total{{code=\"500\",i=\"a\"}} {}\n# TYPE g gauge\ng 42.5\n"
      "# TYPE d histogram\nd_bucket{{le=\"0.1\"}} 50\nd_bucket{{le=\"0.2\"}} 90\nd_bucket{{le="
      "\"0.5\"}} 100\nd_bucket{{le=\"+Inf\"}} 100\nd_sum 12\nd_count 100\n",
      1000 + 100 * t, 2000 + 50 * t, 500 + 5 * t);
}

TEST(AgainstPrometheus, TheSameQueriesGiveTheSameAnswers) {
  if (lab::tool("prometheus").empty()) GTEST_SKIP() << "prometheus is not installed";
  if (lab::tool("python3").empty()) GTEST_SKIP() << "python3 is not installed";
  Lab lab;
  const int web = lab.free_port(2), prom = web + 1;
  lab.write("metrics", page(0));
  lab.start("pages", {lab::tool("python3"), "-m", "http.server", std::to_string(web), "--bind",
                      "127.0.0.1", "--directory", lab.dir()});
  ASSERT_TRUE(lab.wait_for_port(web));
  lab.write("prom.yml", fmt::format("global: {{ scrape_interval: 1s }}\nscrape_configs:\n  - "
                                    "job_name: t\n    static_configs: [{{ targets: "
                                    "['127.0.0.1:{}'] }}]\n",
                                    web));
  lab.start("prometheus", {lab::tool("prometheus"), "--config.file=" + lab.path("prom.yml"),
                           "--storage.tsdb.path=" + lab.path("data"),
                           fmt::format("--web.listen-address=127.0.0.1:{}", prom)});
  ASSERT_TRUE(lab.wait_for_port(prom, std::chrono::seconds(30))) << lab.read("prometheus.log");

  RealHost real;
  CurlHttp http;
  Sources sources;
  sources.prometheus = Endpoint{fmt::format("http://127.0.0.1:{}", prom), "", ""};
  sources.scrape["t"] = Endpoint{fmt::format("http://127.0.0.1:{}/metrics", web), "", ""};
  const ProbeHost host{http, *real.processes, *real.files, *real.clock, sources};
  // Scraped pages have no `job` and `instance`: questions that name their labels compare.
  const std::vector<std::string> queries{"sum(rate(c_total[10s]))",
                                         "sum by (code) (rate(c_total[10s]))",
                                         "max(increase(c_total{code=~\"2..\"}[10s]))",
                                         "avg(c_total{code!=\"200\"})",
                                         "count by (i) (c_total)",
                                         "min(g)",
                                         "histogram_quantile(0.95, sum by (le) (d_bucket))"};
  std::vector<std::unique_ptr<Probe>> ours, theirs;
  for (const auto& query : queries) {
    auto a = make_probe(OfScrape{"t", query}, "value", host);
    auto b = make_probe(OfPrometheus{query}, "value", host);
    ASSERT_TRUE(a && b);
    ours.push_back(std::move(*a));
    theirs.push_back(std::move(*b));
  }
  std::vector<Result<Reading>> last(queries.size(), Result<Reading>(Reading{}));
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 30; ++i) {
    const std::chrono::duration<double> t = std::chrono::steady_clock::now() - begin;
    lab.write("metrics.new", page(t.count()));
    ASSERT_EQ(std::rename(lab.path("metrics.new").c_str(), lab.path("metrics").c_str()), 0);
    for (std::size_t q = 0; q < queries.size(); ++q) last[q] = ours[q]->read();
    std::this_thread::sleep_for(500ms);
  }
  for (std::size_t q = 0; q < queries.size(); ++q) {
    const auto reference = theirs[q]->read();
    ASSERT_TRUE(last[q]) << queries[q] << ": " << last[q].error().message;
    ASSERT_TRUE(reference) << queries[q] << ": " << reference.error().message;
    ASSERT_EQ(last[q]->series.size(), reference->series.size()) << queries[q];
    for (const auto& [name, value] : reference->series) {
      ASSERT_TRUE(last[q]->series.contains(name)) << queries[q] << " " << name;
      // The two look at different moments of a growing counter.
      EXPECT_NEAR(last[q]->series.at(name), value, 0.1 * value) << queries[q] << " " << name;
    }
  }
}

}  // namespace
}  // namespace gunflint
