// The only user of yaml-cpp, through its event handler: limits and refusals stop the parser while
// it reads, before a tree exists.
#include <algorithm>
#include <sstream>
#include <unordered_map>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "gunflint/model/reader.hpp"
#include "model/yaml_traps.hpp"

namespace gunflint {
namespace {

/// Thrown through yaml-cpp to make it stop; the problem has been reported.
struct Stop {};

class Builder final : public YAML::EventHandler {
 public:
  Builder(std::shared_ptr<const SourceText> source, Reader& reader, const ReadLimits& limits)
      : source_(std::move(source)), reader_(reader), limits_(limits) {
    lines_.push_back(0);
    for (std::size_t i = 0; i < source_->text.size(); ++i)
      if (source_->text[i] == '\n') lines_.push_back(i + 1);
  }

  std::optional<Value> take() { return std::move(root_); }
  /// Byte and mark of the last text that was not plain.
  const std::optional<std::pair<std::size_t, Mark>>& last_quoted() const { return last_quoted_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    // The parser has no place for what is not there: the key's place is the nearest.
    const bool of_key = !levels_.empty() && levels_.back().waiting;
    count(mark);
    Value nothing;
    nothing.mark = of_key ? levels_.back().waiting->mark : at(mark);
    if (!levels_.empty() && levels_.back().is_map && !of_key)
      key(mark, nothing);
    else
      place(std::move(nothing));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    stop(at(mark), "E005", "aliases (`*name`) are not read", "write the value, or use `vars`");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    Value value(text);
    value.plain = tag == "?";
    if (!value.plain) {
      refuse_block_condition(mark, text);
      const auto line = static_cast<std::size_t>(mark.line);
      last_quoted_ = {lines_[line] + static_cast<std::size_t>(mark.column), at(mark)};
    }
    scalar(mark, std::move(value));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Value::list());
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Value::map());
  }
  void OnMapEnd() override { close(); }

  /// yaml-cpp counts bytes, people count characters. Marks mostly move forward, so counting goes on
  /// from the last one.
  Mark at(const YAML::Mark& mark) {
    const auto line = static_cast<std::size_t>(std::max(0, mark.line));
    const auto column = static_cast<std::size_t>(std::max(0, mark.column));
    if (line != counted_line_ || column < counted_bytes_)
      counted_line_ = line, counted_bytes_ = 0, counted_ = 0;
    const std::size_t start = line < lines_.size() ? lines_[line] : source_->text.size();
    for (; counted_bytes_ < column; ++counted_bytes_) {
      const std::size_t i = start + counted_bytes_;
      if (i >= source_->text.size() ||
          (static_cast<unsigned char>(source_->text[i]) & 0xC0) != 0x80)
        ++counted_;
    }
    return {source_, mark.line + 1, static_cast<int>(counted_) + 1};
  }

 private:
  /// A list or map that is being filled.
  struct Level {
    Value value;
    bool is_map = false;
    std::optional<Value::Entry> waiting;  ///< a key whose value comes next
    std::unordered_map<std::string, Mark> seen{};
  };

