// Entries of steady_state, reactions, alerts and abort.
#include <fmt/format.h>

#include "model/codecs.hpp"

namespace gunflint {

bool Codec<Tolerance>::read(const Value& v, Tolerance& out, Reader& r) {
  if (v.is_text() && v.text().find('%') != std::string::npos) {
    Share share;
    if (!decode(v, share, r)) return false;
    out.share = share;
    return true;
  }
  return decode(v, out.time, r);
}
Value Codec<Tolerance>::write(const Tolerance& t) {
  return Value(t.share ? print(*t.share) : print(t.time));
}
Shape Codec<Tolerance>::shape() {
  return {.kind = Shape::Kind::OneOf,
          .title = "a duration or a share",
          .of = {{.kind = Shape::Kind::Duration}, {.kind = Shape::Kind::Share}}};
}

namespace {

/// `30s`, or `phase`.
struct Window {
  Duration length = 10s;
  bool is_phase = false;
};

struct HypothesisWritten {
  std::string name;
  Condition expect;
  std::optional<Window> window;
  wire::OneOrMany<During> during{{During::All}};
  Tolerance tolerate;
  NoData no_data = NoData::Inconclusive;
  std::optional<Duration> every;
  std::string control;
  Mark at;
  static Fields<HypothesisWritten> fields();
};

struct ReactionWritten {
  std::string name;
  Condition expect;
  std::optional<Duration> within;
  Duration stable_for = 10s;
  std::optional<Duration> every;
  Mark at;
  static Fields<ReactionWritten> fields() {
    using T = ReactionWritten;
    return {
        field("name", &T::name, "Its name; default: the condition."),
        field("expect", &T::expect, "What must come true.").required(),
        field("within", &T::within, "By when, from its start; absent: it must hold all the time."),
        field("stable_for", &T::stable_for, "And stay true for this long at the deadline."),
        field("every", &T::every, "How often it is read."),
        field("_at", &T::at, "Place in the file.").internal()};
  }
};

struct AlertWritten {
  std::string name;
  std::map<std::string, std::string> labels;
  std::optional<AlertExpectation::Must> must;
  std::optional<Duration> within, resolve_within;
  std::string delivered_to;
  Mark at;
  static Fields<AlertWritten> fields() {
    using T = AlertWritten;
    return {field("name", &T::name, "The alert's name (`alertname`).").required(),
            field("labels", &T::labels, "Labels that it must carry."),
            field("must", &T::must, "Fire, or stay silent.").required(),
            field("within", &T::within, "It must be active by then, from its start."),
            field("resolve_within", &T::resolve_within,
                  "It must be resolved by then, from the last undo."),
            field("delivered_to", &T::delivered_to, "A receiver that must get it."),
            field("_at", &T::at, "Place in the file.").internal()};
  }
};

struct GuardWritten {
  std::string name;
  Condition when;
  Duration lasting{};
  NoData no_data = NoData::Fail;
  std::optional<Duration> every;
  Mark at;
  static Fields<GuardWritten> fields() {
    using T = GuardWritten;
    return {
        field("name", &T::name, "Its name; default: the condition."),
        field("when", &T::when, "The run is stopped and undone when this is true.").required(),
        field("for", &T::lasting, "For this long."),
        field("no_data", &T::no_data, "`ignore`: being blind does not stop the run.")
            .check([](const NoData& n) {
              return n == NoData::Inconclusive
                         ? std::string("a guard cannot be inconclusive; write `fail` or `ignore`")
                         : std::string();
            }),
        field("every", &T::every, "How often it is read."),
        field("_at", &T::at, "Place in the file.").internal()};
  }
};

}  // namespace

template <>
struct Codec<Window> {
  static bool read(const Value& v, Window& out, Reader& r) {
    if (v.is_text() && v.text() == "phase") {
      out.is_phase = true;
      return true;
    }
    return decode(v, out.length, r);
  }
  static Value write(const Window& w) { return Value(w.is_phase ? "phase" : print(w.length)); }
  static Shape shape() {
    return {
        .kind = Shape::Kind::OneOf,
        .title = "a duration, or `phase`",
        .of = {{.kind = Shape::Kind::Duration}, {.kind = Shape::Kind::Enum, .names = {"phase"}}}};
  }
};

Fields<HypothesisWritten> HypothesisWritten::fields() {
  using T = HypothesisWritten;
  return {
      field("name", &T::name, "Its name; default: the condition."),
      field("expect", &T::expect, "What must hold all the time.").required(),
      field(
          "window", &T::window,
          "Judged over this stretch, each second: of a load its requests, of what is read the mean "
          "of its readings (with `==`, `!=` and `contains` all of them). `phase`: once per phase, "
          "which is known too late for the gate. Default 10s for a load, and `phase` with `of "
          "baseline`; what is read counts reading by reading."),
      field("during", &T::during, "The phases in which it must hold; `all`: all but recovery."),
      field("tolerate", &T::tolerate, "Red that is forgiven: a total time, or a share."),
      field("no_data", &T::no_data, "What it means when there is nothing to read."),
      field("every", &T::every, "How often it is read; default 1s, for prometheus 5s."),
      field("control", &T::control, "A target to compare with at the same moments."),
      field("_at", &T::at, "Place in the file.").internal()};
}

namespace {

Duration default_window(const ProbeSpec& of) {
  return std::holds_alternative<OfLoad>(of) ? Window{}.length : Duration(0);
}

/// Reads an entry that is partly a source, partly W's own fields, partly (when `start`) a start.
template <class W>
bool read_entry(const Value& v, W& w, ProbeSpec& of, std::optional<Start>* start, Reader& r) {
  if (!detail::expect_map(v, r)) return false;
  const auto source = wire::split(v, wire::source_keys());
  auto rest = source.others;
  std::vector<std::string> also = wire::source_keys();
  bool ok = true;
  if (start) {
    auto parts = wire::split(rest, wire::start_keys());
    also.insert(also.end(), wire::start_keys().begin(), wire::start_keys().end());
    rest = parts.others;
    if (!parts.named.entries().empty()) {
      ok &= wire::read_start(parts.named, start->emplace(), r);
      if ((*start)->how == Start::How::Gate) start->reset();
    }
  }
  ok &= Codec<W>::declared().read(rest, w, r, also);
  return wire::read_source(source.named, of, r) && ok;
}

template <class W>
Shape entry_shape(bool with_start) {
  Shape shape = wire::source_shape();
  wire::append(shape, shape_of<W>());
  if (with_start) wire::append(shape, wire::start_shape());
  return shape;
}

}  // namespace

bool Codec<Hypothesis>::read(const Value& v, Hypothesis& out, Reader& r) {
  HypothesisWritten w;
  if (!read_entry(v, w, out.of, nullptr, r)) return false;
  out.expect = w.expect;
  out.name = w.name.empty() ? w.expect.text : w.name;
  out.window_is_phase = w.window ? w.window->is_phase : w.expect.of_baseline;
  // Semantics 11: the default is of a load; what is read is judged reading by reading.
  out.window = w.window ? w.window->length : default_window(out.of);
  out.during = w.during.all;
  out.tolerate = w.tolerate;
  out.no_data = w.no_data;
  out.every = w.every;
  out.control = w.control;
  out.mark = wire::mark_of(v, w.at);
  return true;
}
Value Codec<Hypothesis>::write(const Hypothesis& h) {
  HypothesisWritten w;
  w.name = h.name;
  w.expect = h.expect;
  if (h.window_is_phase || h.window != default_window(h.of))
    w.window = {h.window, h.window_is_phase};
  w.during.all = h.during;
  w.tolerate = h.tolerate;
  w.no_data = h.no_data;
  w.every = h.every;
  w.control = h.control;
  w.at = h.mark;
  Value v = wire::write_source(h.of);
  wire::append(v, encode(w));
  return v;
}
Shape Codec<Hypothesis>::shape() { return entry_shape<HypothesisWritten>(false); }

bool Codec<Reaction>::read(const Value& v, Reaction& out, Reader& r) {
  ReactionWritten w;
  if (!read_entry(v, w, out.of, &out.start, r)) return false;
  out.name = w.name.empty() ? w.expect.text : w.name;
  out.expect = w.expect;
  out.within = w.within;
  out.stable_for = w.stable_for;
  out.every = w.every;
  out.mark = wire::mark_of(v, w.at);
  return true;
}
Value Codec<Reaction>::write(const Reaction& x) {
  Value v = wire::write_source(x.of);
  wire::append(v,
               encode(ReactionWritten{x.name, x.expect, x.within, x.stable_for, x.every, x.mark}));
  if (x.start) wire::append(v, wire::write_start(*x.start));
  return v;
}
Shape Codec<Reaction>::shape() { return entry_shape<ReactionWritten>(true); }

bool Codec<AlertExpectation>::read(const Value& v, AlertExpectation& out, Reader& r) {
  if (!detail::expect_map(v, r)) return false;
  const auto parts = wire::split(v, wire::start_keys());
  AlertWritten w;
  bool ok = true;
  if (!parts.named.entries().empty()) {
    ok = wire::read_start(parts.named, out.start.emplace(), r);
    if (out.start->how == Start::How::Gate) out.start.reset();
  }
  if (!Codec<AlertWritten>::declared().read(parts.others, w, r, wire::start_keys()) || !ok)
    return false;
  out.must = *w.must;
  out.name = w.name;
  out.labels = w.labels;
  out.within = w.within;
  out.resolve_within = w.resolve_within;
  out.delivered_to = w.delivered_to;
  out.mark = wire::mark_of(v, w.at);
  return true;
}
Value Codec<AlertExpectation>::write(const AlertExpectation& a) {
  Value v = encode(
      AlertWritten{a.name, a.labels, a.must, a.within, a.resolve_within, a.delivered_to, a.mark});
  if (a.start) wire::append(v, wire::write_start(*a.start));
  return v;
}
Shape Codec<AlertExpectation>::shape() {
  Shape shape = shape_of<AlertWritten>();
  wire::append(shape, wire::start_shape());
  return shape;
}

bool Codec<Guard>::read(const Value& v, Guard& out, Reader& r) {
  GuardWritten w;
  if (!read_entry(v, w, out.of, nullptr, r)) return false;
  out.name = w.name.empty() ? w.when.text : w.name;
  out.when = w.when;
  out.lasting = w.lasting;
  out.no_data = w.no_data;
  out.every = w.every;
  out.mark = wire::mark_of(v, w.at);
  return true;
}
Value Codec<Guard>::write(const Guard& g) {
  Value v = wire::write_source(g.of);
  wire::append(v, encode(GuardWritten{g.name, g.when, g.lasting, g.no_data, g.every, g.mark}));
  return v;
}
Shape Codec<Guard>::shape() { return entry_shape<GuardWritten>(false); }

}  // namespace gunflint
