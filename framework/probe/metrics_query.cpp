#include "probe/metrics_query.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <variant>

#include "gunflint/model/pattern.hpp"
#include "probe/source.hpp"

namespace gunflint {
namespace {

struct Matcher {
  enum class Kind { Equal, NotEqual, Like, NotLike } kind = Kind::Equal;
  std::string label, value;
  std::optional<Pattern> pattern;

  bool fits(const Labels& labels) const {
    const auto found = labels.find(label);
    const std::string& text = found == labels.end() ? std::string() : found->second;
    switch (kind) {
      case Kind::Equal:
        return text == value;
      case Kind::NotEqual:
        return text != value;
      case Kind::Like:
        return pattern->found_in(text);
      case Kind::NotLike:
        return !pattern->found_in(text);
    }
    return false;
  }
};

/// name{…} with an optional range; keeps what it has seen.
struct Selector {
  std::string name;
  std::vector<Matcher> matchers;
  double range = 0;  ///< seconds; 0: only the last page

  std::map<Labels, std::deque<CounterPoint>> seen;
  double now = 0;

  bool fits(const Labels& labels) const {
    return std::all_of(matchers.begin(), matchers.end(),
                       [&](const Matcher& m) { return m.fits(labels); });
  }
  void feed(double at, const std::vector<MetricSample>& page) {
    now = at;
    for (const auto& sample : page)
      if (sample.name == name && fits(sample.labels))
        seen[sample.labels].push_back({at, sample.value});
    for (auto i = seen.begin(); i != seen.end();) {
      auto& points = i->second;
      while (!points.empty() && points.front().at < at - range) points.pop_front();
      i = points.empty() ? seen.erase(i) : std::next(i);
    }
  }
};

struct Growth {
  bool per_second = false;
  Selector of;
};
struct Aggregate {
  enum class Kind { Sum, Average, Max, Min, Count } kind = Kind::Sum;
  std::vector<std::string> by;
};
struct Quantile {
  double q = 0;
};

}  // namespace

struct MetricsQuery::Node {
  std::variant<Selector, Growth, Aggregate, Quantile> what;
  std::unique_ptr<Node> inner;  ///< of Aggregate and Quantile

  void feed(double at, const std::vector<MetricSample>& page) {
    if (auto* s = std::get_if<Selector>(&what)) s->feed(at, page);
    if (auto* g = std::get_if<Growth>(&what)) g->of.feed(at, page);
    if (inner) inner->feed(at, page);
  }
  Vector evaluate() const;
};

namespace {

Vector instant(const Selector& s) {
  Vector out;
  for (const auto& [labels, points] : s.seen) {
    if (points.back().at < s.now) continue;
    out.push_back({labels, points.back().value});
    out.back().labels["__name__"] = s.name;
  }
  return out;
}

Vector growth(const Growth& g) {
  Vector out;
  for (const auto& [labels, points] : g.of.seen)
    if (const auto grown = counter_increase(points, g.of.now, g.of.range))
      out.push_back({labels, g.per_second ? *grown / g.of.range : *grown});
  return out;
}

Vector aggregate(const Aggregate& a, const Vector& in) {
  struct Group {
    double sum = 0, most = -std::numeric_limits<double>::infinity(),
           least = std::numeric_limits<double>::infinity(), count = 0;
  };
  std::map<Labels, Group> groups;
  for (const auto& sample : in) {
    Labels key;
    for (const auto& label : a.by)
      if (const auto found = sample.labels.find(label); found != sample.labels.end())
        key.insert(*found);
    Group& group = groups[key];
    group.sum += sample.value;
    group.most = std::max(group.most, sample.value);
    group.least = std::min(group.least, sample.value);
    group.count += 1;
  }
  Vector out;
  for (const auto& [labels, g] : groups) {
    using K = Aggregate::Kind;
    const double value = a.kind == K::Sum       ? g.sum
                         : a.kind == K::Average ? g.sum / g.count
                         : a.kind == K::Max     ? g.most
                         : a.kind == K::Min     ? g.least
                                                : g.count;
    out.push_back({labels, value});
  }
  return out;
}

Vector quantile(const Quantile& q, const Vector& in) {
  std::map<Labels, std::vector<std::pair<double, double>>> histograms;
  for (const auto& sample : in) {
    Labels rest = sample.labels;
    rest.erase("__name__");
    const auto le = rest.find("le");
    if (le == rest.end()) continue;
    const auto bound = sample_value(le->second);
    rest.erase(le);
    if (bound) histograms[rest].emplace_back(*bound, sample.value);
  }
  Vector out;
  for (const auto& [labels, buckets] : histograms)
    out.push_back({labels, bucket_quantile(q.q, buckets)});
  return out;
}

}  // namespace

Vector MetricsQuery::Node::evaluate() const {
  if (const auto* s = std::get_if<Selector>(&what)) return instant(*s);
  if (const auto* g = std::get_if<Growth>(&what)) return growth(*g);
  if (const auto* a = std::get_if<Aggregate>(&what)) return aggregate(*a, inner->evaluate());
  return quantile(std::get<Quantile>(what), inner->evaluate());
}

namespace {

/// Recursive descent over one line of query; depth is bounded.
class QueryReader {
 public:
  explicit QueryReader(std::string_view text) : whole_(text), rest_(text) {}

