#pragma once
/// The members of a JSON object as they are spelled.

#include <functional>
#include <string>
#include <string_view>

namespace gunflint {

/// Calls back with each key (its escapes resolved) and the text of its value, in the order of the
/// text. Precondition: parse_json accepts `object`, and finds a map (RFC 8259).
void for_each_member(std::string_view object,
                     const std::function<void(std::string_view key, std::string_view value)>& call);

}  // namespace gunflint
