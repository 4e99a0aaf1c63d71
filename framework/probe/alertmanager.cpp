/// Is an alert firing? Asked of Alertmanager, or of Prometheus where there is no Alertmanager.
/// 1: firing, 2: firing but silenced or inhibited, 0: quiet.
#include "probe/kinds.hpp"
#include "probe/prometheus.hpp"
#include "probe/source.hpp"

namespace gunflint {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

Reading state(double value) {
  Reading reading;
  reading.series[""] = value;
  return reading;
}

/// GET /api/v2/alerts with one `filter` per label.
class AlertmanagerProbe final : public Probe {
 public:
  AlertmanagerProbe(const AlertExpectation& alert, Endpoint endpoint, Http& http)
      : endpoint_(std::move(endpoint)), http_(http) {
    path_ = "/api/v2/alerts?active=true&silenced=true&inhibited=true&unprocessed=true";
    add_filter("alertname", alert.name);
    for (const auto& [label, value] : alert.labels) add_filter(label, value);
  }

  Result<Reading> read() override {
    GF_TRY_AS(const HttpResponse answer, ask(http_, endpoint_, path_, "Alertmanager"));
    if (answer.status != 200)
      return fail(Cause::Io, "Alertmanager answered with status " + std::to_string(answer.status));
    const auto document = parse_json(answer.body);
    if (!document || !document->is_list())
      return fail(Cause::Io, "Alertmanager gave an answer that is not of its API");
    double worst = 0;
    for (const auto& alert : document->items()) {
      const Value* status = alert.find("status");
      const bool suppressed = status && status->text_or("state") == "suppressed";
      if (!suppressed) return state(1);
      worst = 2;
    }
    return state(worst);
  }

 private:
  void add_filter(const std::string& label, const std::string& value) {
    path_ += "&filter=" + percent_encode(label + "=" + quoted(value));
  }
  std::string path_;
  Endpoint endpoint_;
  Http& http_;
};

/// The series ALERTS of the server that evaluates the rules.
class AlertsSeriesProbe final : public Probe {
 public:
  AlertsSeriesProbe(const AlertExpectation& alert, Endpoint endpoint, Http& http)
      : endpoint_(std::move(endpoint)), http_(http) {
    query_ = "ALERTS{alertstate=\"firing\",alertname=" + quoted(alert.name);
    for (const auto& [label, value] : alert.labels) query_ += "," + label + "=" + quoted(value);
    query_ += "}";
  }
  Result<Reading> read() override {
    GF_TRY_AS(const HttpResponse answer,
              ask(http_, endpoint_, "/api/v1/query?query=" + percent_encode(query_), "Prometheus"));
    const auto reading = parse_prometheus_answer(answer.status, answer.body);
    if (reading) return state(1);
    if (reading.error().cause == Cause::Gone) return state(0);
    return fail(reading.error());
  }

 private:
  std::string query_;
  Endpoint endpoint_;
  Http& http_;
};

}  // namespace

Result<std::unique_ptr<Probe>> make_alert_probe(const AlertExpectation& alert, ProbeHost host) {
  if (host.sources.alertmanager)
    return std::make_unique<AlertmanagerProbe>(alert, *host.sources.alertmanager, host.http);
  if (host.sources.prometheus)
    return std::make_unique<AlertsSeriesProbe>(alert, *host.sources.prometheus, host.http);
  return fail(Cause::BadInput, "nobody is named who knows alert `" + alert.name +
                                   "`; add `alertmanager` or `prometheus` to `sources`");
}

}  // namespace gunflint
