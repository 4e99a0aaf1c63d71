#pragma once
/// What other tools call things, and what they are called here.

#include <span>
#include <string>
#include <string_view>

#include "gunflint/base/problem.hpp"

namespace gunflint {

/// One row. `instead` names keys of ours, separated by `|`: the first that is known at the place is
/// suggested; when none is, `elsewhere` says where it belongs (empty: the row does not apply).
struct OtherWord {
  std::string_view tool, word, instead, elsewhere;
};
std::span<const OtherWord> other_words();        ///< of keys
std::span<const OtherWord> other_fault_types();  ///< of `type:`
std::span<const OtherWord> other_metrics();      ///< at the start of a condition

/// `abortOnFail`, `abort-on-fail` -> `abort_on_fail`
std::string folded(std::string_view word);

/// The hook for Reader::on_unknown_key.
bool report_unknown_key(Reader& reader, const std::string& key, const Mark& mark,
                        std::span<const std::string> known);

/// For a key that is near to none of many: points to the list instead of printing it.
bool report_far_key(Reader& reader, const std::string& key, const Mark& mark,
                    std::span<const std::string> known);

/// The row of `word` in `rows`, or nullptr.
const OtherWord* find_word(std::span<const OtherWord> rows, std::string_view word);

}  // namespace gunflint
