#include "load/request_text.hpp"

#include <charconv>
#include <ctime>

#include "load/ascii.hpp"

namespace gunflint {
namespace {

/// For texts that have no variables.
class NoValues final : public Values {
 public:
  std::string_view at(const Slot&) const override { return {}; }
};

void append_number(std::string& out, std::size_t number) {
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end);
}

/// The body and the line that tells its length.
void append_body(std::string& out, const RequestPlan& plan, const Values& values,
                 std::string& scratch) {
  if (!plan.has_body) {
    out += "\r\n";
    return;
  }
  const std::string* body = &plan.body.fixed();
  if (!plan.body.constant()) {
    scratch.clear();
    plan.body.fill(scratch, values, plan.body_escape);
    body = &scratch;
  }
  out += "Content-Length: ";
  append_number(out, body->size());
  out.append("\r\n\r\n").append(*body);
}

/// What is meant for one server and not for where it sends us on to (as in the Fetch
/// standard, 4.4).
bool is_confidential(std::string_view name) {
  return same_word(name, "authorization") || same_word(name, "proxy-authorization") ||
         same_word(name, "cookie");
}

/// Whether a header of the plan goes with a request that was redirected. `elsewhere`: to another
/// scheme, host or port.
bool goes_along(std::string_view name, const Redirect& redirect, bool elsewhere) {
  if (!redirect.with_body && same_word(name, "content-type")) return false;
  return !elsewhere || !is_confidential(name);
}

/// The line `Host: …` of a redirect to another server: headers hold the plan's own.
void append_headers_for(std::string& out, std::string_view lines, const Redirect& redirect,
                        const Origin& origin, bool elsewhere) {
  while (!lines.empty()) {
    const auto end = lines.find("\r\n");
    const auto line = lines.substr(0, end);
    lines.remove_prefix(end == lines.npos ? lines.size() : end + 2);
    const auto name = line.substr(0, line.find(':'));
    if (elsewhere && same_word(name, "host"))
      out.append("Host: ").append(origin.authority).append("\r\n");
    else if (goes_along(name, redirect, elsewhere))
      out.append(line).append("\r\n");
  }
}

}  // namespace

std::string whole_request(const RequestPlan& plan) {
  std::string out = plan.method + " " + plan.target.fixed() + " HTTP/1.1\r\n";
  out += plan.headers.fixed();
  std::string scratch;
  append_body(out, plan, NoValues{}, scratch);
  return out;
}

std::string_view RequestWriter::http1(const RequestOf& request) {
  const RequestPlan& plan = request.plan;
  const bool cookies = request.cookies != nullptr && !request.cookies->empty();
  if (plan.constant && !cookies && request.redirect == nullptr) return plan.whole;
  text_.clear();
  if (plan.constant && request.redirect == nullptr) {
    text_.assign(plan.whole, 0, plan.blank_line);
    request.cookies->append_to(text_, request.origin.host, plan.target.fixed(), std::time(nullptr),
                               request.origin.tls);
    text_.append(plan.whole, plan.blank_line);
    return text_;
  }
  write_varying(request);
  return text_;
}

void RequestWriter::write_varying(const RequestOf& request) {
  const RequestPlan& plan = request.plan;
  const Redirect* redirect = request.redirect;
  text_.append(redirect ? redirect->method : plan.method).append(" ");
  const auto target = text_.size();
  if (redirect)
    text_ += redirect->target;
  else
    plan.target.fill(text_, request.values, plan.target_escape);
  const auto target_end = text_.size();
  text_ += " HTTP/1.1\r\n";
  if (redirect) {
    std::string lines;
    plan.headers.fill(lines, request.values, Escape::Header);
    append_headers_for(text_, lines, *redirect, request.origin, redirect->origin != plan.origin);
  } else {
    plan.headers.fill(text_, request.values, Escape::Header);
  }
  if (request.cookies != nullptr && !request.cookies->empty()) {
    const std::string asked = text_.substr(target, target_end - target);
    request.cookies->append_to(text_, request.origin.host, asked, std::time(nullptr),
                               request.origin.tls);
  }
  if (redirect && !redirect->with_body)
    text_ += "\r\n";
  else
    append_body(text_, plan, request.values, body_);
}

RequestWriter::Http2 RequestWriter::http2(const RequestOf& request) {
  const RequestPlan& plan = request.plan;
  const Redirect* redirect = request.redirect;
  text_.clear();
  fields_.clear();
  varying_.clear();
  // What varies is written one after the other into text_, which may move: views are taken at last.
  const auto vary = [&](std::string_view name, const auto& write) {
    const auto from = text_.size();
    write();
    varying_.push_back({name, {fields_.size(), from}});
    fields_.push_back({name, {}});
  };
  // A redirect may be gone before the request is.
  if (redirect)
    fields_.push_back({":method", redirect->method});
  else
    fields_.push_back({":method", plan.method, true});
  fields_.push_back({":scheme", request.origin.tls ? "https" : "http", true});
  const bool elsewhere = redirect != nullptr && redirect->origin != plan.origin;
  if (elsewhere)
    fields_.push_back({":authority", request.origin.authority, true});
  else if (plan.authority.constant())
    fields_.push_back({":authority", plan.authority.fixed(), true});
  else
    vary(":authority", [&] { plan.authority.fill(text_, request.values, Escape::Header); });
  if (redirect)
    fields_.push_back({":path", redirect->target});
  else if (plan.target.constant())
    fields_.push_back({":path", plan.target.fixed(), true});
  else
    vary(":path", [&] { plan.target.fill(text_, request.values, plan.target_escape); });
  const bool body_goes = plan.has_body && (redirect == nullptr || redirect->with_body);
  for (const auto& field : plan.fields) {
    if (redirect && !goes_along(field.name, *redirect, elsewhere)) continue;
    if (field.value.constant())
      fields_.push_back({field.name, field.value.fixed(), true});
    else
      vary(field.name, [&] { field.value.fill(text_, request.values, Escape::Header); });
  }
  if (request.cookies != nullptr && !request.cookies->empty())
    vary("cookie", [&] {
      std::string line;
      std::string target;
      if (redirect)
        target = redirect->target;
      else
        plan.target.fill(target, request.values, plan.target_escape);
      request.cookies->append_to(line, request.origin.host, target, std::time(nullptr),
                                 request.origin.tls);
      constexpr std::string_view name = "Cookie: ";
      if (line.size() > name.size() + 2)
        text_.append(line, name.size(), line.size() - name.size() - 2);
    });
  const std::string* body = nullptr;
  if (body_goes) {
    body = &plan.body.fixed();
    if (!plan.body.constant()) {
      body_.clear();
      plan.body.fill(body_, request.values, plan.body_escape);
      body = &body_;
    }
    vary("content-length", [&] { append_number(text_, body->size()); });
  }
  for (std::size_t i = 0; i < varying_.size(); ++i) {
    const auto [index, from] = varying_[i].second;
    const auto end = i + 1 < varying_.size() ? varying_[i + 1].second.second : text_.size();
    fields_[index].value = std::string_view(text_).substr(from, end - from);
  }
  std::erase_if(fields_, [](const auto& f) { return f.name == "cookie" && f.value.empty(); });
  return {&fields_, body};
}

}  // namespace gunflint
