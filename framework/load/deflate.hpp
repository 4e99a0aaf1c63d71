#pragma once
/// Compression in the zlib format (RFC 1950).

#include <string>
#include <string_view>

namespace gunflint {

std::string deflate(std::string_view bytes);

}  // namespace gunflint
