// network: holds the packets that a member receives, so that every round trip takes longer.
//
// The control connection of the local agent is a pipe, so no rule can hold it, and nothing needs to
// be excluded (rule 5 of the design). Over ssh the rules of a host without `to` or `from` would
// hold the session as well: it only gets slower by `delay`, which the lease of 15 s outlives.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "common/family.hpp"
#include "gunflint/concepts/fault.hpp"

namespace gunflint {
namespace {

constexpr int cap_net_admin = 12;  ///< linux/capability.h

enum class Protocol { Tcp, Udp };
enum class Choice { Auto, Netem, Queue };

/// The other side of connections, and the service's ports.
struct Peers {
  std::vector<std::string> hosts;
  std::vector<int> ports;
  bool empty() const { return hosts.empty() && ports.empty(); }
  static std::string check_hosts(const std::vector<std::string>& hosts) {
    for (const auto& host : hosts)
      if (host.empty() || host[0] == '-' || host.find_first_of(" \t\n\"'") != std::string::npos)
        return fmt::format("`{}` is no host; write a name, an address or a range like 10.0.0.0/8",
                           host);
    return {};
  }
  static std::string check_ports(const std::vector<int>& ports) {
    for (const int port : ports)
      if (port < 1 || port > 65535)
        return fmt::format("{} is no port; write a number between 1 and 65535", port);
    return {};
  }
  static Fields<Peers> fields() {
    return {
        field("hosts", &Peers::hosts,
              "Names, addresses or ranges (10.0.0.0/8) of the other side; all when absent.")
            .check(check_hosts),
        field("ports", &Peers::ports, "Ports of the service; all when absent.").check(check_ports)};
  }
};

}  // namespace

template <>
struct Names<Protocol> {
  static constexpr std::array table{std::pair{Protocol::Tcp, "tcp"},
                                    std::pair{Protocol::Udp, "udp"}};
};
template <>
struct Names<Choice> {
  static constexpr std::array table{std::pair{Choice::Auto, "auto"},
                                    std::pair{Choice::Netem, "netem"},
                                    std::pair{Choice::Queue, "nfqueue"}};
};

namespace {

struct NetworkFault {
  static constexpr std::string_view name = "network";
  static constexpr std::string_view summary =
      "Delays the network: connections to or from chosen hosts and ports, or all of one target's.";
  static constexpr std::string_view example = R"(- name: slow database
  type: network
  target: orders
  to: { hosts: [127.0.0.1], ports: [5432] }
  delay: 150ms
  jitter: 30ms
  for: 4m
)";
  static constexpr Place place = Place::Host;
  static constexpr Healing healing = Healing::ByUs;

  struct Params {
    std::optional<Peers> to, from;
    Duration delay{}, jitter{};
    std::optional<Protocol> protocol;
    std::string interface;
    Choice backend = Choice::Auto;
    static Fields<Params> fields() {
      using P = Params;
      return {
          field("to", &P::to, "Connections that the member opens to these hosts and ports."),
          field("from", &P::from,
                "Connections that these hosts open to the member's ports. Without `to` and "
                "`from`: all of the member's connections."),
          field("delay", &P::delay,
                "How much longer a round trip takes. To open a connection is a round trip, too: a "
                "request on a new one waits twice.")
              .required()
              .between(100us, 60s),
          field("jitter", &P::jitter,
                "The delay of each packet is drawn evenly from `delay` plus or minus this; packets "
                "of one connection keep their order.")
              .at_most(60s),
          field("protocol", &P::protocol, "Only this one; both when absent."),
          field("interface", &P::interface, "Only packets of this network interface.")
              .check([](const std::string& text) {
                return text.size() > 15 || text.find_first_of(" /\"") != std::string::npos
                           ? "`" + text + "` is no interface; write a name as `ip link` shows it"
                           : std::string();
              }),
          field("backend", &P::backend,
                "How: the kernel's netem, or a packet queue with a process that holds packets. "
                "`auto`: netem where the kernel has it, except for one process's connections.")};
    }
  };

  /// Where the member's process was, when its connections are selected by its cgroup.
  struct Saved {
    std::string cgroup;     ///< v2 path; empty: no cgroup is needed
    bool borrowed = false;  ///< it is shared with others: the process moves to a child named by tag
    static Fields<Saved> fields() {
      return {field("cgroup", &Saved::cgroup, "v2 cgroup of the process."),
              field("borrowed", &Saved::borrowed, "The process moves to a cgroup below it.")};
    }
  };

