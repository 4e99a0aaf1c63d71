// Any bytes as an access log: requests that can be sent in order of time, or a sentence.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/access_log.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto log = gunflint::AccessLog::parse(
      std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!log) {
    if (log.error().message.empty()) std::abort();
    return 0;
  }
  gunflint::Duration last{};
  for (std::size_t i = 0; i < log->size(); ++i) {
    const auto request = (*log)[i];
    if (request.at < last || request.at >= log->length()) std::abort();
    last = request.at;
    if (request.method != "GET" && request.method != "HEAD") std::abort();
    if (request.target.empty() || request.target[0] != '/') std::abort();
    for (const char c : request.target)
      if (static_cast<unsigned char>(c) <= ' ') std::abort();
  }
  return 0;
}