  using NodePtr = std::unique_ptr<MetricsQuery::Node>;

  Result<NodePtr> all() {
    GF_TRY_AS(NodePtr node, expression(0));
    blanks();
    if (!rest_.empty()) return wrong("the end of the query was expected");
    return node;
  }

 private:
  Failure wrong(const std::string& why) const {
    return fail(Cause::BadInput,
                "cannot read `" + std::string(whole_) + "` at `" +
                    std::string(rest_.substr(0, 20)) + "`: " + why +
                    "; a scrape understands name{label=\"x\"}, rate, increase, sum, avg, max, min, "
                    "count (by …) and histogram_quantile: for more, ask a Prometheus server");
  }
  void blanks() {
    while (!rest_.empty() &&
           std::string_view(" \t\n").find(rest_.front()) != std::string_view::npos)
      rest_.remove_prefix(1);
  }
  bool take(std::string_view text) {
    blanks();
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  std::string word() {
    blanks();
    std::size_t n = 0;
    while (n < rest_.size() && (std::isalnum(static_cast<unsigned char>(rest_[n])) ||
                                rest_[n] == '_' || rest_[n] == ':'))
      ++n;
    std::string out(rest_.substr(0, n));
    rest_.remove_prefix(n);
    return out;
  }

  Result<NodePtr> expression(int depth) {
    if (depth > 16) return wrong("it is nested too deeply");
    if (take("(")) {
      GF_TRY_AS(NodePtr node, expression(depth + 1));
      if (!take(")")) return wrong("`)` is missing");
      return node;
    }
    const std::string name = word();
    if (name == "rate" || name == "increase") return growth_of(name == "rate");
    if (name == "histogram_quantile") return quantile_of(depth);
    static const std::map<std::string, Aggregate::Kind> kinds{{"sum", Aggregate::Kind::Sum},
                                                              {"avg", Aggregate::Kind::Average},
                                                              {"max", Aggregate::Kind::Max},
                                                              {"min", Aggregate::Kind::Min},
                                                              {"count", Aggregate::Kind::Count}};
    if (const auto kind = kinds.find(name); kind != kinds.end())
      return aggregate_of(kind->second, depth);
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])))
      return wrong("a metric's name was expected");
    auto node = std::make_unique<MetricsQuery::Node>();
    GF_TRY_AS(node->what, selector(name));
    blanks();
    if (rest_.starts_with('[')) return wrong("a range stands only inside rate() or increase()");
    if (rest_.starts_with('('))
      return wrong("`" + name + "` is not a function of the small query language");
    return node;
  }

  Result<Selector> selector(const std::string& name) {
    Selector s;
    s.name = name;
    if (!take("{")) return s;
    while (!take("}")) {
      Matcher m;
      m.label = word();
      if (m.label.empty()) return wrong("a label was expected");
      if (take("=~"))
        m.kind = Matcher::Kind::Like;
      else if (take("!~"))
        m.kind = Matcher::Kind::NotLike;
      else if (take("!="))
        m.kind = Matcher::Kind::NotEqual;
      else if (!take("="))
        return wrong("=, !=, =~ or !~ was expected");
      GF_TRY_AS(m.value, quoted());
      if (m.kind == Matcher::Kind::Like || m.kind == Matcher::Kind::NotLike) {
        GF_TRY_AS(m.pattern, Pattern::compile("^(?:" + m.value + ")$"));
      }
      s.matchers.push_back(std::move(m));
      if (!take(",")) {
        if (!take("}")) return wrong("`,` or `}` was expected");
        break;
      }
    }
    return s;
  }

  Result<std::string> quoted() {
    blanks();
    if (rest_.empty() || (rest_.front() != '"' && rest_.front() != '\''))
      return wrong("a quoted text was expected");
    const char quote = rest_.front();
    rest_.remove_prefix(1);
    std::string out;
    while (!rest_.empty() && rest_.front() != quote) {
      if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      out += rest_.front();
      rest_.remove_prefix(1);
    }
    if (rest_.empty()) return wrong("the closing quote is missing");
    rest_.remove_prefix(1);
    return out;
  }

  Result<NodePtr> growth_of(bool per_second) {
    if (!take("(")) return wrong("`(` was expected");
    Growth g;
    g.per_second = per_second;
    const std::string name = word();
    if (name.empty()) return wrong("a metric's name was expected");
    GF_TRY_AS(g.of, selector(name));
    if (!take("[")) return wrong("a range like [30s] was expected");
    const auto end = rest_.find(']');
    if (end == rest_.npos) return wrong("`]` is missing");
    const auto range = parse_duration(rest_.substr(0, end));
    if (!range || *range <= 0s) return wrong("a range like [30s] was expected");
    g.of.range = seconds(*range);
    rest_.remove_prefix(end + 1);
    if (!take(")")) return wrong("`)` is missing");
    auto node = std::make_unique<MetricsQuery::Node>();
    node->what = std::move(g);
    return node;
  }

  Result<std::vector<std::string>> labels() {
    std::vector<std::string> out;
    if (!take("(")) return wrong("`(` with labels was expected");
    while (!take(")")) {
      out.push_back(word());
      if (out.back().empty()) return wrong("a label was expected");
      if (!take(",")) {
        if (!take(")")) return wrong("`,` or `)` was expected");
        break;
      }
    }
    return out;
  }

  Result<NodePtr> aggregate_of(Aggregate::Kind kind, int depth) {
    Aggregate a;
    a.kind = kind;
    if (take("by")) {
      GF_TRY_AS(a.by, labels());
    }
    if (!take("(")) return wrong("`(` was expected");
    auto node = std::make_unique<MetricsQuery::Node>();
    GF_TRY_AS(node->inner, expression(depth + 1));
    if (!take(")")) return wrong("`)` is missing");
    if (a.by.empty() && take("by")) {
      GF_TRY_AS(a.by, labels());
    }
    node->what = std::move(a);
    return node;
  }

  Result<NodePtr> quantile_of(int depth) {
    if (!take("(")) return wrong("`(` was expected");
    blanks();
    const auto comma = rest_.find(',');
    if (comma == rest_.npos) return wrong("a quantile and a vector were expected");
    std::string_view number = rest_.substr(0, comma);
    while (number.ends_with(' ')) number.remove_suffix(1);
    const auto q = sample_value(number);
    if (!q) return wrong("a quantile like 0.95 was expected");
    rest_.remove_prefix(comma + 1);
    auto node = std::make_unique<MetricsQuery::Node>();
    node->what = Quantile{*q};
    GF_TRY_AS(node->inner, expression(depth + 1));
    if (!take(")")) return wrong("`)` is missing");
    return node;
  }

  std::string_view whole_, rest_;
};

}  // namespace

MetricsQuery::MetricsQuery(std::unique_ptr<Node> root) : root_(std::move(root)) {}
MetricsQuery::MetricsQuery(MetricsQuery&&) noexcept = default;
MetricsQuery& MetricsQuery::operator=(MetricsQuery&&) noexcept = default;
MetricsQuery::~MetricsQuery() = default;

Result<MetricsQuery> MetricsQuery::parse(std::string_view text) {
  GF_TRY_AS(auto root, QueryReader(text).all());
  return MetricsQuery(std::move(root));
}
void MetricsQuery::feed(double at, const std::vector<MetricSample>& page) { root_->feed(at, page); }
Vector MetricsQuery::evaluate() const { return root_->evaluate(); }

}  // namespace gunflint
