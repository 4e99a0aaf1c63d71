#include "faults/fault_case.hpp"

GUNFLINT_FAULT_CASE(noop, plain) {
  return {fake.add_process({.name = "web"}), gunflint::Value::map()};
}
