#include <array>

#include <fmt/format.h>

#include "gunflint/model/target_spec.hpp"
#include "model/wire.hpp"

namespace gunflint {

Fields<LocalSelector> LocalSelector::fields() {
  using T = LocalSelector;
  return {
      field("process", &T::process,
            "The program's name: the kernel's name of the process, or the base name of argv[0]."),
      field("cmdline", &T::cmdline, "A text that the whole command line contains."),
      field("pid_file", &T::pid_file, "A file that holds the process id."),
      field("port", &T::port, "Whoever listens on this TCP port.").between(1, 65535),
      field("unit", &T::unit, "A systemd unit, for example `nginx.service`."),
      field("cgroup", &T::cgroup, "Every process in this cgroup, a path below its root.")};
}

Fields<Readiness> Readiness::fields() {
  using T = Readiness;
  return {field("http", &T::http, "A URL that answers below 400; may hold `${member.host}`."),
          field("tcp", &T::tcp, "`host:port` that accepts a connection."),
          field("exec", &T::exec, "A command (a list of words) that exits with 0.")};
}

namespace {

constexpr std::array kinds{"local", "ssh", "container", "kubernetes"};

/// The selectors of kinds that this version does not open; read, checked, and refused by plan.
struct SshSelector {
  std::string inventory, group, user;
  wire::OneOrMany<std::string> hosts;
  std::string process, cmdline, pid_file, unit, cgroup;
  std::optional<int> port;
  static Fields<SshSelector> fields() {
    using T = SshSelector;
    return {field("inventory", &T::inventory, "An Ansible inventory file."),
            field("group", &T::group, "A group of that inventory."),
            field("hosts", &T::hosts, "Host names, one or a list."),
            field("user", &T::user, "User to log in as."),
            field("process", &T::process, "As in `local`."),
            field("cmdline", &T::cmdline, "As in `local`."),
            field("pid_file", &T::pid_file, "As in `local`."),
            field("port", &T::port, "As in `local`.").between(1, 65535),
            field("unit", &T::unit, "As in `local`."),
            field("cgroup", &T::cgroup, "As in `local`.")};
  }
};
struct ContainerSelector {
  std::map<std::string, std::string> labels;
  std::string name, compose_service;
  static Fields<ContainerSelector> fields() {
    using T = ContainerSelector;
    return {field("labels", &T::labels, "Containers that carry all these labels."),
            field("name", &T::name, "The container's name."),
            field("compose_service", &T::compose_service, "A service of a compose file.")};
  }
};
struct KubernetesSelector {
  std::string context, cluster_namespace, deployment, statefulset, selector, container;
  static Fields<KubernetesSelector> fields() {
    using T = KubernetesSelector;
    return {field("context", &T::context, "Context of the kubeconfig file."),
            field("namespace", &T::cluster_namespace, "Namespace."),
            field("deployment", &T::deployment, "The pods of this deployment."),
            field("statefulset", &T::statefulset, "The pods of this stateful set."),
            field("selector", &T::selector, "A label selector: `app=checkout,tier=web`."),
            field("container", &T::container, "One container of each pod.")};
  }
};

/// A target as written. The selectors stay documents here; the chosen one is read by its kind.
struct WrittenTarget {
  std::string name;
  std::optional<LocalSelector> local;
  std::optional<SshSelector> ssh;
  std::optional<ContainerSelector> container;
  std::optional<KubernetesSelector> kubernetes;
  Readiness ready;
  OnEmpty on_empty = OnEmpty::Fail;
  std::map<std::string, std::string> with;
  Mark at;
  static Fields<WrittenTarget> fields() {
    using T = WrittenTarget;
    return {field("name", &T::name, "Name.").internal(),
            field("local", &T::local, "Processes of this machine; empty: this machine itself."),
            field("ssh", &T::ssh, "Hosts reached by ssh, or processes on them."),
            field("container", &T::container, "Containers of a local engine."),
            field("kubernetes", &T::kubernetes, "Pods of a cluster."),
            field("ready", &T::ready, "When a member counts as ready; default: it is alive."),
            field("on_empty", &T::on_empty, "What it means when nothing matches."),
            field("with", &T::with, "Values for `${member.<name>}`."),
            field("_at", &T::at, "Place in the file.").internal()};
  }
};

}  // namespace

bool Codec<TargetSpec>::read(const Value& v, TargetSpec& out, Reader& r) {
  WrittenTarget w;
  if (!Codec<WrittenTarget>::read(v, w, r)) return false;
  if (!wire::exactly_one(v, {"local", "ssh", "container", "kubernetes"}, 1, r)) return false;
  out.name = w.name;
  out.ready = w.ready;
  out.on_empty = w.on_empty;
  out.with = w.with;
  out.mark = wire::mark_of(v, w.at);
  for (const char* kind : kinds)
    if (const Value* selector = v.find(kind)) {
      out.kind = kind;
      if (w.local)
        out.local = *w.local;
      else
        out.other = *selector;
      if (w.ssh) {
        const auto& s = *w.ssh;
        out.local = {s.process, s.cmdline, s.pid_file, s.port, s.unit, s.cgroup};
      }
    }
  if (const Value* ready = v.find("ready"); ready && ready->is_map()) {
    auto scope = r.in("ready");
    return wire::exactly_one(*ready, {"http", "tcp", "exec"}, 1, r);
  }
  return true;
}

Value Codec<TargetSpec>::write(const TargetSpec& t) {
  WrittenTarget w;
  w.name = t.name;
  w.ready = t.ready;
  w.on_empty = t.on_empty;
  w.with = t.with;
  w.at = t.mark;
  Value v = encode(w);
  v.set(t.kind, t.kind == "local" ? encode(t.local) : t.other);
  return v;
}

Shape Codec<TargetSpec>::shape() { return shape_of<WrittenTarget>(); }

}  // namespace gunflint
