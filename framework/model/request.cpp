// Steps of a journey: requests with their checks and extractions, and pauses.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "model/codecs.hpp"

namespace gunflint {

bool Codec<Think>::read(const Value& v, Think& out, Reader& r) {
  if (!v.is_text()) return detail::wrong_kind(r, v, "a duration or a range such as `1s..3s`");
  const std::string& text = v.text();
  const auto dots = text.find("..");
  auto least = parse_duration(text.substr(0, dots));
  auto most = dots == text.npos ? least : parse_duration(text.substr(dots + 2));
  if (!least) return detail::report(r, v.mark, least.error());
  if (!most) return detail::report(r, v.mark, most.error());
  if (*most < *least)
    return detail::broken_rule(r, v,
                               fmt::format("`{}` ends before it begins; write the shorter "
                                           "time first",
                                           text));
  out = {*least, *most};
  return true;
}
Value Codec<Think>::write(const Think& t) {
  return Value(t.least == t.most ? print(t.least) : print(t.least) + ".." + print(t.most));
}
Shape Codec<Think>::shape() {
  return {.kind = Shape::Kind::Text,
          .title = "a duration, or a range such as `1s..3s`",
          .pattern = "^\\s*[0-9].*[a-z]\\s*$"};
}

bool Codec<Check::Statuses>::read(const Value& v, Check::Statuses& out, Reader& r) {
  auto refuse = [&] {
    return detail::wrong_kind(r, v, "a status such as `200`, `2xx` or `200..299`");
  };
  if (v.is_integer()) {
    out.least = out.most = static_cast<int>(v.integer());
  } else if (!v.is_text()) {
    return refuse();
  } else {
    const std::string& t = v.text();
    auto three = [](std::string_view s) {
      return s.size() == 3 && s.find_first_not_of("0123456789") == s.npos;
    };
    if (t.size() == 3 && t[0] >= '1' && t[0] <= '5' &&
        (t.substr(1) == "xx" || t.substr(1) == "XX")) {
      out.least = (t[0] - '0') * 100;
      out.most = out.least + 99;
    } else if (three(t)) {
      out.least = out.most = std::stoi(t);
    } else if (t.size() == 8 && three(t.substr(0, 3)) && t.substr(3, 2) == ".." &&
               three(t.substr(5))) {
      out.least = std::stoi(t.substr(0, 3));
      out.most = std::stoi(t.substr(5));
    } else {
      return refuse();
    }
  }
  return (out.least >= 100 && out.most <= 599 && out.least <= out.most) || refuse();
}
Value Codec<Check::Statuses>::write(const Check::Statuses& s) {
  if (s.least == s.most) return Value(s.least);
  return Value(fmt::format("{}..{}", s.least, s.most));
}
Shape Codec<Check::Statuses>::shape() {
  return {.kind = Shape::Kind::Text,
          .title = "a status",
          .pattern = "^([1-5][0-9][0-9]|[1-5](xx|XX)|[1-5][0-9][0-9]\\.\\.[1-5][0-9][0-9])$"};
}

namespace {

/// The long form of `retries`.
struct RetryDetails {
  int times = 1;
  std::optional<Think> backoff;
  std::optional<Share> budget;
  static Fields<RetryDetails> fields() {
    using T = RetryDetails;
    return {field("times", &T::times, "Further attempts.").required().between(1, 20),
            field("backoff", &T::backoff,
                  "The pause before each: drawn up to `100ms`, doubled each time, up to `2s`."),
            field("budget", &T::budget,
                  "Of all requests of the load, at most this share is tried again.")
                .between(0_pct, 100_pct)};
  }
};

}  // namespace

bool Codec<Retries>::read(const Value& v, Retries& out, Reader& r) {
  RetryDetails w;
  if (!v.is_map()) {
    Reader quiet;
    int times = 0;
    if (!decode(v, times, quiet))
      return detail::wrong_kind(r, v,
                                "a number, or `{ times: 2, backoff: 100ms..2s, budget: 20% }`");
    out.times = 0;
    if (times == 0) return true;
    Value map = Value::map();
    map.mark = v.mark;
    map.set("times", v);
    if (!decode(map, w, r)) return false;
    out.times = w.times;
    return true;
  }
  if (!decode(v, w, r)) return false;
  out.times = w.times;
  if (w.backoff) {
    if (w.backoff->least == Duration{})
      return detail::broken_rule(r, *v.find("backoff"),
                                 "a pause that is doubled begins with more than nothing; write "
                                 "`100ms..2s`, or leave it out");
    if (w.backoff->most > 1h)
      return detail::broken_rule(r, *v.find("backoff"),
                                 "no user waits longer than an hour; write a shorter pause");
    out.least = w.backoff->least;
    // `100ms` alone has no end of its own: the request's timeout is one.
    out.most = w.backoff->most == w.backoff->least ? w.backoff->least * 1024 : w.backoff->most;
  }
  out.budget = w.budget;
  return true;
}
Value Codec<Retries>::write(const Retries& retries) {
  if (retries.least == Duration{} && !retries.budget) return Value(retries.times);
  RetryDetails w;
  w.times = retries.times;
  if (retries.least > Duration{}) w.backoff = Think{retries.least, retries.most};
  w.budget = retries.budget;
  return encode(w);
}
Shape Codec<Retries>::shape() {
  return {.kind = Shape::Kind::OneOf, .of = {shape_of<int>(), shape_of<RetryDetails>()}};
}

namespace {

using Text = wire::OneOrMany<std::string>;

struct BodyCheck {
  std::optional<Text> contains, matches;
  static Fields<BodyCheck> fields() {
    return {field("contains", &BodyCheck::contains, "A text, or all of several, in the body."),
            field("matches", &BodyCheck::matches, "A regular expression, or all of several.")};
  }
};
struct CheckWritten {
  std::optional<wire::OneOrMany<Check::Statuses>> status;
  std::optional<BodyCheck> body;
  std::map<std::string, std::string> header;
  std::optional<Duration> latency;
  static Fields<CheckWritten> fields() {
    using T = CheckWritten;
    return {
        field("status", &T::status, "Right answers: `200`, `2xx`, or a list; default: below 400."),
        field("body", &T::body, "What the body must hold."),
        field("header", &T::header, "Headers and a text that each must hold."),
        field("latency", &T::latency, "A slower answer is a failed check.")};
  }
};

struct ExtractWritten {
  std::optional<std::string> json, regex, header, cookie;
  static Fields<ExtractWritten> fields() {
    using T = ExtractWritten;
    return {field("json", &T::json, "A JSON path: `$.items[0].id`."),
            field("regex", &T::regex, "A regular expression with one group."),
            field("header", &T::header, "The name of a header."),
            field("cookie", &T::cookie, "The name of a cookie.")};
  }
};

constexpr std::array methods{"get", "post", "put", "patch", "delete", "head", "options"};

struct RequestWritten {
  std::optional<std::string> get, post, put, patch, remove, head, options;
  std::string name;
  std::map<std::string, std::string> headers;
  std::optional<std::string> body, body_file;
  std::optional<Value> json;
  std::optional<std::map<std::string, std::string>> form;
  std::vector<Extract> extract;
  Check check;
  OnFailure on_failure = OnFailure::Stop;
  Retries retries;
  Mark at;
  static Fields<RequestWritten> fields() {
    using T = RequestWritten;
    return {field("get", &T::get, "GET this path of `base_url`, or this URL."),
            field("post", &T::post, "POST to it."),
            field("put", &T::put, "PUT to it."),
            field("patch", &T::patch, "PATCH it."),
            field("delete", &T::remove, "DELETE it."),
            field("head", &T::head, "HEAD of it."),
            field("options", &T::options, "OPTIONS of it."),
            field("name", &T::name, "Name of the step; default: method and path."),
            field("headers", &T::headers, "Headers of this request."),
            field("body", &T::body, "The body as text."),
            field("json", &T::json, "The body as JSON; sets Content-Type."),
            field("form", &T::form, "The body as form fields; sets Content-Type."),
            field("body_file", &T::body_file, "A file that is the body."),
            field("extract", &T::extract, "Values to keep for later steps as `${name}`."),
            field("check", &T::check, "What makes the answer right."),
            field("on_failure", &T::on_failure, "Whether the journey goes on."),
            field("retries", &T::retries,
                  "Further attempts after a failure: `2`, or `{ times, backoff, budget }`."),
            field("_at", &T::at, "Place in the file.").internal()};
  }
};

std::string url_encoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // ${name} is filled in while the load runs.
    if (c == '$' && i + 1 < text.size() && text[i + 1] == '{')
      if (const auto end = text.find('}', i); end != text.npos) {
        out += text.substr(i, end - i + 1);
        i = end;
        continue;
      }
    if (std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~')
      out += static_cast<char>(c);
    else
      out += fmt::format("%{:02X}", c);
  }
  return out;
}

void set_body(Request& out, const RequestWritten& w) {
  auto content_type = [&](const char* type) {
    for (const auto& [name, value] : out.headers)
      if (name.size() == 12 && (name[0] == 'C' || name[0] == 'c') &&
          (name.substr(1) == "ontent-Type" || name.substr(1) == "ontent-type"))
        return;
    out.headers["Content-Type"] = type;
  };
  if (w.body) out.body = *w.body;
  if (w.json) {
    out.body = to_json(resolve_plain(*w.json));
    content_type("application/json");
  }
  if (w.form) {
    for (const auto& [key, value] : *w.form)
      out.body +=
          fmt::format("{}{}={}", out.body.empty() ? "" : "&", url_encoded(key), url_encoded(value));
    content_type("application/x-www-form-urlencoded");
  }
}

/// "GET /items" of "http://shop/items?page=1".
std::string default_name(const std::string& method, const std::string& url) {
  std::string path = url;
  if (const auto scheme = path.find("://"); scheme != path.npos) {
    const auto slash = path.find('/', scheme + 3);
    path = slash == path.npos ? "/" : path.substr(slash);
  }
  return method + " " + path.substr(0, path.find_first_of("?#"));
}

}  // namespace

