#include "gunflint/model/slice.hpp"

#include <algorithm>

namespace gunflint {

Duration quantile_so_far(const Histogram& ended, const Histogram& waiting, double q) {
  const Duration of_ended = ended.quantile(q);
  if (waiting.empty()) return of_ended;
  Histogram all = ended;
  all.merge(waiting);
  return std::max(of_ended, all.quantile(q));
}

Fields<StepSlice> StepSlice::fields() {
  using T = StepSlice;
  return {field("journey", &T::journey, "Journey."),
          field("step", &T::step, "Step."),
          field("ended", &T::ended, "Requests that ended."),
          field("failed", &T::failed, "Of these, failed."),
          field("attempts", &T::attempts, "Attempts, retries included."),
          field("errors", &T::errors, "Failures by class."),
          field("statuses", &T::statuses, "Whole answers by status code."),
          field("latency", &T::latency, "From the due time."),
          field("service", &T::service, "From the send."),
          field("waiting", &T::waiting, "Ages of those without an answer yet."),
          field("examples", &T::examples, "The first failure of each class, in words.")};
}

Fields<JourneySlice> JourneySlice::fields() {
  using T = JourneySlice;
  return {
      field("journey", &T::journey, "Journey."),
      field("due", &T::due, "Arrivals that fell due."),
      field("dropped", &T::dropped, "Due, never begun."),
      field("ended", &T::ended, "Ended."),
      field("completed", &T::completed, "Every step succeeded."),
      field("unfinished", &T::unfinished, "Ended in a think time, when the load did."),
      field("duration", &T::duration, "Due to last answer, without think time."),
      field("waiting", &T::waiting, "Ages of those that miss an answer."),
      field("ended_by_due", &T::ended_by_due, "Ended or dropped, by the second of the due time."),
      field("completed_by_due", &T::completed_by_due, "Completed, by the second of the due time.")};
}

Fields<Slice> Slice::fields() {
  using T = Slice;
  return {field("load", &T::load, "Load.").required(),
          field("worker", &T::worker, "Worker."),
          field("second", &T::second, "Second since t = 0.").required(),
          field("asked", &T::asked, "Arrivals per second that the schedule asks for."),
          field("sent", &T::sent, "Requests begun."),
          field("in_flight", &T::in_flight, "Journeys under way at the end of the second."),
          field("backlog", &T::backlog, "Due and waiting for a connection."),
          field("users", &T::users, "Closed loop: users that are wanted."),
          field("reconnects", &T::reconnects, "Connections opened again."),
          field("opened", &T::opened, "Connections opened."),
          field("connections", &T::connections, "Connections open at the end of the second."),
          field("bytes_in", &T::bytes_in, "Bytes received."),
          field("bytes_out", &T::bytes_out, "Bytes sent."),
          field("spoken", &T::spoken, "Connections opened, by what they speak."),
          field("last_end", &T::last_end, "When the last journey ended, since t = 0."),
          field("connect", &T::connect, "Time to open a connection."),
          field("late", &T::late, "How late each request asked for a connection: our own delay."),
          field("queued", &T::queued, "From there to the send, of those that had to wait for one."),
          field("lag", &T::lag, "How late the loop woke up."),
          field("cpu", &T::cpu, "Use of the generating threads."),
          field("saturated", &T::saturated, "The generator was the limit."),
          field("warm_up", &T::warm_up, "Not judged."),
          field("over", &T::over, "All that may begin have begun and ended."),
          field("last", &T::last, "The worker has drained."),
          field("steps", &T::steps, "By step."),
          field("journeys", &T::journeys, "By journey.")};
}

}  // namespace gunflint