  static std::string check(const Params& p) {
    if (p.jitter > p.delay)
      return "`jitter` is larger than `delay`, and no packet can arrive before it was sent; write "
             "at most " +
             print(p.delay);
    if ((p.to && p.to->empty()) || (p.from && p.from->empty()))
      return "`to` and `from` need hosts or ports; leave them out to delay everything";
    return {};
  }

  static std::vector<Need> needs(const Facts& facts, const Params& p) {
    std::vector<Need> all{{"CAP_NET_ADMIN", "to set network rules", facts.can(cap_net_admin),
                           "run as root, or with sudo"}};
    auto tool = [&](const std::string& program, const std::string& package,
                    const std::string& why) {
      all.push_back({"tool " + program, why, facts.tools.contains(program), "install " + package});
    };
    if (uses_netem(facts, p)) {
      all.push_back({"kernel netem", "to delay packets", facts.netem,
                     "load the module sch_netem, or leave out `backend: netem`"});
      tool("tc", "iproute2", "to set up netem");
      tool("ip", "iproute2", "to find the interface");
    } else {
      all.push_back({"kernel nfqueue", "to hand packets to the delayer", facts.nfqueue,
                     "load the modules xt_NFQUEUE and nfnetlink_queue"});
      tool("iptables", "iptables", "to choose packets");
      tool("nft", "nftables", "to remove empty tables that were made");
    }
    tool("getent", "libc-bin", "to look up names");
    return all;
  }

  static std::vector<std::string> touches(const Member& member, const Params& p) {
    std::vector<std::string> keys;
    auto add = [&](std::string_view side, const Peers& peers) {
      const auto hosts = peers.hosts.empty() ? std::vector<std::string>{"*"} : peers.hosts;
      for (const auto& host : hosts) {
        if (peers.ports.empty()) keys.push_back(key(member, side, host, "*"));
        for (const int port : peers.ports)
          keys.push_back(key(member, side, host, std::to_string(port)));
      }
    };
    const bool all = !p.to && !p.from;
    if (p.to) add("to", *p.to);
    if (p.from && member.pid == 0) add("from", *p.from);
    if (all) add("to", {});
    // A listening port is shared by all processes that accept from it, and told by nothing else:
    // whose connection it will be is decided later. With `from` alone, members that share their
    // ports touch the same, and one rule serves them all.
    if (p.from || all)
      for (const int port : p.from && !p.from->ports.empty() ? p.from->ports : member.ports)
        if (member.pid != 0) keys.push_back(fmt::format("network:port:{}", port));
    return keys;
  }

  static Result<Saved> observe(Host& host, const Member& member, const Params& p) {
    GF_TRY(traffic(host, member, p, "/"));  // every name has an address, every port fits
    if (member.pid == 0) return Saved{};
    GF_TRY_AS(const bool reaches, host.network.reaches(member.pid));
    if (!reaches)
      return fail(Cause::Unsupported,
                  member.label +
                      " lives in another network namespace, where the rules of this "
                      "host do not apply; target its container instead");
    if (p.from && !p.to) return Saved{};
    return find_cgroup(host, member);
  }

  static Result<void> inject(Host& host, const Member& member, const Params& p, const Saved& saved,
                             const Tag& tag) {
    const std::string cgroup = saved.borrowed ? child(saved, tag) : saved.cgroup;
    GF_TRY_AS(Rule rule, rule_for(host, member, p, cgroup, tag));
    if (saved.borrowed) GF_TRY(borrow(host, member, saved, tag));
    if (uses_netem(host.facts, p) && cgroup.empty()) {
      Rule netem = rule;
      netem.backend = Backend::Netem;
      GF_TRY(name_interfaces(host, netem));
      auto done = host.network.add(netem, tag);
      // Somebody's own queueing discipline is not touched: take the other way, if it may be chosen.
      const bool other_way = !done && done.error().cause == Cause::Conflict &&
                             p.backend == Choice::Auto && host.facts.nfqueue;
      if (!other_way) return done;
    }
    // The holder first: packets pass while nobody takes them from the queue.
    Value config = Value::map();
    config.set("queue", Value(static_cast<std::int64_t>(rule.queue)));
    config.set("delay", Value(print(p.delay)));
    config.set("jitter", Value(print(p.jitter)));
    GF_TRY(host.holders.start("delay", config, tag));
    return host.network.add(rule, tag);
  }

  static Result<void> restore(Host& host, const Saved& saved, const Tag& tag) {
    // The holder first: it lets the packets go that it holds. The kernel drops all packets that
    // wait in a queue, of any rule, when a chain is removed, and their senders would wait for a
    // second. All three are tried, whatever becomes of one.
    auto holder = host.holders.stop(tag);
    auto rules = host.network.remove(tag);
    auto group = saved.borrowed ? give_back(host, saved, tag) : Result<void>();
    if (!rules) return rules;
    if (!holder) return holder;
    return group;
  }