bool Codec<Check>::read(const Value& v, Check& out, Reader& r) {
  CheckWritten w;
  if (!decode(v, w, r)) return false;
  if (w.status) out.status = w.status->all;
  if (w.body && w.body->contains) out.body_contains = w.body->contains->all;
  if (w.body && w.body->matches) out.body_matches = w.body->matches->all;
  out.header_contains = w.header;
  out.latency = w.latency;
  return true;
}
Value Codec<Check>::write(const Check& c) {
  CheckWritten w;
  if (!c.status.empty()) w.status = {c.status};
  if (!c.body_contains.empty() || !c.body_matches.empty()) {
    w.body.emplace();
    if (!c.body_contains.empty()) w.body->contains = Text{c.body_contains};
    if (!c.body_matches.empty()) w.body->matches = Text{c.body_matches};
  }
  w.header = c.header_contains;
  w.latency = c.latency;
  return encode(w);
}
Shape Codec<Check>::shape() { return shape_of<CheckWritten>(); }

bool Codec<std::vector<Extract>>::read(const Value& v, std::vector<Extract>& out, Reader& r) {
  if (!detail::expect_map(v, r)) return false;
  bool ok = true;
  for (const auto& entry : v.entries()) {
    auto scope = r.in(entry.key);
    ExtractWritten w;
    if (!decode(entry.value, w, r) ||
        !wire::exactly_one(entry.value, {"json", "regex", "header", "cookie"}, 1, r)) {
      ok = false;
      continue;
    }
    Extract e;
    e.variable = entry.key;
    auto take = [&](const std::optional<std::string>& what, Extract::From from) {
      if (!what) return;
      e.from = from;
      e.what = *what;
    };
    take(w.json, Extract::From::Json);
    take(w.regex, Extract::From::Regex);
    take(w.header, Extract::From::Header);
    take(w.cookie, Extract::From::Cookie);
    out.push_back(std::move(e));
  }
  return ok;
}
Value Codec<std::vector<Extract>>::write(const std::vector<Extract>& all) {
  Value map = Value::map();
  for (const auto& e : all) {
    Value one = Value::map();
    one.set(std::string(name_of(e.from)), e.what);
    map.set(e.variable, std::move(one));
  }
  return map;
}
Shape Codec<std::vector<Extract>>::shape() {
  return {.kind = Shape::Kind::Map, .of = {shape_of<ExtractWritten>()}};
}

