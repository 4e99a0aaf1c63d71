#include "probe/metrics_page.hpp"

#include "probe/source.hpp"

namespace gunflint {
namespace {

constexpr std::size_t most_samples = 200'000;

bool is_name_char(char c, bool first) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
  return letter || (!first && c >= '0' && c <= '9');
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

std::string take_name(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && is_name_char(text[n], n == 0)) ++n;
  std::string name(text.substr(0, n));
  text.remove_prefix(n);
  return name;
}

/// A quoted text with \\, \" and \n.
bool take_quoted(std::string_view& text, std::string& out) {
  if (!text.starts_with('"')) return false;
  text.remove_prefix(1);
  for (; !text.empty() && text.front() != '"'; text.remove_prefix(1)) {
    if (text.front() != '\\' || text.size() < 2) {
      out += text.front();
      continue;
    }
    text.remove_prefix(1);
    out += text.front() == 'n' ? '\n' : text.front();
  }
  if (text.empty()) return false;
  text.remove_prefix(1);
  return true;
}

bool take_labels(std::string_view& text, std::map<std::string, std::string>& labels) {
  if (!text.starts_with('{')) return true;
  text.remove_prefix(1);
  for (;;) {
    skip_blanks(text);
    if (text.starts_with('}')) break;
    const std::string name = take_name(text);
    skip_blanks(text);
    if (name.empty() || !text.starts_with('=')) return false;
    text.remove_prefix(1);
    skip_blanks(text);
    if (!take_quoted(text, labels[name])) return false;
    skip_blanks(text);
    if (text.starts_with(','))
      text.remove_prefix(1);
    else if (!text.starts_with('}'))
      return false;
  }
  text.remove_prefix(1);
  return true;
}

bool take_sample(std::string_view line, MetricSample& sample) {
  sample.name = take_name(line);
  if (sample.name.empty()) return false;
  skip_blanks(line);
  if (!take_labels(line, sample.labels)) return false;
  skip_blanks(line);
  const auto value = sample_value(line.substr(0, line.find_first_of(" \t")));
  if (!value) return false;
  sample.value = *value;
  return true;
}

}  // namespace

Result<std::vector<MetricSample>> parse_metrics_page(std::string_view text) {
  std::vector<MetricSample> samples;
  for (int number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    skip_blanks(line);
    if (line.empty() || line.front() == '#') continue;
    MetricSample sample;
    if (!take_sample(line, sample))
      return fail(Cause::BadInput,
                  "line " + std::to_string(number) + " is not of the Prometheus text format: `" +
                      std::string(line.substr(0, 80)) + "`; is this a /metrics page?");
    if (samples.size() == most_samples)
      return fail(Cause::BadInput, "the page holds more than 200000 samples; query Prometheus");
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace gunflint
