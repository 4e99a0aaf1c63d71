#include "report/style.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace gunflint {

namespace {

bool is_utf8(const std::string& locale) {
  std::string upper;
  for (char c : locale)
    if (c != '-') upper += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return upper.find("UTF8") != upper.npos;
}

}  // namespace

Style Style::of(int fd, const std::function<std::optional<std::string>(const char*)>& environment) {
  auto set = [&](const char* name) {
    auto value = environment(name);
    return value && !value->empty();
  };
  Style style;
  const bool terminal = ::isatty(fd) == 1 && environment("TERM").value_or("") != "dumb";
  const std::string ci = environment("CI").value_or("");
  style.redraw = terminal && (ci.empty() || ci == "false" || ci == "0");
  const std::string forced = environment("CLICOLOR_FORCE").value_or("");
  style.colour = !set("NO_COLOR") && (terminal || (!forced.empty() && forced != "0"));
  std::string locale = environment("LC_ALL").value_or("");
  if (locale.empty()) locale = environment("LC_CTYPE").value_or("");
  if (locale.empty()) locale = environment("LANG").value_or("");
  // Files and pipes get UTF-8: whatever reads them later is not this terminal.
  style.unicode = !terminal || is_utf8(locale);
  winsize size{};
  if (terminal && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    style.width = std::clamp<int>(size.ws_col, 20, 200);
    style.height = std::clamp<int>(size.ws_row, 5, 200);
  }
  return style;
}

Style Style::of(int fd) {
  return of(fd, [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    return value ? std::optional<std::string>(value) : std::nullopt;
  });
}

std::string inked(const Style& style, Ink ink, std::string_view text) {
  if (!style.colour || ink == Ink::None || text.empty()) return std::string(text);
  const char* code = "";
  switch (ink) {
    case Ink::None:
      break;
    case Ink::Bold:
      code = "1";
      break;
    case Ink::Dim:
      code = "2";
      break;
    case Ink::Red:
      code = "31";
      break;
    case Ink::Green:
      code = "32";
      break;
    case Ink::Yellow:
      code = "33";
      break;
    case Ink::Blue:
      code = "34";
      break;
  }
  return std::string("\033[") + code + "m" + std::string(text) + "\033[0m";
}

}  // namespace gunflint
