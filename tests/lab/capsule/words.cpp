#include "words.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include "files.hpp"

namespace capsule {
namespace {

constexpr std::string_view gtest_mark = "[  SKIPPED ]";
constexpr std::string_view script_mark = "skipped: ";

void print(std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(1, text.data(), text.size());
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

Words::Words(bool strict, const std::string& allowed) : strict_(strict) {
  std::istringstream lines(read(allowed));
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line[0] != '#') allowed_.push_back(line);
}

void Words::pass_on(int fd) {
  std::string waiting;
  std::array<char, 65536> part;
  for (ssize_t n; (n = ::read(fd, part.data(), part.size())) > 0;) {
    waiting.append(part.data(), static_cast<std::size_t>(n));
    for (std::size_t end; (end = waiting.find('\n')) != std::string::npos;) {
      pass_on_line(waiting.substr(0, end + 1));
      waiting.erase(0, end + 1);
    }
  }
  if (!waiting.empty()) pass_on_line(waiting);
}

/// GoogleTest: "file.cpp:21: Skipped", the reason, "[  SKIPPED ] Name". Scripts: "skipped: reason".
void Words::pass_on_line(std::string line) {
  const std::string text = line.substr(0, line.find('\n'));
  if (reason_follows_) skipped(text);
  reason_follows_ = text.ends_with(": Skipped");
  if (text.starts_with(script_mark)) skipped(text.substr(script_mark.size()));
  // The test runner believes this mark more than an exit code.
  if (const auto at = line.find(gtest_mark); refused_ && at != std::string::npos)
    line.replace(at, gtest_mark.size(), "[  MISSING ]");
  print(line);
}

int Words::code_for(int code) {
  if (code == 77 && reasons_.empty()) skipped("no reason was given");
  return refused_ ? 1 : code;
}

void Words::skipped(const std::string& reason) {
  reasons_.insert(reason);
  const auto fits = [&](const std::string& line) { return reason.find(line) != std::string::npos; };
  if (!strict_ || std::any_of(allowed_.begin(), allowed_.end(), fits)) return;
  refused_ = true;
  print(
      "capsule: skipping is not allowed here (GUNFLINT_REQUIRE_LAB=1), and the reason is not in "
      "tests/lab/skips.txt\n");
}

}  // namespace capsule