  static Result<bool> restored(Host& host, const Saved& saved, const Tag& tag) {
    GF_TRY_AS(const bool rules, host.network.present(tag));
    GF_TRY_AS(const bool holder, host.holders.running(tag));
    if (rules || holder) return false;
    if (!saved.borrowed) return true;
    GF_TRY_AS(const bool group, host.cgroups.exists("", child(saved, tag)));
    return !group;
  }

  static Result<Bite> bite(Host& host, const Member&, const Params& p, const Saved&,
                           const Tag& tag) {
    Bite bite{.asked = milliseconds(p.delay)};
    const auto matched = host.network.matched(tag);
    if (!matched && matched.error().cause != Cause::Gone) return fail(matched.error());
    if (!matched) {
      bite.sentence = matched.error().message;
      return bite;
    }
    const auto stats = host.holders.stats(tag);
    if (!stats && stats.error().cause != Cause::Gone) return fail(stats.error());
    if (!stats) {
      // netem does not measure; its setting is in force while it is there.
      GF_TRY_AS(const bool running, host.holders.running(tag));
      const bool netem = host.facts.netem && !running;
      bite.in_force = netem && matched->packets > 0;
      bite.got = bite.in_force ? bite.asked : 0;
      bite.sentence = netem ? fmt::format("netem has delayed {} packets", matched->packets)
                            : "the delay holder is gone, and packets pass undelayed";
      return bite;
    }
    judge(bite, *stats, p);
    return bite;
  }

 private:
  static double milliseconds(Duration d) { return static_cast<double>(d.count()) / 1e6; }

  static constexpr double shorter_by = 0.1, longer_by = 5.0;  ///< milliseconds

  /// What the holder measured.
  static void judge(Bite& bite, const Value& stats, const Params& p) {
    const auto packets = stats.integer_or("packets"), released = stats.integer_or("released");
    if (packets == 0) {
      bite.sentence = "no packet has matched since the injection";
      return;
    }
    if (released == 0) {
      bite.in_force = true;
      bite.sentence = fmt::format("holds {} packets, none has had its time yet", packets);
      return;
    }
    const auto recent = stats.integer_or("recent_mean_hold_ns");
    bite.got = static_cast<double>(recent > 0 ? recent : stats.integer_or("mean_hold_ns")) / 1e6;
    // In force: packets matched, and each second's were held what was asked, on average. Nothing
    // lets a packet go early, so less is a fault that does not work; more, up to a quarter, is a
    // delayer that had to wait for a processor (decision 0008). With jitter, packets that keep
    // their order leave up to `jitter` later.
    const double jitter = milliseconds(p.jitter);
    bite.in_force = bite.got >= bite.asked - jitter - shorter_by &&
                    bite.got <= bite.asked + jitter + std::max(longer_by, 0.25 * bite.asked);
    bite.sentence = fmt::format("{} packets were held {:.2f} ms on average, asked {}", released,
                                bite.got, print(p.delay));
  }

  static bool uses_netem(const Facts& facts, const Params& p) {
    return p.backend == Choice::Netem || (p.backend == Choice::Auto && facts.netem);
  }

  static std::string key(const Member& member, std::string_view side, std::string_view host,
                         std::string_view port) {
    return fmt::format("network:{} {} {}:{}", member.id, side, host, port);
  }

  static Result<std::vector<std::string>> addresses(Host& host, const Peers& peers) {
    std::vector<std::string> all;
    for (const auto& name : peers.hosts) {
      GF_TRY_AS(const auto found, host.network.resolve(name));
      for (const auto& address : found)
        if (std::find(all.begin(), all.end(), address) == all.end()) all.push_back(address);
    }
    return all;
  }

  /// The packets of this member. `cgroup`: where its process is, when its own connections count.
  static Result<std::vector<PacketMatch>> traffic(Host& host, const Member& member, const Params& p,
                                                  const std::string& cgroup) {
    PacketMatch common;
    if (p.protocol) common.protocol = name_of(*p.protocol);
    common.interface = p.interface;
    std::vector<PacketMatch> all;
    if (p.to || !p.from) {
      PacketMatch client = common;
      const Peers peers = p.to.value_or(Peers{});
      client.ports = peers.ports;
      GF_TRY_AS(client.hosts, addresses(host, peers));
      if (member.pid != 0) {
        client.cgroup = cgroup;
        client.processes = {member.pid};
      }
      all.push_back(std::move(client));
    }
    const bool serves = p.from || (!p.to && member.pid != 0 && !member.ports.empty());
    if (!serves) return all;
    PacketMatch server = common;
    server.side = Side::Server;
    const Peers peers = p.from.value_or(Peers{});
    GF_TRY_AS(server.hosts, addresses(host, peers));
    GF_TRY_AS(server.ports, service_ports(member, peers));
    all.push_back(std::move(server));
    return all;
  }

