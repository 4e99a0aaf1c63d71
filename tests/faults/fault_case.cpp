#include "faults/fault_case.hpp"

#include <cstdio>
#include <cstdlib>

namespace gunflint {

std::vector<FaultCase>& fault_cases() {
  static std::vector<FaultCase> all;
  return all;
}

Value json(std::string_view text) {
  auto value = parse_json(text);
  if (!value) {
    std::fprintf(stderr, "%s\n", value.error().message.c_str());
    std::abort();
  }
  return *value;
}

Injection::Injection(FakeHost& fake, const std::string& fault, FaultTrial asked, Tag tag)
    : trial(std::move(asked)), fake_(fake), kind_(find_fault(fault)), tag_(std::move(tag)) {
  if (!kind_) std::abort();
}
Result<void> Injection::observe() {
  GF_TRY_AS(const Value seen, kind_->observe(fake_.host(), trial.member, trial.params));
  saved_ = *parse_json(to_json(seen));  // as the ledger keeps it
  return {};
}
Result<void> Injection::inject() {
  return kind_->inject(fake_.host(), trial.member, trial.params, saved_, tag_);
}
Result<void> Injection::restore() { return kind_->restore(fake_.host(), saved_, tag_); }
Result<bool> Injection::restored() { return kind_->restored(fake_.host(), saved_, tag_); }
Result<Bite> Injection::bite() {
  return kind_->bite(fake_.host(), trial.member, trial.params, saved_, tag_);
}
std::string Injection::no_effect() const { return kind_->no_effect(trial.params, saved_); }

}  // namespace gunflint
