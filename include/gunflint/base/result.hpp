#pragma once
/// Expected failure is a value; a bug is an assertion.
///
/// Every function that can fail for a reason outside the program returns Result<T>. Exceptions of
/// third-party libraries are caught in the one file that uses the library and become an Error.

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace gunflint {

/// A text that was read: its name as the user wrote it, and its content (for code frames).
struct SourceText {
  std::string name;
  std::string text;
};

/// Where something was written. `line` and `column` count from 1; 0 means "not from a file".
struct Mark {
  std::shared_ptr<const SourceText> source;
  int line = 0;
  int column = 0;

  explicit operator bool() const { return source != nullptr && line > 0; }
  /// "file:line:column", or an empty text when there is no position.
  std::string text() const;
  bool operator==(const Mark& other) const {
    return line == other.line && column == other.column && source == other.source;
  }
};

/// Why something failed, as far as a caller may want to act on it.
enum class Cause {
  BadInput,      ///< what was asked for makes no sense; asking again does not help
  NotPermitted,  ///< the kernel or a peer refuses
  Unreachable,   ///< the other side is not there
  TimedOut,      ///< no answer in the time given
  Unsupported,   ///< this machine or version cannot do it
  Conflict,      ///< somebody else holds or changed it
  Gone,          ///< the thing no longer exists (for an undo that is success)
  Io             ///< the operating system failed
};

/// One failure. `message` is a whole sentence for a person: what happened, why, what to do next.
struct Error {
  Cause cause = Cause::Io;
  std::string message;
  std::optional<Mark> where = std::nullopt;
};

template <class T = void>
using Result = tl::expected<T, Error>;

using Failure = tl::unexpected<Error>;

inline Failure fail(Cause cause, std::string message) {
  return Failure(Error{cause, std::move(message), std::nullopt});
}
inline Failure fail(Error error) { return Failure(std::move(error)); }

/// The error of the last system call (`number`: errno) as an Error that says what was attempted:
/// `fail_errno(errno, "open /proc/1/mem")` -> "cannot open /proc/1/mem: permission denied".
/// The cause follows from the number (ENOENT, ESRCH -> Gone; EPERM, EACCES -> NotPermitted; …).
Failure fail_errno(int number, const std::string& attempted);

std::string_view name_of(Cause cause);

}  // namespace gunflint

/// `GF_TRY(expr)`: go on if `expr` succeeded, else return its Error.
/// `GF_TRY_AS(declaration, expr)`: the same, and binds the value: `GF_TRY_AS(auto text,
/// read(path));`
#define GF_CONCAT2(a, b) a##b
#define GF_CONCAT(a, b) GF_CONCAT2(a, b)
#define GF_TRY(expression)                                                   \
  do {                                                                       \
    auto&& gf_result_ = (expression);                                        \
    if (!gf_result_) return ::gunflint::fail(std::move(gf_result_).error()); \
  } while (false)
#define GF_TRY_AS_IMPL(result, declaration, expression)            \
  auto result = (expression);                                      \
  if (!result) return ::gunflint::fail(std::move(result).error()); \
  declaration = std::move(*result)
#define GF_TRY_AS(declaration, expression) \
  GF_TRY_AS_IMPL(GF_CONCAT(gf_result_, __LINE__), declaration, expression)