  [[noreturn]] void stop(const Mark& where, const char* code, std::string sentence,
                         std::string suggestion = {}) {
    reader_.problem(where, code, std::move(sentence), std::move(suggestion));
    throw Stop{};
  }
  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0)
      stop(at(mark), "E005", "anchors (`&name`) are not read", "use `vars`, or a file with `use`");
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    if (tag == "!=")
      stop(at(mark), "E009", "a value cannot begin with `!=`: YAML takes it for a tag",
           "a comparison starts with the name of a metric: `value != 5`");
    stop(at(mark), "E007", fmt::format("tags (`{}`) are not read", tag.substr(0, 40)),
         "leave it out; the key decides what its value is");
  }
  /// `expect: > 5` begins a text block; a condition is never one.
  void refuse_block_condition(const YAML::Mark& mark, const std::string& text) {
    if (levels_.empty() || !levels_.back().waiting) return;
    const std::string& key = levels_.back().waiting->key;
    if (key != "expect" && key != "when") return;
    const auto line = static_cast<std::size_t>(mark.line);
    const std::size_t byte = lines_[line] + static_cast<std::size_t>(mark.column);
    const char sign = byte < source_->text.size() ? source_->text[byte] : '"';
    if (sign == '>' || sign == '|')
      stop(at(mark), "E006", fmt::format("YAML reads `{}` as the start of a text block", sign),
           text.empty() ? "start with the name of a metric: `value > 5`"
                        : "write the condition behind its key, on the same line");
  }
  void count(const YAML::Mark& mark) {
    if (++nodes_ > limits_.nodes)
      stop(at(mark), "E002", fmt::format("the file has more than {} nodes", limits_.nodes),
           "make several experiments of it");
  }

  void scalar(const YAML::Mark& mark, Value value) {
    count(mark);
    value.mark = at(mark);
    if (!levels_.empty() && levels_.back().is_map && !levels_.back().waiting)
      key(mark, value);
    else
      place(std::move(value));
  }

  void key(const YAML::Mark& mark, const Value& name) {
    Level& level = levels_.back();
    const std::string text = name.is_text() ? name.text() : std::string();
    const Mark where = at(mark);
    if (text == "<<") stop(where, "E005", "merge keys (`<<`) are not read", "use `vars` or `use`");
    if (const auto [first, fresh] = level.seen.emplace(text, where); !fresh) {
      auto& p = reader_.problem(where, "E004", fmt::format("the key `{}` stands here twice", text),
                                fmt::format("first on line {}; keep one", first->second.line));
      p.also.push_back(first->second);
    }
    if (level.value.entries().empty()) level.value.mark = where;
    level.waiting = Value::Entry{text, Value(), where};
  }

  void place(Value value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return;
    }
    Level& level = levels_.back();
    if (!level.is_map) {
      level.value.items().push_back(std::move(value));
      return;
    }
    level.waiting->value = std::move(value);
    level.value.entries().push_back(std::move(*level.waiting));
    level.waiting.reset();
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Value value) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    count(mark);
    if (static_cast<int>(levels_.size()) >= limits_.depth)
      stop(at(mark), "E002", fmt::format("the file is nested more than {} deep", limits_.depth));
    const bool is_map = value.is_map();
    if (!levels_.empty() && levels_.back().is_map && !levels_.back().waiting)
      stop(at(mark), "E009", "a key is a word, not a list or a map",
           is_map ? "is this an unquoted `${x}`? Write it in quotes" : "write the key in quotes");
    value.mark = at(mark);
    levels_.push_back({std::move(value), is_map, std::nullopt});
  }
  void close() {
    Value done = std::move(levels_.back().value);
    levels_.pop_back();
    place(std::move(done));
  }

  std::shared_ptr<const SourceText> source_;
  Reader& reader_;
  ReadLimits limits_;
  std::optional<Value> root_;
  std::vector<Level> levels_;
  int nodes_ = 0;
  std::optional<std::pair<std::size_t, Mark>> last_quoted_;
  std::vector<std::size_t> lines_;  ///< where each line begins
  std::size_t counted_line_ = 0, counted_bytes_ = 0, counted_ = 0;
};

Mark start_of(const std::shared_ptr<const SourceText>& source) { return {source, 1, 1}; }

}  // namespace

std::optional<Value> parse_yaml(std::shared_ptr<const SourceText> source, Reader& reader,
                                const ReadLimits& limits) {
  if (source->text.size() > limits.bytes) {
    reader.problem(
        start_of(source), "E002",
        fmt::format("the file has {} bytes, more than {}", source->text.size(), limits.bytes),
        "make several experiments of it");
    return std::nullopt;
  }
  const std::size_t before = reader.problems().size();
  std::size_t open_quote = std::string::npos;
  if (!check_text(source, reader, limits, open_quote)) return std::nullopt;
  Builder builder(source, reader, limits);
  std::istringstream stream(source->text);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      reader.problem(start_of(source), "E001", "the file is empty",
                     "`gunflint explain experiment` shows how one begins");
      return std::nullopt;
    }
    Builder second(source, reader, limits);
    if (parser.HandleNextDocument(second)) {
      const auto extra = second.take();
      reader.problem(extra ? extra->mark : start_of(source), "E008",
                     "the file holds several documents", "one file is one experiment");
      return std::nullopt;
    }
  } catch (const Stop&) {
    return std::nullopt;
  } catch (const YAML::Exception& error) {
    report_syntax(builder.at(error.mark), error.msg, reader);
    return std::nullopt;
  }
  // yaml-cpp takes the end of the file for the closing quote.
  if (const auto last = builder.last_quoted(); last && last->first == open_quote) {
    reader.problem(last->second, "E003", "a quoted text is not closed", "add its closing quote");
    return std::nullopt;
  }
  if (reader.problems().size() > before) return std::nullopt;
  return builder.take();
}

}  // namespace gunflint
