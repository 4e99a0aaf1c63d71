#include "probe/source.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace gunflint {

std::string percent_encode(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  constexpr std::string_view plain = "-._~";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool keep = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      plain.find(c) != plain.npos;
    if (keep)
      out += c;
    else
      out += {'%', hex[byte >> 4], hex[byte & 15]};
  }
  return out;
}

Result<HttpResponse> ask(Http& http, const Endpoint& endpoint, const std::string& path,
                         const std::string& source) {
  HttpRequest request;
  std::string base = endpoint.url;
  if (!path.empty())
    while (base.ends_with('/')) base.pop_back();
  request.url = base + path;
  request.headers["Accept"] = "*/*";
  if (!endpoint.token.empty()) request.headers["Authorization"] = "Bearer " + endpoint.token;
  request.ca = endpoint.ca;
  auto answer = http.send(request);
  if (!answer)
    return fail(answer.error().cause, source + " gave no answer: " + answer.error().message);
  return answer;
}

std::string series_name(const std::map<std::string, std::string>& labels) {
  std::string name, rest;
  for (const auto& [label, value] : labels) {
    if (label == "__name__") {
      name = value;
      continue;
    }
    std::string quoted;
    for (const char c : value) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    rest += (rest.empty() ? "" : ",") + label + "=\"" + quoted + "\"";
  }
  return rest.empty() ? name : name + "{" + rest + "}";
}

std::optional<double> sample_value(std::string_view text) {
  if (text == "NaN" || text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (text == "+Inf" || text == "Inf" || text == "inf" || text == "+inf")
    return std::numeric_limits<double>::infinity();
  if (text == "-Inf" || text == "-inf") return -std::numeric_limits<double>::infinity();
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace gunflint
