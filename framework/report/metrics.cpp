// The one user of prometheus-cpp.
#include "report/metrics.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <prometheus/exposer.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <pthread.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <map>
#include <set>

#include "host/fd.hpp"
#include "report/run_view.hpp"

namespace gunflint {

namespace {

using Labels = prometheus::Labels;
using Gauges = prometheus::Family<prometheus::Gauge>;
using Counters = prometheus::Family<prometheus::Counter>;
using Histograms = prometheus::Family<prometheus::Histogram>;

const prometheus::Histogram::BucketBoundaries& bounds() {
  static const prometheus::Histogram::BucketBoundaries all{
      0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2,
      0.3,    0.5,    0.75,   1,     1.5,   2,     3,    5,    10,   30};
  return all;
}

/// How many of `h` fall into each bucket of bounds(), whole numbers that sum to its count.
std::vector<double> increments(const Histogram& h) {
  std::vector<double> counts;
  double above = static_cast<double>(h.count());
  for (double bound : bounds()) {
    const double rest = std::min(above, std::round(h.above(from_seconds(bound))));
    counts.push_back(above - rest);
    above = rest;
  }
  counts.push_back(above);
  return counts;
}

void observe(prometheus::Histogram& to, const Histogram& h) {
  if (h.empty()) return;
  to.ObserveMultiple(increments(h), seconds(h.mean()) * static_cast<double>(h.count()));
}

/// What a load tells about its steps, its connections and its generator; summed over workers.
class TrafficMetrics {
 public:
  explicit TrafficMetrics(prometheus::Registry& to)
      : service_(histograms(to, "gunflint_request_service_seconds",
                            "Latency of requests, from the send.")),
        journey_(
            histograms(to, "gunflint_journey_seconds",
                       "Length of journeys, from due to the last answer, without think time.")),
        connect_(histograms(to, "gunflint_connect_seconds",
                            "From the start of a connection until it carries requests.")),
        queued_(histograms(to, "gunflint_send_queued_seconds",
                           "Delay of sends that found no connection free.")),
        late_(histograms(to, "gunflint_generator_late_seconds",
                         "Delay of sends by the generator itself.")),
        lag_(histograms(to, "gunflint_generator_lag_seconds",
                        "How late the generator's loops woke up.")),
        attempts_(counters(to, "gunflint_request_attempts_total", "Attempts, with retries.")),
        answers_(counters(to, "gunflint_answers_total",
                          "Whole answers by status, of every attempt and redirect.")),
        sent_(counters(to, "gunflint_requests_sent_total", "Requests begun.")),
        opened_(counters(to, "gunflint_connections_opened_total", "Connections opened.")),
        reconnects_(counters(to, "gunflint_reconnects_total",
                             "Connections opened in place of one that the other side ended.")),
        received_(counters(to, "gunflint_received_bytes_total", "Bytes received, after TLS.")),
        written_(counters(to, "gunflint_sent_bytes_total", "Bytes sent, before TLS.")),
        step_latency_(gauges(to, "gunflint_step_latency_seconds",
                             "Latency quantiles of one step in the last second; NaN without any.")),
        backlog_(gauges(to, "gunflint_backlog", "Requests that wait for a connection.")),
        users_(gauges(to, "gunflint_users", "Users of a closed loop.")),
        connections_(gauges(to, "gunflint_connections", "Connections that are open.")),
        cpu_(gauges(to, "gunflint_generator_cpu_ratio",
                    "Share of a core that the busiest worker's loops use.")),
        warm_up_(gauges(to, "gunflint_warm_up", "1 while nothing is judged yet.")) {}

  void take(const Slice& slice) {
    const Labels load{{"load", slice.load}};
    for (const StepSlice& s : slice.steps) {
      Labels labels{{"load", slice.load}, {"journey", s.journey}, {"step", s.step}};
      observe(service_.Add(labels, bounds()), s.service);
      attempts_.Add(labels).Increment(static_cast<double>(s.attempts));
      show_quantiles(labels, s);
      for (const auto& [status, count] : s.statuses) {
        labels["status"] = status;
        answers_.Add(labels).Increment(static_cast<double>(count));
      }
    }
    for (const JourneySlice& j : slice.journeys)
      observe(journey_.Add({{"load", slice.load}, {"journey", j.journey}}, bounds()), j.duration);
    observe(connect_.Add(load, bounds()), slice.connect);
    observe(queued_.Add(load, bounds()), slice.queued);
    observe(late_.Add(load, bounds()), slice.late);
    observe(lag_.Add(load, bounds()), slice.lag);
    for (const auto& [counter, count] :
         {std::pair{&sent_, slice.sent}, std::pair{&opened_, slice.opened},
          std::pair{&reconnects_, slice.reconnects}, std::pair{&received_, slice.bytes_in},
          std::pair{&written_, slice.bytes_out}})
      counter->Add(load).Increment(static_cast<double>(count));
    show_levels(load, slice);
    warm_up_.Add(load).Set(slice.warm_up);
  }

