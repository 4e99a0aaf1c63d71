#pragma once
/// How HTTP sources are asked: address, token, certificates.

#include <string>
#include <string_view>

#include "gunflint/host/host.hpp"
#include "gunflint/model/experiment.hpp"

namespace gunflint {

/// Everything but letters, digits and "-._~" as %XX.
std::string percent_encode(std::string_view text);

/// GET base + path with the endpoint's token and CA. Any status is returned; the error of a request
/// that got no answer names the source.
Result<HttpResponse> ask(Http& http, const Endpoint& endpoint, const std::string& path,
                         const std::string& source);

/// Label text of a series, as Prometheus prints it: `up{job="web"}`; "" for no labels at all.
std::string series_name(const std::map<std::string, std::string>& labels);

/// "NaN", "+Inf", "-Inf", "1.5e3"; none when it is no number.
std::optional<double> sample_value(std::string_view text);

}  // namespace gunflint
