#include "model/rows.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "gunflint/base/problem.hpp"
#include "gunflint/base/value.hpp"
#include "model/json_members.hpp"
#include "model/local_file.hpp"

namespace gunflint {

/// What both formats have in common: names of columns, cells, and the first mistake.
class RowsBuilder {
 public:
  explicit RowsBuilder(std::string name) : name_(std::move(name)) {}
  virtual ~RowsBuilder() = default;
  /// The next bytes of the file; false: the rest need not be read.
  bool feed(std::string_view piece) {
    if (!begun_ && piece.substr(0, 3) == "\xef\xbb\xbf") piece.remove_prefix(3);
    begun_ = true;
    if (const auto nul = piece.find('\0'); nul != piece.npos) {
      eat(piece.substr(0, nul));
      return mistake(line_, "a NUL byte; is the file UTF-16? save it as UTF-8");
    }
    return eat(piece);
  }
  /// After the last byte. `rows`: whether there must be some.
  Result<Rows> finish(bool rows) {
    if (!error_.empty()) return fail(Cause::BadInput, error_);
    end();
    if (!error_.empty()) return fail(Cause::BadInput, error_);
    if (rows_.columns_.empty())
      return fail(Cause::BadInput, fmt::format("{} is empty; {}", name_, wanted()));
    if (rows && rows_.size() == 0)
      return fail(Cause::BadInput, fmt::format("{} has a head and no row", name_));
    rows_.cells_.shrink_to_fit();
    rows_.starts_.shrink_to_fit();
    return std::move(rows_);
  }
  virtual bool head_known() const { return has_columns(); }

 protected:
  bool has_columns() const { return !rows_.columns_.empty(); }
  virtual bool eat(std::string_view piece) = 0;
  virtual void end() = 0;  ///< the last line may lack its line break
  virtual std::string_view wanted() const = 0;

  bool mistake(std::size_t line, std::string_view what) {
    if (error_.empty()) error_ = fmt::format("{}:{}: {}", name_, line, what);
    return false;
  }
  bool add_column(std::string name, std::size_t line) {
    if (rows_.columns_.size() == Rows::most_columns)
      return mistake(line, fmt::format("more than {} columns", Rows::most_columns));
    if (name.empty()) return mistake(line, "a column without a name; give it one");
    const bool usable =
        name.size() <= 200 && std::none_of(name.begin(), name.end(), [](char c) {
          return static_cast<unsigned char>(c) < 0x20 || c == '}' || c == '{' || c == '$';
        });
    // Columns are named in plans and journals, which are JSON: what is no UTF-8 changes there.
    const auto written = parse_json(to_json(Value(name)));
    if (!usable || !written || written->text() != name)
      return mistake(line, "a column's name cannot stand in `${…}`; use a short word");
    if (std::find(rows_.columns_.begin(), rows_.columns_.end(), name) != rows_.columns_.end())
      return mistake(line, fmt::format("the column `{}` stands there twice; rename one", name));
    rows_.columns_.push_back(std::move(name));
    return true;
  }
  void begin_row() { rows_.starts_.push_back(static_cast<std::uint32_t>(rows_.cells_.size())); }
  void add_cell(std::string_view cell) { rows_.cells_.append(cell).push_back('\0'); }

  Rows rows_;
  std::size_t line_ = 1;

 private:
  std::string name_, error_;
  bool begun_ = false;
};

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// RFC 4180, with line breaks of one character too.
class CsvBuilder final : public RowsBuilder {
 public:
  using RowsBuilder::RowsBuilder;

 private:
  enum class At { CellStart, Plain, Quoted, Quote, Return };

  std::string_view wanted() const override { return "its first line names the columns"; }
  bool head_known() const override { return !in_head_; }

  bool eat(std::string_view piece) override {
    for (std::size_t i = 0; i < piece.size(); ++i) {
      if (at_ == At::Plain) {  // most bytes are of this kind
        const std::size_t from = i;
        while (i < piece.size() && piece[i] != ',' && piece[i] != '\n' && piece[i] != '"') ++i;
        cell_.append(piece.substr(from, i - from));
        if (i == piece.size()) return true;
      }
      if (!eat(piece[i])) return false;
    }
    return true;
  }
  bool eat(char c) {
    switch (at_) {
      case At::CellStart:
        if (c == '"') {
          at_ = At::Quoted;
          quoted_ = true;
          quote_line_ = line_;
          return true;
        }
        [[fallthrough]];
      case At::Plain:
        if (c == ',') return end_cell();
        if (c == '\n') {
          if (!cell_.empty() && cell_.back() == '\r') cell_.pop_back();
          return end_line();
        }
        if (c == '"')
          return mistake(line_,
                         "a quote inside a cell; put the whole cell in quotes and double each "
                         "quote in it");
        cell_ += c;
        at_ = At::Plain;
        return true;
      case At::Quoted:
        if (c == '"') {
          at_ = At::Quote;
          return true;
        }
        line_ += c == '\n';
        cell_ += c;
        return true;
      case At::Quote:  // the end of the cell, or the first half of a quote in it
        if (c == '"') {
          cell_ += c;
          at_ = At::Quoted;
          return true;
        }
        if (c == ',') return end_cell();
        if (c == '\n') return end_line();
        at_ = At::Return;
        return c == '\r' || after_quote();
      case At::Return:
        return c == '\n' ? end_line() : after_quote();
    }
    return false;
  }
  bool after_quote() {
    return mistake(line_, "text after a closing quote; a quote inside a cell is doubled");
  }
  void end() override {
    if (at_ == At::Quoted)
      mistake(quote_line_, "a quote that is never closed");
    else if (at_ != At::CellStart || cells_ > 0)
      eat('\n');
  }

