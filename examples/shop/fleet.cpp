// Starts the shop and keeps it running: replaces instances that die, and, when asked, adds and
// removes instances with the load. DIR/shop.json says where everything is, once everything is.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

#include "balancer_client.hpp"
#include "net.hpp"
#include "roles.hpp"

namespace shop {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

volatile std::sig_atomic_t stopping = 0;

std::string self() {
  char path[4096];
  const auto n = ::readlink("/proc/self/exe", path, sizeof path);
  return n > 0 ? std::string(path, static_cast<std::size_t>(n)) : "gunflint-shop";
}

std::string haproxy_program() {
  for (const char* path : {"/usr/sbin/haproxy", "/usr/bin/haproxy", "/usr/local/sbin/haproxy"})
    if (::access(path, X_OK) == 0) return path;
  return {};
}

pid_t start(const std::vector<std::string>& argv, const std::string& log) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  // The shop never outlives its fleet.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  ::dup2(out, 1);
  ::dup2(out, 2);
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execv(words[0], words.data());
  std::fprintf(stderr, "cannot start %s: %s\n", words[0], std::strerror(errno));
  ::_exit(127);
}

struct Instance {
  enum class State { Empty, Booting, Serving, Draining } state = State::Empty;
  pid_t pid = 0;
  Clock::time_point since{};
};

class Fleet {
 public:
  explicit Fleet(const Options& options)
      : dir_(options.text("dir", ".")),
        port_(options.integer("port", 18400)),
        workers_(options.integer("workers", 2)),
        least_(options.integer("instances", 2)),
        most_(std::max(least_, options.integer("max", 4))),
        boot_(options.integer("boot-ms", 800)),
        connections_(options.integer("connections", 100)),
        autoscale_(options.has("autoscale")),
        application_(options.text("application")),
        gunicorn_(options.text("gunicorn", "/usr/bin/gunicorn")),
        balancer_(dir_ + "/balancer.sock"),
        instances_(static_cast<std::size_t>(most_)) {}

  int run() {
    start_database();
    start_balancer();
    for (int i = 0; i < least_; ++i) boot(i);
    bool told = false;
    while (!stopping) {
      reap();
      advance();
      if (autoscale_) scale();
      if (!told && count(Instance::State::Serving) >= least_) told = tell();
      std::this_thread::sleep_for(50ms);
    }
    end_all();
    return 0;
  }

 private:
  std::string log(const std::string& who) const { return dir_ + "/" + who + ".log"; }
  int database_port() const { return port_ + 1; }
  // The admin port is the lower one of an instance: a target's ${member.port}.
  int admin_port(int slot) const { return port_ + 100 + slot; }
  int web_port(int slot) const { return port_ + 200 + slot; }

  void start_database() {
    others_.push_back(start({self(), "database", "--port", std::to_string(database_port()),
                             "--connections", std::to_string(connections_), "--dir", dir_},
                            log("database")));
  }

  void start_balancer() {
    const auto haproxy = haproxy_program();
    if (haproxy.empty()) {
      others_.push_back(start({self(), "balancer", "--port", std::to_string(port_), "--slots",
                               std::to_string(most_), "--socket", dir_ + "/balancer.sock"},
                              log("balancer")));
    } else {
      write_haproxy_configuration();
      others_.push_back(start({haproxy, "-db", "-f", dir_ + "/haproxy.cfg"}, log("balancer")));
    }
    for (int i = 0; i < 100 && !balancer_.send("show stat"); ++i) std::this_thread::sleep_for(50ms);
  }

  void write_haproxy_configuration() const {
    std::ofstream(dir_ + "/haproxy.cfg")
        << "global\n  maxconn 4000\n  stats socket " << dir_
        << "/balancer.sock mode 600 level admin\n"
        << "defaults\n  mode http\n  timeout connect 1s\n  timeout client 30s\n  timeout server "
           "30s\n"
        << "  timeout queue 10s\n  option http-server-close\n  option abortonclose\n  retries 1\n"
        << "frontend door\n  bind 127.0.0.1:" << port_ << "\n  default_backend shop\n"
        << "backend shop\n  balance leastconn\n  option redispatch\n  server-template web 1-"
        << most_ << " 127.0.0.1:1 disabled\n";
  }

  /// The command of one instance: our own web tier, or gunicorn with an application of the user's.
  std::vector<std::string> web_command(int slot) const {
    if (!application_.empty())
      return {gunicorn_,
              "--workers",
              std::to_string(workers_),
              "--bind",
              "127.0.0.1:" + std::to_string(web_port(slot)),
              "--chdir",
              dir_,
              "--no-sendfile",
              "--worker-tmp-dir",
              "/dev/shm",
              application_};
    return {self(),         "web",
            "--dir",        dir_,
            "--port",       std::to_string(web_port(slot)),
            "--admin-port", std::to_string(admin_port(slot)),
            "--workers",    std::to_string(workers_),
            "--database",   std::to_string(database_port()),
            "--boot-ms",    std::to_string(boot_)};
  }