  /// A fault reaches only its members: the ports must be theirs.
  static Result<std::vector<int>> service_ports(const Member& member, const Peers& peers) {
    if (member.pid == 0) return peers.ports;
    if (peers.ports.empty() && member.ports.empty())
      return fail(Cause::BadInput, member.label +
                                       " listens on no port, so nobody can connect to "
                                       "it; use `to`, or name the ports in `from`");
    if (peers.ports.empty()) return member.ports;
    for (const int port : peers.ports)
      if (!member.ports.empty() &&
          std::find(member.ports.begin(), member.ports.end(), port) == member.ports.end())
        return fail(Cause::BadInput,
                    fmt::format("{} does not listen on port {} but on {}; name one of these, or "
                                "target the process that does",
                                member.label, port, fmt::join(member.ports, ", ")));
    return peers.ports;
  }

  static Result<Rule> rule_for(Host& host, const Member& member, const Params& p,
                               const std::string& cgroup, const Tag& tag) {
    Rule rule;
    GF_TRY_AS(rule.traffic, traffic(host, member, p, cgroup));
    rule.delay = p.delay;
    rule.jitter = p.jitter;
    rule.queue = queue_number(tag);
    return rule;
  }

  /// netem sits on interfaces: one entry for each that the packets take.
  static Result<void> name_interfaces(Host& host, Rule& rule) {
    std::vector<PacketMatch> named;
    for (const auto& traffic : rule.traffic) {
      std::vector<std::string> interfaces{traffic.interface};
      if (traffic.interface.empty()) {
        GF_TRY_AS(interfaces, host.network.interfaces(traffic.hosts));
      }
      const bool everything = traffic.hosts.empty() && traffic.ports.empty();
      for (const auto& interface : interfaces) {
        if (everything && interface == "lo" && traffic.interface.empty()) continue;
        named.push_back(traffic);
        named.back().interface = interface;
      }
    }
    rule.traffic = std::move(named);
    return {};
  }

  // ---- the cgroup of a process ----

  static std::string child(const Saved& saved, const Tag& tag) {
    return (saved.cgroup == "/" ? "" : saved.cgroup) + "/" + tag.text;
  }

  /// Its own, when nobody else is in it; else it will be moved to a child of that, where all limits
  /// of the parent still hold.
  static Result<Saved> find_cgroup(Host& host, const Member& member) {
    const ProcessId process{member.pid, member.start_time};
    auto path = host.cgroups.path_of(process, "");
    if (!path && path.error().cause == Cause::Unsupported)
      return fail(Cause::Unsupported,
                  "the connections that one process opens are told by its v2 cgroup, and this host "
                  "has none; use `from` with its ports, or a target that is the host");
    if (!path) return fail(path.error());
    GF_TRY_AS(const auto family, family_of(host, process));
    GF_TRY_AS(const auto stranger, stranger_in(host, family, "", *path));
    const bool own = *path != "/" && !stranger;
    return Saved{*path, !own};
  }

  static Result<void> borrow(Host& host, const Member& member, const Saved& saved, const Tag& tag) {
    const std::string path = child(saved, tag);
    GF_TRY_AS(const bool there, host.cgroups.exists("", path));
    if (!there) GF_TRY(host.cgroups.create("", path));
    return host.cgroups.move({member.pid, member.start_time}, "", path);
  }

  /// Whoever is in the group (children born meanwhile as well) goes back to where the member was.
  static Result<void> give_back(Host& host, const Saved& saved, const Tag& tag) {
    const std::string path = child(saved, tag);
    constexpr int rounds = 20;  // a process may fork while it is moved
    for (int round = 0; round < rounds; ++round) {
      GF_TRY_AS(const bool there, host.cgroups.exists("", path));
      if (!there) return {};
      GF_TRY_AS(const auto members, host.cgroups.members("", path));
      if (members.empty()) break;
      for (const int pid : members) {
        const auto process = host.processes.look(pid);
        auto moved = process ? host.cgroups.move(process->id, "", saved.cgroup)
                             : Result<void>(fail(process.error()));
        if (!moved && moved.error().cause != Cause::Gone) return moved;
      }
    }
    auto removed = host.cgroups.remove("", path);
    return !removed && removed.error().cause == Cause::Gone ? Result<void>() : removed;
  }
};

}  // namespace

GUNFLINT_FAULT(network, NetworkFault)

}  // namespace gunflint
