#include "gunflint/model/verdict.hpp"

#include <algorithm>

namespace gunflint {

Outcome worst(Outcome a, Outcome b) {
  static constexpr std::array order{
      Outcome::UndoIncomplete, Outcome::Hangup,     Outcome::Interrupted, Outcome::Terminated,
      Outcome::Aborted,        Outcome::Failed,     Outcome::ToolError,   Outcome::Invalid,
      Outcome::Inconclusive,   Outcome::NotStarted, Outcome::Held};
  return std::find(order.begin(), order.end(), a) < std::find(order.begin(), order.end(), b) ? a
                                                                                             : b;
}

Fields<Evidence> Evidence::fields() {
  using T = Evidence;
  return {field("from_second", &T::from_second, "First second since t = 0."),
          field("to_second", &T::to_second, "First second after it."),
          field("value", &T::value, "Measured value."),
          field("samples", &T::samples, "Samples behind it."),
          field("note", &T::note, "What it coincides with.")};
}

Fields<Finding> Finding::fields() {
  using T = Finding;
  return {field("kind", &T::kind, "What was judged.").required(),
          field("name", &T::name, "Its name.").required(),
          field("held", &T::held, "held, inconclusive or failed.").required(),
          field("measured", &T::measured, "Measured value."),
          field("limit", &T::limit, "What was asked."),
          field("sentence", &T::sentence, "Why."),
          field("evidence", &T::evidence, "When and which samples."),
          field("took_s", &T::took_s, "Seconds from its start moment."),
          field("file", &T::file, "File of the experiment."),
          field("line", &T::line, "Line in it.")};
}

Fields<Verdict> Verdict::fields() {
  using T = Verdict;
  return {field("outcome", &T::outcome, "How the run ended.").required(),
          field("sentence", &T::sentence, "The run in one sentence."),
          field("findings", &T::findings, "Everything that was judged."),
          field("users_due", &T::users_due, "Journeys due from first injection to last recovery."),
          field("users_affected", &T::users_affected, "Of these, not completed.")};
}

}  // namespace gunflint
