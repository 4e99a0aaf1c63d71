#pragma once
/// One injection on this machine, step by step, as an agent does it.

#include <sys/stat.h>

#include <string>

#include "gunflint/concepts/fault.hpp"
#include "host/http_curl.hpp"
#include "host/real_host.hpp"
#include "support/lab.hpp"

namespace gunflint {

struct RealMachine {
  RealHost real;
  std::unique_ptr<Network> network = make_no_network();
  std::unique_ptr<Holders> holders = make_no_holders();
  CurlHttp http;
  Host host = real.with(*network, *holders, http);

  Member member(int pid, std::vector<int> ports = {}) {
    const auto info = host.processes.look(pid);
    Member m;
    m.target = "web";
    m.pid = pid;
    m.start_time = info ? info->id.start_time : 0;
    m.id = "pid:" + std::to_string(pid) + "@" + std::to_string(m.start_time);
    m.label = (info ? info->name : "?") + "[" + std::to_string(pid) + "]";
    m.boot_id = host.facts.boot_id;
    m.address = "127.0.0.1";
    m.ports = std::move(ports);
    return m;
  }
  int children(int pid) {
    const auto all = host.processes.descendants(pid);
    int count = 0;
    for (const auto& child : all.value_or(std::vector<ProcessInfo>{}))
      if (child.parent == pid && child.state != 'Z') ++count;
    return count;
  }
  /// True as soon as the process has so many children; false after 10 s.
  bool comes_to(int pid, int count) {
    for (int i = 0; i < 500 && children(pid) != count; ++i) host.clock.sleep(20ms);
    return children(pid) == count;
  }
};

struct RealInjection {
  RealInjection(RealMachine& machine, const char* fault, Member whom, const std::string& text)
      : host(machine.host),
        kind(*find_fault(fault)),
        member(std::move(whom)),
        params(*parse_json(text)) {}
  Result<void> observe() {
    GF_TRY_AS(const Value seen, kind.observe(host, member, params));
    GF_TRY_AS(saved, parse_json(to_json(seen)));
    return {};
  }
  Result<void> inject() { return kind.inject(host, member, params, saved, tag); }
  Result<void> restore() { return kind.restore(host, saved, tag); }
  Result<bool> restored() { return kind.restored(host, saved, tag); }
  Result<Bite> bite() { return kind.bite(host, member, params, saved, tag); }

  Host& host;
  const FaultKind& kind;
  Member member;
  Value params, saved;
  Tag tag{"gf-lab" + std::to_string(::getpid())};
};

/// "" when it succeeded, else why not.
template <class T>
std::string why(const Result<T>& result) {
  return result ? std::string() : result.error().message;
}

/// Content, mode and owner of a file, to compare.
inline std::string picture_of(const std::string& path, const std::string& content) {
  struct stat s {};
  ::stat(path.c_str(), &s);
  return std::to_string(s.st_mode) + " " + std::to_string(s.st_uid) + ":" +
         std::to_string(s.st_gid) + "\n" + content;
}

}  // namespace gunflint
