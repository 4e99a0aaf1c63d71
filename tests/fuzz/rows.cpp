// Any bytes as a file of rows, in both formats: rows or a sentence, never a crash, and the same
// whether the file comes in one piece or in several. What was read is written as CSV and read
// again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/rows.hpp"

using gunflint::Result;
using gunflint::Rows;

namespace {

std::string csv_cell(std::string_view cell) {
  std::string out = "\"";
  for (const char c : cell) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

void look_at_rows(std::string_view text, Rows::Format format) {
  const auto rows = Rows::parse(text, format, "fuzz");
  if (!rows) {
    if (rows.error().message.empty()) std::abort();
    return;
  }
  if (rows->size() == 0 || rows->columns().empty()) std::abort();
  std::string written;
  for (std::size_t k = 0; k < rows->columns().size(); ++k) written += std::to_string(k) + ",";
  written.back() = '\n';
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const auto row = rows->row(i);
    if (row.size() != rows->columns().size()) std::abort();
    for (const auto& cell : row) written += csv_cell(cell) + ",";
    written.back() = '\n';
  }
  const auto again = Rows::parse(written, Rows::Format::Csv, "again");
  if (!again || again->size() != rows->size()) std::abort();
  for (std::size_t i = 0; i < rows->size(); ++i)
    if (again->row(i) != rows->row(i)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  look_at_rows(text, Rows::Format::Csv);
  look_at_rows(text, Rows::Format::JsonLines);
  return 0;
}
