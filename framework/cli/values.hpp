#pragma once
/// What values look like, in words: `gunflint explain duration` and the section "Values" of the
/// reference page of keys.

#include <span>
#include <string>
#include <string_view>

namespace gunflint {

/// One way to write a value, and what it means.
struct Spelling {
  std::string_view text, meaning;
};

struct ValueWord {
  std::string_view name;  ///< "duration"
  std::string_view also;  ///< other words that lead here, each between blanks: " time length "
  std::string_view what;  ///< a few sentences
  std::span<const Spelling> spellings;
  std::string_view example;  ///< YAML that the reader accepts: a fragment of an experiment
};

/// In the order in which a person meets them.
std::span<const ValueWord> value_words();
/// By its name or another word for it; null when it is none.
const ValueWord* find_value_word(std::string_view word);

/// For a terminal.
std::string value_text(const ValueWord& word);
/// For the reference page.
std::string values_section();

}  // namespace gunflint
