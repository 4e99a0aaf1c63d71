#pragma once
/// What several parts of one undo came to. Every part is tried whatever became of the others.

#include "gunflint/base/result.hpp"

namespace gunflint {

/// An error that may pass when it is tried again outranks a Conflict, which ends the trying; that
/// outranks Gone, which is success. Conflicts are all told, of other errors the first.
class Failures {
 public:
  void add(Result<void> part) {
    if (part) return;
    Error error = std::move(part).error();
    if (whole_ || rank(error) > rank(whole_.error()))
      whole_ = fail(std::move(error));
    else if (error.cause == Cause::Conflict && whole_.error().cause == Cause::Conflict)
      whole_ = fail(Cause::Conflict, whole_.error().message + "; " + error.message);
  }
  Result<void> result() const { return whole_; }

 private:
  static int rank(const Error& error) {
    if (error.cause == Cause::Gone) return 0;
    return error.cause == Cause::Conflict ? 1 : 2;
  }
  Result<void> whole_;
};

}  // namespace gunflint