 private:
  struct Levels {
    std::uint64_t backlog = 0, users = 0, connections = 0;
    double cpu = 0;
  };
  static Gauges& gauges(prometheus::Registry& to, const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(to);
  }
  static Counters& counters(prometheus::Registry& to, const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(to);
  }
  static Histograms& histograms(prometheus::Registry& to, const char* name, const char* help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(to);
  }
  /// The last slice told wins: with several workers this is one of them, an estimate of all.
  /// `percentile`: Prometheus keeps the label `quantile` for summaries, which are of the whole
  /// time.
  void show_quantiles(Labels labels, const StepSlice& s) {
    const bool measured = !s.latency.empty() || !s.waiting.empty();
    for (const auto& [name, q] :
         {std::pair{"p50", 0.5}, std::pair{"p90", 0.9}, std::pair{"p99", 0.99}}) {
      labels["percentile"] = name;
      step_latency_.Add(labels).Set(measured ? seconds(quantile_so_far(s.latency, s.waiting, q))
                                             : no_value);
    }
  }
  void show_levels(const Labels& load, const Slice& slice) {
    auto& of_workers = levels_[slice.load];
    of_workers[slice.worker] = {slice.backlog, slice.users, slice.connections, slice.cpu};
    Levels sum;
    for (const auto& [worker, one] : of_workers) {
      sum.backlog += one.backlog;
      sum.users += one.users;
      sum.connections += one.connections;
      sum.cpu = std::max(sum.cpu, one.cpu);
    }
    backlog_.Add(load).Set(static_cast<double>(sum.backlog));
    users_.Add(load).Set(static_cast<double>(sum.users));
    connections_.Add(load).Set(static_cast<double>(sum.connections));
    cpu_.Add(load).Set(sum.cpu);
  }

  Histograms &service_, &journey_, &connect_, &queued_, &late_, &lag_;
  Counters &attempts_, &answers_, &sent_, &opened_, &reconnects_, &received_, &written_;
  Gauges &step_latency_, &backlog_, &users_, &connections_, &cpu_, &warm_up_;
  std::map<std::string, std::map<int, Levels>> levels_;  ///< load -> worker
};

/// What civetweb wants to hear: "127.0.0.1:9464".
Result<std::string> listen_text(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  const std::string host = colon == address.npos ? "" : address.substr(0, colon);
  const std::string port = colon == address.npos ? address : address.substr(colon + 1);
  const bool digits = !port.empty() && port.size() <= 5 &&
                      port.find_first_not_of("0123456789") == port.npos && std::stoi(port) <= 65535;
  if (!digits || host.find_first_of(", sr+/") != host.npos)
    return fail(Cause::BadInput,
                fmt::format("`{}` is no address to serve metrics on; write a port, or an address "
                            "and a port like 127.0.0.1:9464",
                            address));
  return (host.empty() ? "127.0.0.1" : host) + ":" + port;
}

/// Why the web server cannot have that address: it does not say itself.
std::string why_not_listening(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  std::string host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto port = htons(static_cast<std::uint16_t>(std::stoi(listen.substr(colon + 1))));
  sockaddr_storage address{};
  socklen_t size = 0;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = port;
    std::memcpy(&address, &v4, size = sizeof v4);
  } else if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = port;
    std::memcpy(&address, &v6, size = sizeof v6);
  } else {
    return fmt::format("`{}` is no IP address", host);
  }
  const Fd probe(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  if (probe.get() >= 0) ::setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (probe.get() < 0 ||
      (::bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
       ::listen(probe.get(), 1) == 0))
    return "the web server did not start";
  switch (errno) {
    case EADDRINUSE:
      return "the port is taken";
    case EADDRNOTAVAIL:
      return "this machine does not have the address";
    case EACCES:
      return "this user may not have the port";
    default:
      return std::strerror(errno);
  }
}

}  // namespace