  bool end_cell() {
    if (in_head_) {
      if (!add_column(std::string(trimmed(cell_)), row_line_)) return false;
    } else {
      if (cells_ == 0) begin_row();
      // Further ones are counted only: the row is refused at its end.
      if (cells_ < rows_.columns().size()) add_cell(cell_);
    }
    ++cells_;
    cell_.clear();
    quoted_ = false;
    at_ = At::CellStart;
    return true;
  }
  bool end_line() {
    const bool nothing = cells_ == 0 && cell_.empty() && !quoted_;
    if (!nothing) {
      if (!end_cell()) return false;
      if (!in_head_ && cells_ != rows_.columns().size())
        return mistake(row_line_,
                       fmt::format("{} cell{}, and the head has {}; a cell with a comma in it "
                                   "stands in quotes",
                                   cells_, cells_ == 1 ? "" : "s", rows_.columns().size()));
      in_head_ = false;
    }
    at_ = At::CellStart;
    cells_ = 0;
    row_line_ = ++line_;
    return true;
  }

  At at_ = At::CellStart;
  bool in_head_ = true, quoted_ = false;
  std::size_t row_line_ = 1, quote_line_ = 1, cells_ = 0;
  std::string cell_;
};

class JsonLinesBuilder final : public RowsBuilder {
 public:
  using RowsBuilder::RowsBuilder;

 private:
  std::string_view wanted() const override { return "each of its lines is a JSON object"; }

  bool eat(std::string_view piece) override {
    while (true) {
      const auto end = piece.find('\n');
      text_.append(piece.substr(0, end));
      if (end == piece.npos) return true;
      piece.remove_prefix(end + 1);
      if (!end_line()) return false;
    }
  }
  void end() override { end_line(); }

  bool end_line() {
    const std::string text = std::exchange(text_, {});
    const std::size_t line = line_++;
    if (text.find_first_not_of(" \t\r") == text.npos) return true;
    const auto object = parse_json(text);
    if (!object || !object->is_map())
      return mistake(line, fmt::format("{}; each line is a JSON object: {{\"name\": \"value\"}}",
                                       object ? "this is " + std::string(object->kind_name())
                                              : object.error().message));
    if (!has_columns()) {
      if (object->entries().empty()) return mistake(line, "the first object has no keys");
      for (const auto& entry : object->entries())
        if (!add_column(entry.key, line)) return false;
    }
    spelled_.clear();
    for_each_member(text, [&](std::string_view key, std::string_view value) {
      spelled_.emplace_back(key, value);
    });
    begin_row();
    for (const auto& column : rows_.columns())
      if (!add_value(*object, column, line)) return false;
    return true;
  }
  bool add_value(const Value& object, const std::string& column, std::size_t line) {
    const Value* value = object.find(column);
    if (!value) return mistake(line, fmt::format("the key `{}` is missing", column));
    if (value->is_text()) {
      if (value->text().find('\0') != std::string::npos)
        return mistake(line, fmt::format("a NUL in `{}`", column));
      add_cell(value->text());
      return true;
    }
    // As the file spells it: a long number loses nothing. Of a key twice the last one counts.
    for (auto it = spelled_.rbegin(); it != spelled_.rend(); ++it)
      if (it->first == column) {
        add_cell(it->second);
        break;
      }
    return true;
  }

  std::string text_;
  std::vector<std::pair<std::string, std::string_view>> spelled_;
};

std::unique_ptr<RowsBuilder> builder_for(Rows::Format format, const std::string& name) {
  if (format == Rows::Format::Csv) return std::make_unique<CsvBuilder>(name);
  return std::make_unique<JsonLinesBuilder>(name);
}

}  // namespace

Rows::Format Rows::format_of(std::string_view path) {
  const bool json =
      path.ends_with(".jsonl") || path.ends_with(".ndjson") || path.ends_with(".json");
  return json ? Format::JsonLines : Format::Csv;
}

Result<Rows> Rows::load(const std::string& path) {
  const auto builder = builder_for(format_of(path), path);
  GF_TRY(
      read_pieces(path, most_bytes, [&](std::string_view piece) { return builder->feed(piece); }));
  return builder->finish(true);
}

Result<Rows> Rows::parse(std::string_view text, Format format, const std::string& name) {
  const auto builder = builder_for(format, name);
  builder->feed(text);
  return builder->finish(true);
}

Result<std::vector<std::string>> Rows::head(const std::string& path) {
  // The pieces are cut at the first line break behind which the columns are known, so that a
  // mistake further down is not told of a file that nobody asked to read.
  const auto builder = builder_for(format_of(path), path);
  GF_TRY(read_pieces(path, most_bytes, [&](std::string_view piece) {
    while (!piece.empty()) {
      const std::string_view line = piece.substr(0, piece.find('\n') + 1);
      const std::string_view part = line.empty() ? piece : line;
      if (!builder->feed(part)) return false;
      piece.remove_prefix(part.size());
      if (part.back() == '\n' && builder->head_known()) return false;
    }
    return true;
  }));
  GF_TRY_AS(Rows rows, builder->finish(false));
  return std::move(rows.columns_);
}

std::vector<std::string_view> Rows::row(std::size_t i) const {
  std::vector<std::string_view> out;
  row(i, out);
  return out;
}

void Rows::row(std::size_t i, std::vector<std::string_view>& out) const {
  out.clear();
  const char* at = cells_.data() + starts_[i];
  for (std::size_t k = 0; k < columns_.size(); ++k) {
    const std::size_t length = std::strlen(at);
    out.emplace_back(at, length);
    at += length + 1;
  }
}

}  // namespace gunflint
