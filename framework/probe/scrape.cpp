/// A query over a /metrics page that we read ourselves, for when there is no Prometheus.
#include "probe/kinds.hpp"
#include "probe/metrics_query.hpp"
#include "probe/source.hpp"

namespace gunflint {
namespace {

class ScrapeProbe final : public Probe {
 public:
  ScrapeProbe(std::string source, Endpoint endpoint, MetricsQuery query, const ProbeHost& host)
      : source_(std::move(source)),
        endpoint_(std::move(endpoint)),
        query_(std::move(query)),
        http_(host.http),
        clock_(host.clock) {}

  Result<Reading> read() override {
    GF_TRY_AS(const HttpResponse answer, ask(http_, endpoint_, "", "`" + source_ + "`"));
    if (answer.status != 200)
      return fail(Cause::Io,
                  "`" + source_ + "` answered with status " + std::to_string(answer.status));
    GF_TRY_AS(const auto page, parse_metrics_page(answer.body));
    query_.feed(seconds(clock_.now().time_since_epoch()), page);
    Reading reading;
    const Vector result = query_.evaluate();
    for (const auto& sample : result)
      reading
          .series[result.size() == 1 && sample.labels.empty() ? "" : series_name(sample.labels)] =
          sample.value;
    if (reading.series.empty())
      return fail(Cause::Gone, "the query has no result on the page of `" + source_ + "`");
    return reading;
  }

 private:
  std::string source_;
  Endpoint endpoint_;
  MetricsQuery query_;
  Http& http_;
  Clock& clock_;
};

}  // namespace

MadeProbe make_scrape_probe(const OfScrape& of, const ProbeHost& host) {
  const auto endpoint = host.sources.scrape.find(of.source);
  if (endpoint == host.sources.scrape.end())
    return fail(Cause::BadInput,
                "no page `" + of.source + "` is named; add it to `sources.scrape`");
  GF_TRY_AS(MetricsQuery query, MetricsQuery::parse(of.query));
  return std::make_unique<ScrapeProbe>(of.source, endpoint->second, std::move(query), host);
}

}  // namespace gunflint
