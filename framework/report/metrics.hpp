#pragma once
/// `run --metrics ADDR`, `load --metrics ADDR`: what runs now as a /metrics page, so that
/// dashboards can draw it beside the system's own metrics and shade the fault windows. Read from
/// events, like any report.
///
///   gunflint_experiment_running{name,run}        1 from load start to the end of the run
///   gunflint_run_result{name,run}                exit code; appears when the run has ended
///   gunflint_phase{phase}                        1 for the present phase, 0 for those that were
///   gunflint_stage{load,stage}                   1 for the present stage, 0 for those that were
///   gunflint_fault_active{fault,kind,target}     1 while active (semantics 7), else 0
///   gunflint_injections_open{fault}              injections in force now
///   gunflint_hypothesis_ok{name}                 1 green, 0 red, NaN unknown
///   gunflint_recovery_seconds{fault}             time to recover, once it is known
///   gunflint_arrivals_asked{load}                journeys per second that the schedule asks for
///   gunflint_journeys_{due,dropped,ended,completed}_total{load,journey}
///   gunflint_requests_total{load,journey,step,error}  error is the class, empty for a success
///   gunflint_request_seconds{load,journey,step}  histogram, from the due time
///   gunflint_latency_seconds{load,percentile}    of the last closed second; NaN without requests
///   gunflint_in_flight{load}, gunflint_generator_saturated{load},
///   gunflint_send_late_seconds{load}             p99 of the generator's own lateness
///   gunflint_request_service_seconds{load,journey,step}  histogram, from the send
///   gunflint_step_latency_seconds{load,journey,step,percentile}  of the last second, like the
///   above gunflint_request_attempts_total{load,journey,step}    with retries
///   gunflint_journey_seconds{load,journey}       histogram, from due to the last answer
///   gunflint_requests_sent_total{load}
///   gunflint_connections{load}, gunflint_connections_opened_total{load},
///   gunflint_reconnects_total{load}, gunflint_connect_seconds{load} (histogram)
///   gunflint_{received,sent}_bytes_total{load}
///   gunflint_backlog{load}, gunflint_users{load}, gunflint_warm_up{load}
///   gunflint_send_queued_seconds{load}           histogram: no connection was free
///   gunflint_generator_{late,lag}_seconds{load}  histograms: our own delay, our loops' wake-ups
///   gunflint_generator_cpu_ratio{load}
///   gunflint_members_{ready,desired}{target}, gunflint_member_restarts{target}

#include <memory>
#include <string>

#include "gunflint/base/result.hpp"
#include "gunflint/model/event.hpp"

namespace gunflint {

class MetricsServer {
 public:
  /// Listens on `address`: "9464" and ":9464" (loopback), "host-ip:9464", "[::]:9464", or
  /// "0.0.0.0:9464". Port 0 takes a free one. The page is /metrics. Two threads of its own, which
  /// take no signals.
  static Result<MetricsServer> start(const std::string& address);
  MetricsServer(MetricsServer&&) noexcept;
  MetricsServer& operator=(MetricsServer&&) noexcept;
  ~MetricsServer();

  /// Every event of the run, in the journal's order; from one thread.
  void on(const Event& event);
  int port() const;
  std::string url() const;

 private:
  class Page;
  explicit MetricsServer(std::unique_ptr<Page> page);
  std::unique_ptr<Page> page_;
};

}  // namespace gunflint
