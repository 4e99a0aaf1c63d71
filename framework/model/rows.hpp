#pragma once
/// A file of rows for the users of a load, in memory: CSV with a head line (RFC 4180), or JSON
/// lines (one object per line).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gunflint/base/result.hpp"

namespace gunflint {

/// All cells lie in one buffer, in the order of the file, each ended by a NUL: a row costs four
/// bytes beside its text.
class Rows {
 public:
  enum class Format { Csv, JsonLines };
  static constexpr std::size_t most_bytes = std::size_t(1) << 30;  ///< of a file
  static constexpr std::size_t most_columns = 1000;

  /// `.jsonl`, `.ndjson` and `.json` are JSON lines, everything else is CSV.
  static Format format_of(std::string_view path);
  /// Reads the whole file. Errors: what read_pieces says; BadInput with `file:line` for a row that
  /// has not exactly one cell for each column, wrong quotes, a line that is no JSON object, a key
  /// that is missing, a NUL, a head with an empty, doubled or unusable name; and a file without a
  /// row. Lines of nothing are passed over.
  static Result<Rows> load(const std::string& path);
  /// The same of a text; `name` begins the messages.
  static Result<Rows> parse(std::string_view text, Format format, const std::string& name);
  /// Only the columns: reads the head line, or the first object.
  static Result<std::vector<std::string>> head(const std::string& path);

  /// CSV: the head line's cells, blanks around them removed. JSON lines: the first object's keys.
  const std::vector<std::string>& columns() const { return columns_; }
  std::size_t size() const { return starts_.size(); }  ///< rows, at least 1
  /// The cells of row `i` (below size()), one for each column; they live as long as this object.
  /// JSON: texts as they are, everything else as the file spells it.
  std::vector<std::string_view> row(std::size_t i) const;
  /// The same without an allocation once `out` has been as long.
  void row(std::size_t i, std::vector<std::string_view>& out) const;
  /// What all cells and rows cost.
  std::size_t bytes() const {
    return cells_.capacity() + starts_.capacity() * sizeof(std::uint32_t);
  }

 private:
  friend class RowsBuilder;
  std::vector<std::string> columns_;
  std::string cells_;
  std::vector<std::uint32_t> starts_;
};

}  // namespace gunflint
