#pragma once
/// `gunflint load --json`: docs/reference/load-output.md. Keys are only added while `format` is 1.

#include "cli/load_text.hpp"

namespace gunflint {

/// What one load did, second by second, as columns of equal length. Warm-up is in it, marked.
class LoadSeconds {
 public:
  void add(const Slice& slice);
  Value value() const;

 private:
  std::map<std::string, Value> columns_;
};

/// `seconds`: as the order's loads. Its keys of the whole stand at the top, and again per load
/// under `loads`.
Value load_document(const LoadOrder& order, const LoadResult& result,
                    const std::vector<LoadSeconds>& seconds, WallTime started, int exit_code);

}  // namespace gunflint