bool Codec<Request>::read(const Value& v, Request& out, Reader& r) {
  RequestWritten w;
  bool ok = Codec<RequestWritten>::declared().read(v, w, r, {"think"});
  if (!v.is_map()) return false;
  ok &= wire::exactly_one(v, {"get", "post", "put", "patch", "delete", "head", "options", "think"},
                          1, r);
  if (const auto* think = v.find_entry("think")) {
    r.problem(think->mark, "E120", "a pause is a step of a journey, not a request",
              "write it under `journeys`");
    return false;
  }
  ok &= wire::exactly_one(v, {"body", "json", "form", "body_file"}, 0, r);
  if (!ok) return false;
  for (const char* method : methods)
    if (const Value* url = v.find(method)) {
      out.method = method;
      std::transform(out.method.begin(), out.method.end(), out.method.begin(),
                     [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      out.url = url->text();
    }
  out.name = w.name.empty() ? default_name(out.method, out.url) : w.name;
  out.headers = w.headers;
  out.extract = w.extract;
  out.check = w.check;
  out.on_failure = w.on_failure;
  out.retries = w.retries;
  out.mark = wire::mark_of(v, w.at);
  set_body(out, w);
  return true;
}
Value Codec<Request>::write(const Request& q) {
  RequestWritten w;
  w.name = q.name;
  w.headers = q.headers;
  if (!q.body.empty()) w.body = q.body;
  w.extract = q.extract;
  w.check = q.check;
  w.on_failure = q.on_failure;
  w.retries = q.retries;
  w.at = q.mark;
  std::string method = q.method;
  std::transform(method.begin(), method.end(), method.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  Value v = Value::map();
  v.set(method, q.url);
  wire::append(v, encode(w));
  return v;
}
Shape Codec<Request>::shape() { return shape_of<RequestWritten>(); }

namespace {
struct ThinkWritten {
  Think think;
  static Fields<ThinkWritten> fields() {
    return {field("think", &ThinkWritten::think, "A pause: `2s`, or `1s..3s` drawn evenly.")
                .required()};
  }
};
}  // namespace

bool Codec<Step>::read(const Value& v, Step& out, Reader& r) {
  if (v.is_map() && v.find("think")) {
    ThinkWritten w;
    if (!decode(v, w, r)) return false;
    out = w.think;
    return true;
  }
  Request request;
  if (!decode(v, request, r)) return false;
  out = std::move(request);
  return true;
}
Value Codec<Step>::write(const Step& step) {
  if (const auto* think = std::get_if<Think>(&step)) return encode(ThinkWritten{*think});
  return encode(std::get<Request>(step));
}
Shape Codec<Step>::shape() {
  return {.kind = Shape::Kind::OneOf,
          .title = "a step",
          .of = {shape_of<RequestWritten>(), shape_of<ThinkWritten>()}};
}

}  // namespace gunflint