class MetricsServer::Page {
 public:
  Page()
      : registry_(std::make_shared<prometheus::Registry>()),
        running_(gauges("gunflint_experiment_running", "1 while the experiment runs.")),
        result_(gauges("gunflint_run_result", "Exit code of the run, when it has ended.")),
        phase_(gauges("gunflint_phase", "1 for the present phase.")),
        stage_(gauges("gunflint_stage", "1 for the present stage of a load.")),
        fault_(gauges("gunflint_fault_active", "1 while a fault is active.")),
        open_(gauges("gunflint_injections_open", "Injections in force now.")),
        hypothesis_(gauges("gunflint_hypothesis_ok", "1 green, 0 red, NaN unknown.")),
        recovery_(gauges("gunflint_recovery_seconds", "Time from all clear to recovered.")),
        asked_(
            gauges("gunflint_arrivals_asked", "Journeys per second that the schedule asks for.")),
        latency_(gauges("gunflint_latency_seconds",
                        "Latency quantiles of the last second, from the due time.")),
        in_flight_(gauges("gunflint_in_flight", "Journeys in flight.")),
        saturated_(gauges("gunflint_generator_saturated",
                          "1 when the generator was the limit in the last second.")),
        late_(gauges("gunflint_send_late_seconds",
                     "p99 of the generator's own lateness in the last second.")),
        ready_(gauges("gunflint_members_ready", "Members of a target that are ready.")),
        desired_(gauges("gunflint_members_desired", "Members that the orchestrator wants.")),
        restarts_(
            gauges("gunflint_member_restarts", "Restarts and replacements since the run began.")),
        due_(counters("gunflint_journeys_due_total", "Journeys that fell due.")),
        dropped_(
            counters("gunflint_journeys_dropped_total", "Journeys that were due and never begun.")),
        ended_(counters("gunflint_journeys_ended_total", "Journeys that ended.")),
        completed_(counters("gunflint_journeys_completed_total",
                            "Journeys in which every step succeeded.")),
        unfinished_(counters("gunflint_journeys_unfinished_total",
                             "Journeys that ended in a think time, when the load did.")),
        requests_(counters("gunflint_requests_total",
                           "Requests that ended, by class of error; empty for a success.")),
        seconds_(histograms("gunflint_request_seconds", "Latency of requests, from the due time.")),
        traffic_(*registry_) {}

  /// Throws what civetweb throws.
  void listen(const std::string& address) {
    exposer_ = std::make_unique<prometheus::Exposer>(address, 2);
    exposer_->RegisterCollectable(registry_);
    host_ = address.substr(0, address.rfind(':'));
  }
  int port() const {
    const auto ports = exposer_->GetListeningPorts();
    return ports.empty() ? 0 : ports.front();
  }
  const std::string& host() const { return host_; }

  void on(const Event& event) {
    reader_.on(event);
    std::visit([&](const auto& what) { take(what); }, event.what);
  }

