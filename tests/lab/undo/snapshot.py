#!/usr/bin/env python3
"""What this machine looks like, as far as a fault of gunflint could change it.

An independent witness: it shares no code with gunflint. Two pictures taken before and after must be
equal. Usage: snapshot.py [--pid N]... [--file PATH]... [--cgroup PATH]...  prints JSON.
"""
import argparse, hashlib, json, os, re, subprocess, sys


def run(*argv):
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20)
        return done.stdout.decode(errors="replace")
    except (OSError, subprocess.TimeoutExpired):
        return "absent"


def read(path):
    try:
        with open(path, errors="replace") as f:
            return f.read()
    except OSError as e:
        return f"unreadable: {e.strerror}"


def network():
    without_counters = lambda text: "\n".join(
        line for line in text.splitlines() if not line.lstrip().startswith("Sent"))
    marks = sorted(
        word for line in read("/proc/self/net/nf_conntrack").splitlines()
        for word in line.split() if word.startswith("mark=") and word != "mark=0")
    return {
        "qdiscs": without_counters(run("tc", "qdisc", "show")),
        "filters": run("tc", "filter", "show"),
        "nft": run("nft", "-s", "list", "ruleset"),
        "iptables": {t: run("iptables-save", "-t", t) and "\n".join(
            line for line in run("iptables-save", "-t", t).splitlines()
            if not line.startswith("#")) for t in ("filter", "mangle", "nat", "raw")},
        "rules": run("ip", "rule", "show"),
        "links": sorted(os.listdir("/sys/class/net")),
        "conntrack_marks": marks,
        "queues": len(read("/proc/net/netfilter/nfnetlink_queue").split("\n")) - 1,
    }


LIMITS = ("cpu.max", "cpu.weight", "memory.max", "memory.high", "pids.max", "cpuset.cpus", "cgroup.freeze",
          "cpu.cfs_quota_us", "cpu.cfs_period_us", "cpu.shares", "memory.limit_in_bytes", "freezer.state")


def cgroups(extra):
    found = {}
    for root, _, _ in os.walk("/sys/fs/cgroup"):
        # Everybody's cgroups are listed; values and members only of those that the test names.
        mine = any(root.endswith(path) for path in extra)
        if re.search(r"/gf-([a-z0-9]{10}|needs-[a-z]+)(/|$)", root) or "gunflint" in root or mine:
            found[root] = {f: read(os.path.join(root, f)) for f in LIMITS
                           if os.path.exists(os.path.join(root, f))} if mine else "exists"
            if mine:
                found[root]["members"] = sorted(read(os.path.join(root, "cgroup.procs")).split())
    return found


def process(pid):
    stat = read(f"/proc/{pid}/stat")
    if stat.startswith("unreadable"):
        return "absent"
    state = stat[stat.rindex(")") + 2]
    return {
        # Running, sleeping and waiting for a disk are one: they change by themselves.
        "state": "alive" if state in "RSDI" else state,
        "limits": read(f"/proc/{pid}/limits"),
        "cgroup": read(f"/proc/{pid}/cgroup"),
        "oom": read(f"/proc/{pid}/oom_score_adj"),
        "affinity": [l for l in read(f"/proc/{pid}/status").splitlines() if l.startswith("Cpus_allowed_list")],
    }


def file(path):
    try:
        state = os.lstat(path)
        with open(path, "rb") as f:
            content = hashlib.sha256(f.read()).hexdigest()
        return {"sha256": content, "mode": oct(state.st_mode), "uid": state.st_uid, "gid": state.st_gid,
                "beside": sorted(os.listdir(os.path.dirname(path)))}
    except OSError as e:
        return f"absent: {e.strerror}"


def session_of(pid):
    """Processes of the agent that was started with this pid: its session and what it left."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        stat = read(f"/proc/{name}/stat")
        if stat.startswith("unreadable"):
            continue
        comm, rest = stat[stat.index("(") + 1:stat.rindex(")")], stat[stat.rindex(")") + 2:].split()
        if int(rest[3]) == pid and rest[0] != "Z":
            found.append(f"{comm}[{name}]")
    return sorted(found)


def picture(pids=(), files=(), groups=(), sessions=()):
    return {
        "network": network(),
        "cgroups": cgroups(groups),
        "processes": {str(p): process(p) for p in pids},
        "files": {p: file(p) for p in files},
        "ours": {str(s): session_of(s) for s in sessions},
        "ledgers": sorted(os.listdir("/var/lib/gunflint/ledger")) if os.path.isdir("/var/lib/gunflint/ledger") else [],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--pid", type=int, action="append", default=[])
    parser.add_argument("--file", action="append", default=[])
    parser.add_argument("--cgroup", action="append", default=[])
    parser.add_argument("--session", type=int, action="append", default=[])
    asked = parser.parse_args()
    json.dump(picture(asked.pid, asked.file, asked.cgroup, asked.session), sys.stdout, indent=1, sort_keys=True)
