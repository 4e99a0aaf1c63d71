#include "gunflint/base/shape.hpp"

namespace gunflint {

std::string usual_value(const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::Duration:
      return "30s";
    case Shape::Kind::Rate:
      return "50/s";
    case Shape::Kind::Share:
      return "50%";
    case Shape::Kind::Bytes:
      return "256MiB";
    case Shape::Kind::Enum:
      return shape.names.front();
    default:
      return {};
  }
}

}  // namespace gunflint