 private:
  Gauges& gauges(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_);
  }
  Counters& counters(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_);
  }
  Histograms& histograms(const char* name, const char* help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_);
  }
  Labels run_labels() const { return {{"name", start_.name}, {"run", start_.run}}; }

  template <class T>
  void take(const T&) {}
  void take(const RunStarted& e) {
    start_ = e;
    running_.Add(run_labels()).Set(0);
  }
  void take(const LoadStarted&) { running_.Add(run_labels()).Set(1); }
  void take(const PhaseStarted& e) {
    if (last_phase_) last_phase_->Set(0);
    last_phase_ = &phase_.Add({{"phase", e.phase}});
    last_phase_->Set(1);
  }
  void take(const StageStarted& e) {
    auto& last = last_stage_[e.load];
    if (last) last->Set(0);
    last = &stage_.Add({{"load", e.load}, {"stage", e.stage}});
    last->Set(1);
  }
  void take(const FaultStarted& e) { show_fault(e.fault); }
  void take(const Injected& e) {
    show_fault(e.fault);
    open_injections_[e.fault].insert(e.injection);
    show_open(e.fault);
  }
  void take(const Undone& e) {
    if (e.verified || e.gone) open_injections_[e.fault].erase(e.injection);
    show_open(e.fault);
  }
  void take(const FaultEnded& e) {
    show_fault(e.fault);
    // An instant fault has no undo: with its act nothing of it is in force any more.
    bool waits_for_undo = false;
    for (const InjectionView& i : reader_.view().injections)
      waits_for_undo |= i.fault == e.fault && i.undone && !i.verified && !i.gone;
    if (!waits_for_undo) open_injections_[e.fault].clear();
    show_open(e.fault);
  }
  void take(const HypothesisTurned& e) {
    hypothesis_.Add({{"name", e.hypothesis}})
        .Set(e.state == "green" ? 1
             : e.state == "red" ? 0
                                : no_value);
  }
  void take(const RecoveredEvent& e) {
    if (e.ok) recovery_.Add({{"fault", e.fault}}).Set(e.took_s);
  }
  void take(const TargetSeen& e) {
    const Labels labels{{"target", e.target}};
    const bool known = e.unknown.empty();
    ready_.Add(labels).Set(known ? e.ready : no_value);
    desired_.Add(labels).Set(known ? e.desired : no_value);
    restarts_.Add(labels).Set(known ? e.restarts : no_value);
  }
  void take(const SliceTaken& e) {
    for (const JourneySlice& j : e.slice.journeys) {
      const Labels labels{{"load", e.slice.load}, {"journey", j.journey}};
      due_.Add(labels).Increment(static_cast<double>(j.due));
      dropped_.Add(labels).Increment(static_cast<double>(j.dropped));
      ended_.Add(labels).Increment(static_cast<double>(j.ended));
      completed_.Add(labels).Increment(static_cast<double>(j.completed));
      unfinished_.Add(labels).Increment(static_cast<double>(j.unfinished));
    }
    for (const StepSlice& s : e.slice.steps) {
      Labels labels{{"load", e.slice.load}, {"journey", s.journey}, {"step", s.step}};
      observe(seconds_.Add(labels, bounds()), s.latency);
      for (const auto& [error, count] : s.errors) {
        labels["error"] = error;
        requests_.Add(labels).Increment(static_cast<double>(count));
      }
      labels["error"] = "";
      requests_.Add(labels).Increment(static_cast<double>(s.ended - s.failed));
    }
    traffic_.take(e.slice);
  }
  void take(const SecondClosed&) {
    for (const LoadView& load : reader_.view().loads) {
      if (load.seconds.empty()) continue;
      const LoadSecond& s = load.seconds.back();
      const Labels labels{{"load", load.name}};
      asked_.Add(labels).Set(s.asked);
      in_flight_.Add(labels).Set(static_cast<double>(s.in_flight));
      saturated_.Add(labels).Set(s.saturated);
      late_.Add(labels).Set(s.late);
      for (const auto& [percentile, value] :
           {std::pair{"p50", s.p50}, std::pair{"p95", s.p95}, std::pair{"p99", s.p99}})
        latency_.Add({{"load", load.name}, {"percentile", percentile}}).Set(value);
    }
  }
  void take(const RunEnded& e) {
    running_.Add(run_labels()).Set(0);
    result_.Add(run_labels()).Set(e.exit);
  }

  void show_fault(const std::string& name) {
    const FaultView* f = reader_.view().fault(name);
    if (!f) return;
    fault_.Add({{"fault", f->name}, {"kind", f->type}, {"target", f->target}})
        .Set(f->from && !f->to ? 1 : 0);
  }
  void show_open(const std::string& name) {
    open_.Add({{"fault", name}}).Set(static_cast<double>(open_injections_[name].size()));
  }

  std::shared_ptr<prometheus::Registry> registry_;
  Gauges &running_, &result_, &phase_, &stage_, &fault_, &open_, &hypothesis_, &recovery_, &asked_,
      &latency_, &in_flight_, &saturated_, &late_, &ready_, &desired_, &restarts_;
  Counters &due_, &dropped_, &ended_, &completed_, &unfinished_, &requests_;
  Histograms& seconds_;
  TrafficMetrics traffic_;
  RunReader reader_;
  RunStarted start_;
  prometheus::Gauge* last_phase_ = nullptr;
  std::map<std::string, prometheus::Gauge*> last_stage_;
  std::map<std::string, std::set<std::string>> open_injections_;
  std::string host_;
  std::unique_ptr<prometheus::Exposer> exposer_;  ///< last: its threads end before what they read
};

MetricsServer::MetricsServer(std::unique_ptr<Page> page) : page_(std::move(page)) {}
MetricsServer::MetricsServer(MetricsServer&&) noexcept = default;
MetricsServer& MetricsServer::operator=(MetricsServer&&) noexcept = default;
MetricsServer::~MetricsServer() = default;

Result<MetricsServer> MetricsServer::start(const std::string& address) {
  GF_TRY_AS(const std::string listen, listen_text(address));
  // Threads inherit the mask: a signal for the run must reach the run, not the web server.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  auto page = std::make_unique<Page>();
  bool listening = true;
  try {
    page->listen(listen);
  } catch (const std::exception&) {
    listening = false;  // what it says is about itself, not about the port
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!listening)
    return fail(Cause::Conflict,
                fmt::format("cannot serve metrics on {}: {}; choose another with --metrics", listen,
                            why_not_listening(listen)));
  return MetricsServer(std::move(page));
}

void MetricsServer::on(const Event& event) { page_->on(event); }
int MetricsServer::port() const { return page_->port(); }
std::string MetricsServer::url() const {
  return fmt::format("http://{}:{}/metrics", page_->host(), port());
}

}  // namespace gunflint
