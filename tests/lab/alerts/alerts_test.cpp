// Rules of a real Prometheus, told to a real Alertmanager, are made to fire by a fault and to
// resolve by its undo; `gunflint run` says whether they did.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "gunflint/base/value.hpp"
#include "support/lab.hpp"

namespace gunflint {
namespace {

using lab::Lab;
using namespace std::chrono_literals;

/// A page with one gauge, Prometheus with three rules over it, Alertmanager behind it, and a
/// silence for one of the alerts.
class AlertsLab {
 public:
  AlertsLab() : web_(lab_.free_port(3)), prometheus_(web_ + 1), alertmanager_(web_ + 2) {}

  bool start() {
    lab_.write("good", "depth 1\n");
    lab_.write("bad", "depth 50\n");
    lab_.write("metrics", "depth 1\n");
    lab_.start("pages", {lab::tool("python3"), "-m", "http.server", std::to_string(web_), "--bind",
                         "127.0.0.1", "--directory", lab_.dir()});
    lab_.write("am.yml", "route: { receiver: nobody }\nreceivers: [ { name: nobody } ]\n");
    lab_.start("alertmanager",
               {lab::tool("prometheus-alertmanager"), "--config.file=" + lab_.path("am.yml"),
                "--storage.path=" + lab_.path("am"), "--cluster.listen-address=",
                fmt::format("--web.listen-address=127.0.0.1:{}", alertmanager_)});
    lab_.write("rules.yml", R"(groups:
  - name: shop
    rules:
      - { alert: QueueLong, expr: depth > 10, for: 2s, labels: { service: shop } }
      - { alert: QueueHushed, expr: depth > 10 }
      - { alert: QueueEndless, expr: depth > 1000 }
)");
    lab_.write("prom.yml",
               fmt::format("global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\n"
                           "rule_files: [ rules.yml ]\n"
                           "alerting: {{ alertmanagers: [ {{ static_configs: [ {{ targets: "
                           "['127.0.0.1:{}'] }} ] }} ] }}\n"
                           "scrape_configs: [ {{ job_name: t, static_configs: [ {{ targets: "
                           "['127.0.0.1:{}'] }} ] }} ]\n",
                           alertmanager_, web_));
    lab_.start("prometheus",
               {lab::tool("prometheus"), "--config.file=" + lab_.path("prom.yml"),
                "--storage.tsdb.path=" + lab_.path("data"), "--rules.alert.resend-delay=1s",
                fmt::format("--web.listen-address=127.0.0.1:{}", prometheus_)});
    return lab_.wait_for_port(web_) && lab_.wait_for_port(alertmanager_, 30s) &&
           lab_.wait_for_port(prometheus_, 30s) && hush("QueueHushed");
  }

  /// `gunflint run` of a fault that fills the queue for 12 s, with these alerts.
  lab::Ended run(const std::string& alerts, bool with_alertmanager = true) {
    const std::string sources =
        with_alertmanager
            ? fmt::format("alertmanager: {{ url: \"http://127.0.0.1:{}\" }}", alertmanager_)
            : fmt::format("prometheus: {{ url: \"http://127.0.0.1:{}\" }}", prometheus_);
    lab_.write("x.yaml", fmt::format(R"(version: 1
name: alerts
gate: 6s
sources: {{ {0} }}
targets:
  here: {{ local: {{}} }}
faults:
  - name: long queue
    type: exec
    target: here
    at: 15s
    for: 12s
    observe: [cat, {1}/metrics]
    inject: [cp, {1}/bad, {1}/metrics]
    check: [cmp, -s, {1}/bad, {1}/metrics]
    restore: [cp, {1}/good, {1}/metrics]
alerts:
{2})",
                                     sources, lab_.dir(), alerts));
    return lab_.run({lab::program("gunflint"), "run", lab_.path("x.yaml"), "--json", "--out",
                     lab_.path("runs")},
                    120s, {{"XDG_STATE_HOME", lab_.path("state")}});
  }
  void fill_the_queue() { lab_.write("metrics", "depth 50\n"); }
  void empty_the_queue() { lab_.write("metrics", "depth 1\n"); }

