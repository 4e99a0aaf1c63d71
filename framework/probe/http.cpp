/// One HTTP request: metrics `status`, `body`, `latency`.
#include "probe/kinds.hpp"

namespace gunflint {
namespace {

class HttpProbe final : public Probe {
 public:
  HttpProbe(std::string url, std::string metric, Http& http)
      : url_(std::move(url)), metric_(std::move(metric)), http_(http) {}

  Result<Reading> read() override {
    HttpRequest request;
    request.url = url_;
    GF_TRY_AS(const HttpResponse answer, http_.send(request));
    Reading reading;
    reading.text = answer.body;
    if (metric_ == "latency")
      reading.series[""] = seconds(answer.took);
    else
      reading.series[""] = answer.status;
    return reading;
  }

 private:
  std::string url_, metric_;
  Http& http_;
};

}  // namespace

MadeProbe make_http_probe(const OfHttp& of, const std::string& metric, const ProbeHost& host) {
  return std::make_unique<HttpProbe>(of.url, metric, host.http);
}

}  // namespace gunflint
