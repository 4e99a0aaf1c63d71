#include "gunflint/base/result.hpp"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace gunflint {

std::string Mark::text() const {
  if (!*this) return {};
  return fmt::format("{}:{}:{}", source->name, line, column);
}

std::string_view name_of(Cause cause) {
  switch (cause) {
    case Cause::BadInput:
      return "bad input";
    case Cause::NotPermitted:
      return "not permitted";
    case Cause::Unreachable:
      return "unreachable";
    case Cause::TimedOut:
      return "timed out";
    case Cause::Unsupported:
      return "unsupported";
    case Cause::Conflict:
      return "conflict";
    case Cause::Gone:
      return "gone";
    case Cause::Io:
      return "io";
  }
  return "?";
}

namespace {
Cause cause_of(int number) {
  switch (number) {
    case ENOENT:
    case ESRCH:
    case ENODEV:
    case ENXIO:
    case ECHILD:
      return Cause::Gone;
    case EPERM:
    case EACCES:
    case EROFS:
      return Cause::NotPermitted;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ECONNRESET:
    case EPIPE:
      return Cause::Unreachable;
    case ETIMEDOUT:
      return Cause::TimedOut;
    case ENOSYS:
    case EOPNOTSUPP:
    case EPROTONOSUPPORT:
    case EAFNOSUPPORT:
      return Cause::Unsupported;
    case EEXIST:
    case EBUSY:
    case EADDRINUSE:
    case ETXTBSY:
      return Cause::Conflict;
    case EINVAL:
    case ENAMETOOLONG:
    case ENOTDIR:
    case EISDIR:
      return Cause::BadInput;
    default:
      return Cause::Io;
  }
}
}  // namespace

Failure fail_errno(int number, const std::string& attempted) {
  std::string why = std::strerror(number);
  if (!why.empty() && why[0] >= 'A' && why[0] <= 'Z' && !(why[1] >= 'A' && why[1] <= 'Z'))
    why[0] = static_cast<char>(why[0] - 'A' + 'a');
  return fail(cause_of(number), fmt::format("cannot {}: {}", attempted, why));
}

}  // namespace gunflint
