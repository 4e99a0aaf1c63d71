#pragma once
/// How a fault brings itself to the contract test: a function that furnishes a fake machine with
/// what the fault acts on, and says to whom and with which params.
///
///     GUNFLINT_FAULT_CASE(kill, worker) {
///       return {fake.add_process({.name = "gunicorn"}), json(R"({"signal": "SIGTERM"})")};
///     }

#include <ostream>
#include <string>
#include <vector>

#include "gunflint/base/value.hpp"
#include "gunflint/concepts/fault.hpp"
#include "support/fake_host.hpp"

namespace gunflint {

struct FaultTrial {
  Member member;
  Value params;
};

struct FaultCase {
  std::string fault, name;
  FaultTrial (*prepare)(FakeHost& fake);
};

/// For the names of failed tests.
inline void PrintTo(const FaultCase& one, std::ostream* out) {
  *out << one.fault << " " << one.name;
}

/// All cases of this program, filled before main.
std::vector<FaultCase>& fault_cases();

/// A JSON text as a document; a mistake in it ends the test program.
Value json(std::string_view text);

/// One injection done step by step, as an agent does it; documents travel as JSON text.
class Injection {
 public:
  Injection(FakeHost& fake, const std::string& fault, FaultTrial trial,
            Tag tag = {"gf-abcdefghij"});
  Result<void> observe();
  Result<void> inject();
  Result<void> restore();
  Result<bool> restored();
  Result<Bite> bite();
  std::string no_effect() const;
  const FaultKind& kind() const { return *kind_; }
  const Tag& tag() const { return tag_; }
  const Value& saved() const { return saved_; }
  FaultTrial trial;

 private:
  FakeHost& fake_;
  const FaultKind* kind_;
  Value saved_;
  Tag tag_;
};

}  // namespace gunflint

#define GUNFLINT_FAULT_CASE(fault_id, case_name)                                               \
  static ::gunflint::FaultTrial gunflint_case_##fault_id##_##case_name(::gunflint::FakeHost&); \
  static const bool gunflint_added_##fault_id##_##case_name =                                  \
      (::gunflint::fault_cases().push_back(                                                    \
           {#fault_id, #case_name, gunflint_case_##fault_id##_##case_name}),                   \
       true);                                                                                  \
  static ::gunflint::FaultTrial gunflint_case_##fault_id##_##case_name(                        \
      [[maybe_unused]] ::gunflint::FakeHost& fake)
