#pragma once
/// The ports of FakeHost. Included by its own files only.

#include "support/fake_host.hpp"

namespace gunflint {

class FakePort {
 public:
  explicit FakePort(FakeHost& fake) : fake_(fake), world_(fake.world) {}

 protected:
  FakeHost& fake_;
  World& world_;
};

class FakeProcesses final : public Processes, public FakePort {
 public:
  using FakePort::FakePort;
  std::map<std::string, FakeHost::CommandScript> commands;
  std::map<int, FakeHost::SignalScript> signals;

  Result<Exit> run(const Command& command) override;
  Result<ProcessInfo> look(int pid) override;
  Result<std::vector<ProcessInfo>> all() override;
  Result<void> signal(const ProcessId& process, int number) override;
  Result<SoftLimit> limit(const ProcessId& process, int resource) override;
  Result<void> set_soft_limit(const ProcessId& process, int resource, std::uint64_t soft) override;
  Result<std::vector<ProcessInfo>> descendants(int pid) override;

 private:
  Result<FakeProcess*> find(const ProcessId& process);
};

class FakeFiles final : public Files, public FakePort {
 public:
  using FakePort::FakePort;
  Result<FileState> read(const std::string& path) override;
  Result<void> replace(const std::string& path, const std::string& content) override;
  Result<void> remove(const std::string& path) override;
  Result<bool> exists(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
};

class FakeCgroups final : public Cgroups, public FakePort {
 public:
  using FakePort::FakePort;
  Result<int> version(const std::string& controller) override;
  Result<std::string> path_of(const ProcessId& process, const std::string& controller) override;
  Result<std::string> read(const std::string& controller, const std::string& path,
                           const std::string& file) override;
  Result<void> write(const std::string& controller, const std::string& path,
                     const std::string& file, const std::string& text) override;
  Result<bool> exists(const std::string& controller, const std::string& path) override;
  Result<void> create(const std::string& controller, const std::string& path) override;
  Result<void> remove(const std::string& controller, const std::string& path) override;
  Result<std::vector<int>> members(const std::string& controller, const std::string& path) override;
  Result<void> move(const ProcessId& process, const std::string& controller,
                    const std::string& path) override;

  /// The group with the files that a kernel puts there; its parent exists.
  void populate(const std::string& controller, const std::string& path);

 private:
  using Group = std::map<std::string, std::string>;
  Group* group(const std::string& controller, const std::string& path);
  bool passed_on_below(const std::string& path, const std::string& text);
  void switch_controllers(const std::string& path, const std::string& text);
};

class FakeNetwork final : public Network, public FakePort {
 public:
  using FakePort::FakePort;
  Result<void> add(const Rule& rule, const Tag& tag) override;
  Result<void> remove(const Tag& tag) override;
  Result<bool> present(const Tag& tag) override;
  Result<Matched> matched(const Tag& tag) override;
  Result<std::vector<std::string>> resolve(const std::string& name) override;
};

class FakeHolders final : public Holders, public FakePort {
 public:
  using FakePort::FakePort;
  std::map<std::string, FakeHost::HolderScript> scripts;
  Result<void> start(const std::string& kind, const Value& config, const Tag& tag) override;
  Result<Value> stats(const Tag& tag) override;
  Result<void> stop(const Tag& tag) override;
  Result<bool> running(const Tag& tag) override;
};

class FakeHttp final : public Http, public FakePort {
 public:
  using FakePort::FakePort;
  FakeHost::HttpScript script;
  Result<HttpResponse> send(const HttpRequest& request) override;
};

class FakeSockets final : public Sockets, public FakePort {
 public:
  using FakePort::FakePort;
  std::map<std::string, FakeHost::SocketScript> scripts;
  Result<std::string> exchange(const std::string& path, const std::string& text,
                               Duration deadline) override;
};

class FakeClock final : public Clock, public FakePort {
 public:
  using FakePort::FakePort;
  Time now() const override { return Time(fake_.now()); }
  WallTime wall() const override { return WallTime(1'700'000'000s + fake_.now()); }
  Duration boottime() const override { return fake_.now(); }
  void sleep(Duration length) override { fake_.advance(length); }
};

struct FakeHost::Ports {
  explicit Ports(FakeHost& fake)
      : processes(fake),
        files(fake),
        cgroups(fake),
        network(fake),
        holders(fake),
        http(fake),
        sockets(fake),
        clock(fake),
        host{processes, files, cgroups, network, holders, http, sockets, clock, fake.facts} {}
  FakeProcesses processes;
  FakeFiles files;
  FakeCgroups cgroups;
  FakeNetwork network;
  FakeHolders holders;
  FakeHttp http;
  FakeSockets sockets;
  FakeClock clock;
  Host host;
};

}  // namespace gunflint
