// When a fault, reaction or alert begins (semantics 2).
#include <cctype>

#include <fmt/format.h>

#include "model/codecs.hpp"

namespace gunflint::wire {
namespace {

struct WrittenStart {
  std::optional<std::string> at, after, after_recovery;
  std::optional<OneOrMany<std::string>> during;
  Duration plus{};
  static Fields<WrittenStart> fields() {
    using T = WrittenStart;
    return {field("at", &T::at,
                  "A time since the load started, or a stage's or fault's name: its start."),
            field("after", &T::after, "A stage's or fault's name: its end."),
            field("while", &T::during,
                  "A stage's or fault's name, or two adjacent stages: from start to end."),
            field("after_recovery", &T::after_recovery, "A fault's name: when it has recovered."),
            field("plus", &T::plus, "Later than that by this much.")};
  }
};

/// "90s" is a time, "surge" a name. Names never begin with a digit that a duration could begin
/// with.
bool looks_like_time(const std::string& text) {
  return !text.empty() && (std::isdigit(static_cast<unsigned char>(text[0])) || text[0] == '-');
}

}  // namespace

const std::vector<std::string>& start_keys() {
  static const std::vector<std::string> keys = Codec<WrittenStart>::declared().names();
  return keys;
}

bool read_start(const Value& v, Start& out, Reader& r) {
  WrittenStart w;
  if (!decode(v, w, r)) return false;
  if (!exactly_one(v, {"at", "after", "while", "after_recovery"}, 0, r)) return false;
  out.plus = w.plus;
  out.mark = v.mark;
  auto use = [&](Start::How how, const char* key, std::vector<std::string> names) {
    out.how = how;
    out.names = std::move(names);
    out.mark = v.find(key)->mark;
  };
  if (w.at) use(Start::How::At, "at", {*w.at});
  if (w.after) use(Start::How::After, "after", {*w.after});
  if (w.after_recovery) use(Start::How::AfterRecovery, "after_recovery", {*w.after_recovery});
  if (w.during) use(Start::How::While, "while", w.during->all);
  if (out.how == Start::How::While && (out.names.empty() || out.names.size() > 2)) {
    r.problem(out.mark, "E124",
              "`while` takes one name, or the first and the last of adjacent stages",
              "write `while: surge` or `while: [climb, surge]`");
    return false;
  }
  if (out.how == Start::How::At && looks_like_time(out.names[0])) {
    auto time = parse_duration(out.names[0]);
    if (!time) return detail::report(r, out.mark, time.error());
    out.time = *time;
    out.names.clear();
  }
  return true;
}

Value write_start(const Start& start) {
  WrittenStart w;
  w.plus = start.plus;
  const std::string name = start.names.empty() ? std::string() : start.names[0];
  switch (start.how) {
    case Start::How::Gate:
      break;
    case Start::How::At:
      w.at = start.time ? print(*start.time) : name;
      break;
    case Start::How::After:
      w.after = name;
      break;
    case Start::How::While:
      w.during = OneOrMany<std::string>{start.names};
      break;
    case Start::How::AfterRecovery:
      w.after_recovery = name;
      break;
  }
  return encode(w);
}

Shape start_shape() { return shape_of<WrittenStart>(); }

}  // namespace gunflint::wire
