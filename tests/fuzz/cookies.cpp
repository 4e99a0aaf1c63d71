// libFuzzer: Set-Cookie lines, one after the other into one jar, and what is sent after each. The
// first byte says from where. Whatever they are: no second header line, nothing sent to whom it
// does not belong, nothing that was not set.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "load/cookies.hpp"

using gunflint::CookieJar;

namespace {
std::string sent(const CookieJar& jar, std::string_view host, std::string_view target,
                 std::time_t now, bool tls) {
  std::string head;
  jar.append_to(head, host, target, now, tls);
  if (head.empty()) return head;
  if (!head.starts_with("Cookie: ") || head.find_first_of("\r\n") != head.size() - 2 ||
      !head.ends_with("\r\n") || head.find('\0') != head.npos)
    std::abort();
  return head;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr std::string_view hosts[] = {"shop.example", "a.shop.example", "10.0.0.1", "::1"};
  constexpr std::string_view targets[] = {"/", "/cart/add?x=/y", "/cart", "*"};
  const auto where = data[0];
  const auto host = hosts[where & 3], target = targets[(where >> 2) & 3];
  const bool tls = where & 16;
  const std::time_t now = 1'800'000'000;
  CookieJar jar;
  std::string_view lines(reinterpret_cast<const char*>(data + 1), size - 1);
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    const std::string line(lines.substr(0, end));
    lines = end == lines.npos ? std::string_view{} : lines.substr(end + 1);
    jar.take(line, host, target, now, tls);
    if (!sent(jar, "elsewhere", target, now, true).empty()) std::abort();
    if (!sent(jar, "0.0.1", target, now, true).empty()) std::abort();
    const auto plain = sent(jar, host, target, now, false),
               all = sent(jar, host, target, now, true);
    const auto later = sent(jar, host, target, now + 3600, true);
    if (plain.size() > all.size() || later.size() > all.size()) std::abort();
    if (jar.empty() && !all.empty()) std::abort();
    const auto name = line.substr(0, line.find('='));
    const auto value = jar.find(name, now);
    if (value && value->size() > 4096) std::abort();
  }
  return 0;
}
