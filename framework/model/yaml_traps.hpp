#pragma once
/// The traps that YAML sets, met by name.

#include <memory>
#include <string>

#include "gunflint/model/reader.hpp"

namespace gunflint {

/// Looks at the bare text: nothing but UTF-8 without control characters and without tabs that
/// indent, and within the limits. False (with a problem) if the parser should not see it.
/// `open_quote` is where a quote seems to begin that never ends, else npos.
bool check_text(const std::shared_ptr<const SourceText>& source, Reader& reader,
                const ReadLimits& limits, std::size_t& open_quote);

/// A problem for what the parser refused at `where`; `message` is its own word for it.
void report_syntax(const Mark& where, const std::string& message, Reader& reader);

/// Reports an unknown key that is the rest of a value torn by YAML (`b)` after a comma, the part
/// after `?`). False if it is no such thing.
bool report_torn_key(Reader& reader, const std::string& key, const Mark& mark);

/// Line number `line` (from 1) of a text, without its end.
std::string_view line_of(const std::string& text, int line);

}  // namespace gunflint
