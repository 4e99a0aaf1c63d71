// The only user of nlohmann-json: JSON text to and from Value.
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "gunflint/base/value.hpp"

namespace gunflint {
namespace {

/// Builds a Value from parser events, so that no second tree exists.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  Value root;
  std::string error;

  bool null() override { return put({}); }
  bool boolean(bool b) override { return put(b); }
  bool number_integer(std::int64_t n) override { return put(n); }
  bool number_unsigned(std::uint64_t n) override {
    if (n > static_cast<std::uint64_t>(INT64_MAX)) return put(static_cast<double>(n));
    return put(static_cast<std::int64_t>(n));
  }
  bool number_float(double n, const std::string&) override { return put(n); }
  bool string(std::string& text) override { return put(std::move(text)); }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Value::map()); }
  bool start_array(std::size_t) override { return open(Value::list()); }
  bool key(std::string& key) override {
    keys_.back() = std::move(key);
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    error = fmt::format("not valid JSON at byte {}", position);
    return false;
  }

 private:
  bool open(Value container) {
    if (stack_.size() >= 64) {
      error = "JSON nested deeper than 64 levels";
      return false;
    }
    stack_.push_back(std::move(container));
    keys_.emplace_back();
    return true;
  }
  bool close() {
    Value done = std::move(stack_.back());
    stack_.pop_back();
    keys_.pop_back();
    return put(std::move(done));
  }
  bool put(Value value) {
    if (stack_.empty())
      root = std::move(value);
    else if (stack_.back().is_map())
      stack_.back().set(std::move(keys_.back()), std::move(value));
    else
      stack_.back().push(std::move(value));
    return true;
  }
  std::vector<Value> stack_;
  std::vector<std::string> keys_;
};

void write_text(std::string& out, std::string_view text) {
  // Bytes that are no UTF-8 (output of a probed command) become U+FFFD instead of an exception.
  out += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void write(std::string& out, const Value& value, int indent, int level) {
  auto line = [&](int depth) {
    if (indent > 0) out.append("\n").append(static_cast<std::size_t>(indent * depth), ' ');
  };
  if (value.is_null())
    out += "null";
  else if (value.is_bool())
    out += value.boolean() ? "true" : "false";
  else if (value.is_integer())
    out += fmt::format("{}", value.integer());
  else if (value.is_number()) {
    const double n = value.number();
    if (!std::isfinite(n))
      out += "null";
    else if (n == std::round(n) && std::abs(n) < 1e15)
      out += fmt::format("{:.1f}", n);
    else
      out += fmt::format("{}", n);
  } else if (value.is_text())
    write_text(out, value.text());
  else if (value.is_list()) {
    out += '[';
    bool first = true;
    for (const auto& item : value.items()) {
      if (!first) out += ',';
      first = false;
      line(level + 1);
      write(out, item, indent, level + 1);
    }
    if (!first) line(level);
    out += ']';
  } else {
    out += '{';
    bool first = true;
    for (const auto& entry : value.entries()) {
      if (!first) out += ',';
      first = false;
      line(level + 1);
      write_text(out, entry.key);
      out += indent > 0 ? ": " : ":";
      write(out, entry.value, indent, level + 1);
    }
    if (!first) line(level);
    out += '}';
  }
}

}  // namespace

Result<Value> parse_json(std::string_view text) {
  Builder builder;
  const bool ok = nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  if (ok) return std::move(builder.root);
  return fail(Cause::BadInput, builder.error.empty() ? "not valid JSON" : builder.error);
}

std::string to_json(const Value& value) {
  std::string out;
  write(out, value, 0, 0);
  return out;
}
std::string to_json_pretty(const Value& value) {
  std::string out;
  write(out, value, 2, 0);
  return out;
}

}  // namespace gunflint