  void boot(int slot) {
    auto& instance = instances_[static_cast<std::size_t>(slot)];
    instance.pid = start(web_command(slot), log("web" + std::to_string(slot + 1)));
    instance.state = Instance::State::Booting;
    instance.since = Clock::now();
  }

  void reap() {
    int status = 0;
    for (pid_t pid; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;)
      for (int slot = 0; slot < most_; ++slot) {
        auto& instance = instances_[static_cast<std::size_t>(slot)];
        if (instance.pid != pid) continue;
        balancer_.disable(slot + 1);
        const bool was_draining = instance.state == Instance::State::Draining;
        instance = {};
        std::printf("web%d ended%s\n", slot + 1, was_draining ? "" : "; starting a replacement");
        if (!was_draining) boot(slot);
      }
    std::fflush(stdout);
  }

  void advance() {
    for (int slot = 0; slot < most_; ++slot) {
      auto& instance = instances_[static_cast<std::size_t>(slot)];
      const auto age = Clock::now() - instance.since;
      if (instance.state == Instance::State::Booting &&
          dial(application_.empty() ? admin_port(slot) : web_port(slot))) {
        balancer_.enable(slot + 1, web_port(slot));
        instance.state = Instance::State::Serving;
      }
      if (instance.state == Instance::State::Draining && age > 3s) ::kill(instance.pid, SIGTERM);
    }
  }

  /// One instance more when the sessions exceed the workers by half for 400 ms; one fewer after 6 s
  /// below a third. A cooldown between two steps.
  void scale() {
    const auto now = Clock::now();
    if (now - last_look_ < 200ms) return;
    last_look_ = now;
    int sessions = 0;
    for (const auto& server : balancer_.stats()) sessions += server.sessions + server.queued;
    const int serving = count(Instance::State::Serving);
    const double use = serving == 0 ? 0 : sessions / (1.0 * serving * workers_);
    if (use <= 1.5) busy_since_ = now;
    if (use >= 0.33) idle_since_ = now;
    if (now - busy_since_ > 400ms && now - last_step_ > 500ms) {
      const auto free = std::find_if(instances_.begin(), instances_.end(), [](const Instance& i) {
        return i.state == Instance::State::Empty;
      });
      if (free == instances_.end()) return;
      boot(static_cast<int>(free - instances_.begin()));
      last_step_ = now;
    } else if (now - idle_since_ > 6s && now - last_step_ > 2s && serving > least_) {
      for (int slot = most_ - 1; slot >= 0; --slot) {
        auto& instance = instances_[static_cast<std::size_t>(slot)];
        if (instance.state != Instance::State::Serving) continue;
        balancer_.drain(slot + 1);
        instance.state = Instance::State::Draining;
        instance.since = last_step_ = now;
        break;
      }
    }
  }

  int count(Instance::State state) const {
    return static_cast<int>(std::count_if(instances_.begin(), instances_.end(),
                                          [&](const Instance& i) { return i.state == state; }));
  }

  bool tell() const {
    const auto part = dir_ + "/shop.json.part";
    std::ofstream(part) << "{\"url\": \"http://127.0.0.1:" << port_ << "\", \"balancer\": \""
                        << (haproxy_program().empty() ? "built in" : "haproxy")
                        << "\", \"socket\": \"" << dir_
                        << "/balancer.sock\", \"fleet\": " << ::getpid() << "}\n";
    ::rename(part.c_str(), (dir_ + "/shop.json").c_str());
    std::printf("the shop is open: http://127.0.0.1:%d\n", port_);
    std::fflush(stdout);
    return true;
  }

  void end_all() {
    std::vector<pid_t> all = others_;
    for (const auto& instance : instances_)
      if (instance.pid > 0) all.push_back(instance.pid);
    for (const pid_t pid : all) ::kill(pid, SIGTERM);
    const auto patience = Clock::now() + 2s;
    for (const pid_t pid : all) {
      pid_t ended = 0;
      while ((ended = ::waitpid(pid, nullptr, WNOHANG)) == 0 && Clock::now() < patience)
        std::this_thread::sleep_for(10ms);
      if (ended != 0) continue;
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }

  std::string dir_;
  int port_, workers_, least_, most_, boot_, connections_;
  bool autoscale_;
  std::string application_, gunicorn_;
  BalancerClient balancer_;
  std::vector<Instance> instances_;
  std::vector<pid_t> others_;
  Clock::time_point busy_since_ = Clock::now(), idle_since_ = Clock::now(), last_step_{},
                    last_look_{};
};

}  // namespace

int fleet(const Options& options) {
  struct sigaction action {};
  action.sa_handler = [](int) { stopping = 1; };
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaction(signal, &action, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  return Fleet(options).run();
}

}  // namespace shop
