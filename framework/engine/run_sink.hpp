#pragma once
/// Where the parts of Run put what happens and what is to be done.

#include "engine/input.hpp"

namespace gunflint {

class RunSink {
 public:
  virtual ~RunSink() = default;
  virtual void happen(Duration at, Happening what) = 0;
  virtual void ask(Task task) = 0;
};

}  // namespace gunflint
