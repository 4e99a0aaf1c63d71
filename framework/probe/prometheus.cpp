/// An instant query to a Prometheus server (HTTP API v1).
#include "probe/prometheus.hpp"
#include "gunflint/base/value.hpp"
#include "probe/kinds.hpp"
#include "probe/source.hpp"

namespace gunflint {
namespace {

/// [ <unix time>, "<number>" ]
std::optional<double> value_of(const Value* pair) {
  if (!pair || !pair->is_list() || pair->items().size() != 2 || !pair->items()[1].is_text())
    return std::nullopt;
  return sample_value(pair->items()[1].text());
}

Failure strange() {
  return fail(Cause::Io, "Prometheus gave an answer that is not of its API; check its address");
}

class PrometheusProbe final : public Probe {
 public:
  PrometheusProbe(std::string query, Endpoint endpoint, Http& http)
      : query_(std::move(query)), endpoint_(std::move(endpoint)), http_(http) {}

  Result<Reading> read() override {
    GF_TRY_AS(const HttpResponse answer,
              ask(http_, endpoint_, "/api/v1/query?query=" + percent_encode(query_), "Prometheus"));
    return parse_prometheus_answer(answer.status, answer.body);
  }

 private:
  std::string query_;
  Endpoint endpoint_;
  Http& http_;
};

}  // namespace

Result<Reading> parse_prometheus_answer(int status, const std::string& body) {
  const auto document = parse_json(body);
  if (!document || !document->is_map()) {
    if (status != 200)
      return fail(Cause::Io, "Prometheus answered with status " + std::to_string(status));
    return strange();
  }
  if (document->text_or("status") != "success")
    return fail(Cause::BadInput,
                "Prometheus refused the query: " + document->text_or("error", "it gave no reason"));
  const Value* data = document->find("data");
  const Value* result = data ? data->find("result") : nullptr;
  if (!result || !result->is_list()) return strange();
  const std::string type = data->text_or("resultType");
  Reading reading;
  if (type == "scalar") {
    const auto value = value_of(result);
    if (!value) return strange();
    reading.series[""] = *value;
    return reading;
  }
  if (type != "vector")
    return fail(Cause::BadInput, "the query gives a " + type +
                                     ", not a value at one moment; leave out the range in [ ]");
  for (const auto& item : result->items()) {
    const auto value = value_of(item.find("value"));
    const Value* metric = item.find("metric");
    if (!value || !metric || !metric->is_map()) return strange();
    std::map<std::string, std::string> labels;
    for (const auto& entry : metric->entries())
      if (entry.value.is_text()) labels[entry.key] = entry.value.text();
    reading.series[result->items().size() == 1 && labels.empty() ? "" : series_name(labels)] =
        *value;
  }
  if (reading.series.empty()) return fail(Cause::Gone, "the query has no result at this moment");
  return reading;
}

MadeProbe make_prometheus_probe(const OfPrometheus& of, const ProbeHost& host) {
  if (!host.sources.prometheus)
    return fail(Cause::BadInput,
                "no Prometheus is named; add `sources: { prometheus: { url: … } }`");
  return std::make_unique<PrometheusProbe>(of.query, *host.sources.prometheus, host.http);
}

}  // namespace gunflint