  /// What Alertmanager says of an alert: "active", "suppressed", or empty; waits for `wanted`.
  std::string wait_for(const std::string& alert, const std::string& wanted) {
    std::string last;
    for (int i = 0; i < 100 && (last = state_of(alert)) != wanted; ++i)
      std::this_thread::sleep_for(200ms);
    return last;
  }

 private:
  std::string url(const std::string& path) const {
    return fmt::format("http://127.0.0.1:{}/api/v2{}", alertmanager_, path);
  }
  std::string state_of(const std::string& alert) {
    const auto answer =
        lab_.run({lab::tool("curl"), "-sS", "--max-time", "5", "-G", "--data-urlencode",
                  "filter=alertname=\"" + alert + "\"", url("/alerts")});
    const auto document = parse_json(answer.out);
    if (!document || !document->is_list() || document->items().empty()) return "";
    const Value* status = document->items()[0].find("status");
    return status ? status->text_or("state") : "";
  }
  bool hush(const std::string& alert) {
    const std::string body =
        R"({"matchers":[{"name":"alertname","value":")" + alert +
        R"(","isRegex":false}],"startsAt":"2020-01-01T00:00:00Z","endsAt":"2099-01-01T00:00:00Z",)"
        R"("createdBy":"lab","comment":"lab"})";
    return lab_.run({lab::tool("curl"), "-sSf", "--max-time", "5", "-H",
                     "Content-Type: application/json", "-d", body, url("/silences")})
               .code == 0;
  }

  Lab lab_;
  int web_, prometheus_, alertmanager_;
};

#define NEEDS_TOOLS()                                                                   \
  for (const char* tool : {"prometheus", "prometheus-alertmanager", "python3", "curl"}) \
    if (lab::tool(tool).empty()) GTEST_SKIP() << tool << " is not installed"

TEST(Semantics40, RealAlertsFireResolveAreSilencedAndStaySilent) {
  NEEDS_TOOLS();
  AlertsLab alerts;
  ASSERT_TRUE(alerts.start());
  const std::string expected = R"(
  - name: QueueLong
    labels: { service: shop }
    must: fire
    at: long queue
    within: 12s
    resolve_within: 20s
  - { name: QueueHushed, must: fire, at: long queue, within: 12s }
  - { name: QueueEndless, must: stay_silent }
)";
  const auto held = alerts.run(expected);
  EXPECT_EQ(held.code, 0) << held.out << held.err;
  EXPECT_NE(held.out.find("it was silenced, so nobody was told"), std::string::npos) << held.out;
  EXPECT_EQ(alerts.wait_for("QueueLong", ""), "");
  // Without an Alertmanager the server that evaluates the rules is asked.
  const auto asked = alerts.run(expected, false);
  EXPECT_EQ(asked.code, 0) << asked.out << asked.err;
}

TEST(Semantics40, RealAlertsThatFailOrFireTooEarly) {
  NEEDS_TOOLS();
  AlertsLab alerts;
  ASSERT_TRUE(alerts.start());
  const auto failed = alerts.run(R"(
  - { name: QueueEndless, must: fire, at: long queue, within: 10s }
  - { name: QueueLong, must: stay_silent }
)");
  EXPECT_EQ(failed.code, 1) << failed.out << failed.err;
  EXPECT_NE(failed.out.find("did not fire within 10s"), std::string::npos) << failed.out;
  EXPECT_NE(failed.out.find("should have stayed silent"), std::string::npos) << failed.out;
  EXPECT_EQ(alerts.wait_for("QueueLong", ""), "");

  alerts.fill_the_queue();
  ASSERT_EQ(alerts.wait_for("QueueLong", "active"), "active");
  const auto early = alerts.run(R"(
  - { name: QueueLong, must: fire, at: long queue, within: 12s }
)");
  EXPECT_EQ(early.code, 3) << early.out << early.err;
  EXPECT_NE((early.out + early.err).find("`QueueLong` is firing already"), std::string::npos)
      << early.out << early.err;
}

}  // namespace
}  // namespace gunflint
