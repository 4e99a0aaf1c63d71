#pragma once
/// What the place we write to can show.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace gunflint {

struct Style {
  bool redraw = false;  ///< a terminal that may be drawn over; false: plain lines
  bool colour = false;
  bool unicode = true;  ///< the locale is UTF-8
  int width = 80;
  int height = 24;

  /// The style of a file descriptor. `environment` returns nullopt for what is not set. Rules:
  /// redraw only on a terminal, never with CI set or TERM=dumb; colour on such a terminal unless
  /// NO_COLOR is set and not empty, and anywhere with CLICOLOR_FORCE other than 0 (NO_COLOR wins).
  static Style of(int fd,
                  const std::function<std::optional<std::string>(const char*)>& environment);
  static Style of(int fd);  ///< with the environment of this process
};

enum class Ink { None, Bold, Dim, Red, Green, Yellow, Blue };
/// `text` in that colour, if the style has colours.
std::string inked(const Style& style, Ink ink, std::string_view text);

/// Writes text somewhere.
using Sink = std::function<void(std::string_view)>;

}  // namespace gunflint
