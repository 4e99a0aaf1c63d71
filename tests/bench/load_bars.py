#!/usr/bin/env python3
"""The bars of the load engine, each beside a peer in the same run: paired, interleaved, medians.

    load_bars.py [BAR…] [--rounds 9] [--seconds 4] [--bin build/release/bin]

The server is on core 0; both generators are on core 1, by turns of 50 ms. Of each round the ratio
ours / theirs is taken; printed are all rounds, and the median of the ratios beside its bar. A bar that is missed is told,
and the exit code is 1. Peers and servers are Debian's: wrk, h2load, nginx.
"""
import argparse
import json
import os
import re
import resource
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

SERVER_CORE, GENERATOR_CORE = 0, 1
here = os.path.dirname(os.path.abspath(__file__))


urgent = False  # --urgent: before all others, where other work cannot be stopped


def pinned(core):
    def before_exec():
        os.sched_setaffinity(0, {core})
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        if urgent:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))
    return before_exec


class Generator:
    """One of the two that are compared. It is awake only in its turns."""

    def __init__(self, argv, connections, count):
        self.argv, self.count, self.awake, self.cpu = argv, count, 0, 0
        self.out = tempfile.TemporaryFile()
        self.process = subprocess.Popen(argv, stdout=self.out, stderr=subprocess.DEVNULL,
                                        preexec_fn=pinned(GENERATOR_CORE))
        # What it takes to start is no part of a request.
        while self.sockets() < connections:
            if self.process.poll() is not None:
                self.out.seek(0)
                sys.exit(f"{argv[0]} ended at once: {self.out.read().decode()[-300:]}")
            time.sleep(0.001)
        os.kill(self.process.pid, signal.SIGSTOP)  # send_signal() would reap it
        self.started_with = self.on_cpu()
        self.ended = os.pidfd_open(self.process.pid)

    def sockets(self):
        folder, found = f"/proc/{self.process.pid}/fd", 0
        for fd in os.listdir(folder):
            try:
                found += os.readlink(f"{folder}/{fd}").startswith("socket:")
            except OSError:
                pass
        return found

    def on_cpu(self):
        """Seconds of processor time of all its threads, to the nanosecond."""
        tasks, total = f"/proc/{self.process.pid}/task", 0
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/schedstat") as file:
                total += int(file.read().split()[0])
        return total / 1e9

    def turn(self, seconds):
        """Says whether it goes on afterwards."""
        began = time.monotonic()
        os.kill(self.process.pid, signal.SIGCONT)  # send_signal() would reap it
        ended, _, _ = select.select([self.ended], [], [], seconds)
        if not ended:
            os.kill(self.process.pid, signal.SIGSTOP)  # send_signal() would reap it
        self.awake += time.monotonic() - began
        return not ended

    def measured(self):
        """Requests per second awake, and processor microseconds of a request."""
        os.close(self.ended)
        _, status, used = os.wait4(self.process.pid, 0)
        self.process.returncode = status
        self.out.seek(0)
        said = self.out.read().decode()
        requests = self.count(said)
        if requests == 0:
            sys.exit(f"{self.argv[0]} counted nothing (status {status}): {said[-300:]}")
        cpu = used.ru_utime + used.ru_stime - self.started_with
        return requests / self.awake, cpu / requests * 1e6


def side_by_side(*makers):
    """Both on the same core, by turns of 50 ms until each has ended: what else the machine does meets
    both alike, which whole rounds one after the other do not (they differ by 30 %)."""
    both = [make() for make in makers]
    left = list(both)
    while left:
        left = [one for one in left if one.turn(0.05)]
    return [one.measured() for one in both]


class Bars:
    def __init__(self, options):
        self.options = options
        self.bin = options.bin
        self.missed, self.inconclusive = [], []
        self.folder = tempfile.mkdtemp(prefix="gf-bars-")
        self.servers = []

    def close(self):
        for server in self.servers:
            server.terminate()
            server.wait()
        shutil.rmtree(self.folder)

    # ---- servers
    def tiny(self, port=0):
        server = subprocess.Popen([f"{self.bin}/tiny_server", "--port", str(port)],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                  preexec_fn=pinned(SERVER_CORE))
        self.servers.append(server)
        return f"http://127.0.0.1:{server.stdout.readline().strip()}"

    def nginx(self, protocols="TLSv1.2 TLSv1.3"):
        port = 18700 + len(self.servers) * 3
        name = f"{self.folder}/nginx-{port}"
        os.makedirs(name)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}/key.pem", "-out",
                        f"{name}/cert.pem", "-days", "2", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
        body = json.dumps({"value": "x" * 141})
        with open(f"{name}/nginx.conf", "w") as conf:
            conf.write(f"""
worker_processes 1; daemon off; pid {name}/pid; error_log {name}/error.log;
events {{ worker_connections 20000; }}
http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {name}/b;
  proxy_temp_path {name}/p; fastcgi_temp_path {name}/f; uwsgi_temp_path {name}/u; scgi_temp_path {name}/s;
  server {{
    listen 127.0.0.1:{port}; listen 127.0.0.1:{port + 1} ssl; listen 127.0.0.1:{port + 2} ssl http2;
    ssl_certificate cert.pem; ssl_certificate_key key.pem; ssl_protocols {protocols};
    location / {{ return 200 '{body}'; }}
  }} }}""")
        server = subprocess.Popen(["nginx", "-p", name, "-c", f"{name}/nginx.conf"],
                                  stderr=subprocess.DEVNULL, preexec_fn=pinned(SERVER_CORE))
        self.servers.append(server)
        time.sleep(1)
        return (f"http://127.0.0.1:{port}", f"https://127.0.0.1:{port + 1}",
                f"https://127.0.0.1:{port + 2}")

    # ---- generators
    def ours(self, url, steps=None, connections=64, **load):
        spec = {"base_url": url, "stages": [{"users": 64, "for": f"{self.options.seconds}s"}], **load}
        if steps:
            spec["journeys"] = [{"name": "walk", "steps": steps}]
        else:
            spec["requests"] = [{"get": "/x"}]
        return Generator([f"{self.bin}/generate", json.dumps(spec), str(self.options.seconds)],
                         connections, lambda out: json.loads(out)["requests"]["ended"])

    def wrk(self, url):
        return Generator(["wrk", "-t1", "-c64", f"-d{self.options.seconds}s", url + "/x"], 64,
                         lambda out: int((re.search(r"(\d+) requests in", out) or [0, 0])[1]))

    def h2load(self, url):
        return Generator(["h2load", "-t1", "-c4", "-m16", "-D", str(self.options.seconds), url + "/x"],
                         4, lambda out: int((re.search(r"(\d+) succeeded", out) or [0, 0])[1]))

    # ---- comparing
    def pair(self, title, theirs, ours, bars):
        """`bars`: what to compare -> (`<=` or `>=`, bar)."""
        print(f"\n{title}", flush=True)
        ratios = {"throughput": [], "cpu": []}
        for k in range(self.options.rounds):
            # Who begins changes from round to round.
            if k % 2 == 0:
                (t_rate, t_cpu), (o_rate, o_cpu) = side_by_side(theirs, ours)
            else:
                (o_rate, o_cpu), (t_rate, t_cpu) = side_by_side(ours, theirs)
            ratios["throughput"].append(o_rate / t_rate)
            ratios["cpu"].append(o_cpu / t_cpu)
            print(f"  round {k + 1}: theirs {t_rate:8.0f}/s {t_cpu:6.2f} us/request   "
                  f"ours {o_rate:8.0f}/s {o_cpu:6.2f} us/request   "
                  f"x{ratios['throughput'][-1]:.3f} cpu x{ratios['cpu'][-1]:.3f}", flush=True)
        for what, values in ratios.items():
            self.judge(f"{title}: {'throughput' if what == 'throughput' else 'CPU per request'}",
                       statistics.median(values), bars.get(what))

    def judge(self, title, value, bar):
        if bar is None:
            print(f"  {title}: x{value:.3f}", flush=True)
            return
        sign, limit = bar
        met = value <= limit if sign == "<=" else value >= limit
        print(f"  {title}: x{value:.3f} (bar {sign} {limit}){'' if met else '   MISSED'}", flush=True)
        if not met:
            self.missed.append(title)

    # ---- the bars
    def plain(self):
        url = self.tiny()
        self.pair("HTTP/1.1, 64 connections, tiny server, against wrk", lambda: self.wrk(url),
                  lambda: self.ours(url), {"throughput": (">=", 1.25), "cpu": ("<=", 0.80)})

    def nginx_plain(self):
        url, _, _ = self.nginx()
        self.pair("HTTP/1.1, 64 connections, nginx, against wrk", lambda: self.wrk(url),
                  lambda: self.ours(url), {})

    def journey(self):
        url = self.tiny()
        steps = [{"get": "/login", "check": {"status": 200}},
                 {"get": "/items", "extract": {"item": {"json": "$.items[3].id"}}, "check": {"status": 200}},
                 {"get": "/x?id=${item}", "check": {"status": 200}}]
        self.pair("three steps with cookie, extraction, checks, against wrk with none",
                  lambda: self.wrk(url), lambda: self.ours(url, steps), {"cpu": ("<=", 1.15)})

    def tls(self, version, number):
        _, url, _ = self.nginx(version)
        self.pair(f"TLS {number}, HTTP/1.1, 64 connections, nginx, against wrk", lambda: self.wrk(url),
                  lambda: self.ours(url, http={"version": "1.1"}, tls={"verify": False}),
                  {"cpu": ("<=", 0.95)})

    def tls12(self):
        self.tls("TLSv1.2", "1.2")

    def tls13(self):
        self.tls("TLSv1.3", "1.3")

    def http2(self):
        _, _, url = self.nginx()
        self.pair("HTTP/2 over TLS, 4 connections x 16 streams, nginx, against h2load",
                  lambda: self.h2load(url),
                  lambda: self.ours(url, connections=4,
                                    http={"version": "2", "connections": 4, "streams": 16}, tls={"verify": False}), {"cpu": ("<=", 1.00)})

    # ---- what is measured without a peer
    def started(self, url, arguments):
        """`gunflint load` as a user starts it, on the generator's core."""
        return subprocess.Popen([f"{self.bin}/gunflint", "load", url + "/x", "--json", *arguments],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                preexec_fn=pinned(GENERATOR_CORE))

    def loaded(self, url, *arguments):
        return json.loads(self.started(url, list(arguments)).communicate()[0])

    @staticmethod
    def tree(pid):
        """A process and its children."""
        found = [pid]
        for parent in found:
            try:
                with open(f"/proc/{parent}/task/{parent}/children") as children:
                    found += [int(child) for child in children.read().split()]
            except OSError:
                pass
        return found

    @staticmethod
    def peak_mb(pid):
        with open(f"/proc/{pid}/status") as status:
            found = re.search(r"VmHWM:\s+(\d+)", status.read())
            return int(found.group(1)) / 1024 if found else 0

    def peaks(self, run, at):
        """Peak resident MB of the load worker, and of gunflint and worker, after `at` seconds."""
        time.sleep(at)
        coordinator, *workers = self.tree(run.pid)
        worker = sum(self.peak_mb(pid) for pid in workers)
        return worker, worker + self.peak_mb(coordinator)

    def value(self, title, value, unit, bar=None):
        met = bar is None or value <= bar
        print(f"  {title}: {value:.4g} {unit}" + (f" (bar <= {bar})" if bar is not None else "") +
              ("" if met else "   MISSED"), flush=True)
        if not met:
            self.missed.append(title)

    def exactly(self, title, left, right):
        print(f"  {title}: {left} and {right}{'' if left == right else '   MISSED'}", flush=True)
        if left != right:
            self.missed.append(title)

    def memory(self):
        print("\n10,000 open connections")
        for title, url, extra, bar in (
                ("plain", self.tiny(), [], 15),
                ("TLS", self.nginx()[1], ["--insecure", "--http", "1.1"], None)):
            run = self.started(url, ["--users", "10000", "--connections", "10000", "--for", "8s",
                                     "--timeout", "30s", *extra])
            worker, both = self.peaks(run, 7)
            out = json.loads(run.communicate()[0])
            print(f"  {title}: {out['requests']['ended']} answers, "
                  f"{out['requests']['failed']} failed, opened {out['connections']['opened']}")
            self.value(f"{title}, the worker", worker, "MB", bar)
            self.value(f"{title}, with gunflint itself", both, "MB")

    def waiting(self):
        print("\n100,000 users who think, each with a cookie and two values")
        file = f"{self.folder}/waiting.yaml"
        with open(file, "w") as experiment:
            experiment.write(f"""
version: 1
name: waiting
load:
  shoppers:
    base_url: {self.tiny()}
    stages: [{{ users: 100000, for: 14s }}]
    http: {{ connections: 1000 }}
    timeout: 30s
    journeys:
      - name: walk
        steps:
          - get: /login
          - get: /items
            extract: {{ item: {{ json: "$.items[3].id" }}, name: {{ json: "$.items[3].name" }} }}
          - think: 60s
          - get: /x?id=${{item}}
""")
        run = subprocess.Popen([f"{self.bin}/gunflint", "load", file, "--json"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                               preexec_fn=pinned(GENERATOR_CORE))
        worker, both = self.peaks(run, 13)
        out = json.loads(run.communicate()[0])
        print(f"  {out['requests']['ended']} requests ended, {out['requests']['failed']} failed")
        self.exactly("requests of 100,000 users", out["requests"]["ended"], 200000)
        self.value("the worker", worker, "MB", 200)
        self.value("with gunflint itself", both, "MB")

    def flat(self):
        print("\n100 connections for ten minutes")
        run = self.started(self.tiny(), ["--users", "100", "--connections", "100", "--for", "605s"])
        early, _ = self.peaks(run, 10)
        late, _ = self.peaks(run, 590)
        run.communicate()
        self.value("after 10 s", early, "MB")
        self.value("after 10 minutes, more", late - early, "MB", 1)

    def bare(self, kind, url, seconds):
        """p50 and p99 in us of the least that sends at the same times: what this machine allows."""
        said = subprocess.run([f"{self.bin}/bare_pacer", kind, url.rsplit(":", 1)[1], str(seconds)],
                              check=True, text=True, stdout=subprocess.PIPE,
                              preexec_fn=pinned(GENERATOR_CORE)).stdout
        return [float(word) for word in said.split()]

    def pacing(self):
        """The bars are for an idle machine. A round counts where this was one: a bare loop that can
        do no better met the bar just before and just after. For precise pacing that is one that
        only reads the clock; what a bare loop that sends had is shown beside. A hypervisor that
        takes the core every millisecond drifts past all phases in some seconds, hence the length
        of a precise round."""
        print("\n10,000/s: actual minus intended send")
        url = self.tiny()
        self.paced(url, "timer", 2, "timer", {"p50": 35, "p99": 100})
        self.paced(url, "precise", 10, "watch", {"p99": 5})

    def paced(self, url, kind, seconds, least, bars):
        idle, rounds = [], 4 * self.options.rounds
        def watched():
            return self.bare(least, url, (seconds + 1) // 2)[1]
        for _ in range(rounds):
            before = watched()
            out = self.loaded(url, "--rate", "10000/s", "--for", f"{seconds}s", "--pacing", kind,
                              "--warm-up", "1s")
            after = watched()
            late = out["generator"]["late_seconds"]
            was_idle = max(before, after) <= bars["p99"]
            if was_idle:
                idle.append({name: late[name] * 1e6 for name in bars})
            print(f"  {kind}: p50 {late['p50'] * 1e6:.1f} us, p99 {late['p99'] * 1e6:.1f} us, max "
                  f"{late['max'] * 1e6:.0f} us; bare {least} before and after: p99 {before:.1f}, "
                  f"{after:.1f}{'' if was_idle else ': no idle machine, it does not count'}"
                  + (f"; bare {kind}: p99 {self.bare(kind, url, seconds)[1]:.1f}"
                     if was_idle and kind != least else ""), flush=True)
            if len(idle) == self.options.rounds:
                break
        if len(idle) < min(3, self.options.rounds):
            print(f"  {kind}: inconclusive: {len(idle)} rounds had an idle machine", flush=True)
            self.inconclusive.append(kind)
            return
        for name, bar in bars.items():
            self.value(f"{kind} {name} of {len(idle)} rounds", statistics.median(
                one[name] for one in idle), "us", bar)

    def stall(self):
        print("\n2,000/s for 10 s; the server stands still for 1 s")
        url = self.tiny()
        server = self.servers[-1]
        quiet = self.loaded(url, "--rate", "2000/s", "--for", "3s")
        run = self.started(url, ["--rate", "2000/s", "--for", "10s"])
        time.sleep(5)
        server.send_signal(signal.SIGSTOP)
        time.sleep(1)
        server.send_signal(signal.SIGCONT)
        out = json.loads(run.communicate()[0])
        latency = out["latency_seconds"]
        self.exactly("due, and answered", out["journeys"]["due"], out["requests"]["ended"])
        self.exactly("all accounted for", out["requests"]["ended"], 20000)
        for name, truth in (("p99", 0.900), ("p999", 0.990)):
            self.value(f"{name} {latency[name] * 1e3:.0f} ms, off {truth * 1e3:.0f} ms by",
                       abs(latency[name] / truth - 1) * 100, "%", 3)
        print(f"  p50 {latency['p50'] * 1e6:.0f} us; without a stall "
              f"{quiet['latency_seconds']['p50'] * 1e6:.0f} us")

    def overload(self):
        print("\nAsked for twice what the server can do (10 connections, 10 ms each: 1,000/s)")
        url = self.tiny() + "/sleep/10?"
        for policy in ("queue", "drop"):
            out = self.loaded(url, "--rate", "2000/s", "--for", "5s", "--connections", "10",
                              "--timeout", "3s", "--max-in-flight", "10", "--on-overload", policy)
            journeys, requests = out["journeys"], out["requests"]
            print(f"  {policy}: due {journeys['due']}, completed {journeys['completed']}, dropped "
                  f"{journeys['dropped']}, errors {requests['errors']}, p99 "
                  f"{out['latency_seconds']['p99']:.2f} s")
            self.exactly("offered, and ended + dropped", 10000,
                         journeys["ended"] + journeys["dropped"])
            self.exactly("ended, and completed + failed", journeys["ended"],
                         journeys["completed"] + requests["failed"])

    def storm(self):
        print("\nThe server restarts under 10,000/s")
        url = self.tiny()
        server = self.servers.pop()
        port = url.rsplit(":", 1)[1]
        run = self.started(url, ["--rate", "10000/s", "--for", "10s", "--timeout", "2s",
                                 "--connections", "2000"])
        began = time.monotonic()
        time.sleep(3.5)
        server.kill()
        server.wait()
        time.sleep(1.5)
        self.tiny(port)
        up = time.monotonic() - began
        out = json.loads(run.communicate()[0])
        journeys, requests = out["journeys"], out["requests"]
        print(f"  due {journeys['due']}, answered {requests['ended'] - requests['failed']}, errors "
              f"{requests['errors']}, up again at {up:.2f} s")
        series = out["loads"][0]["per_second"]
        print(f"  ended per second {series['ended']}\n  failed per second {series['failed']}")
        self.exactly("due, and ended + dropped", 100000, journeys["ended"] + journeys["dropped"])
        self.exactly("failed, and the sum of their classes", requests["failed"],
                     sum(requests["errors"].values()))
        second = int(up) + 1
        right = series["ended"][second] - series["failed"][second]
        self.value(f"second {second}: short of 10,000 by", (10000 - right) / 100, "%", 2)



def main():
    names = ["plain", "nginx_plain", "journey", "tls12", "tls13", "http2", "memory", "waiting",
             "pacing", "stall", "overload", "storm"]  # and `flat`: ten minutes
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bar", nargs="*", default=names)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=4, help="of a round")
    parser.add_argument("--bin", default=os.path.join(here, "../../build/release/bin"))
    parser.add_argument("--urgent", action="store_true", help="real-time priority for all (root)")
    options = parser.parse_args()
    global urgent
    urgent = options.urgent
    bars = Bars(options)
    try:
        for name in options.bar:
            getattr(bars, name)()
    finally:
        bars.close()
    if bars.inconclusive:
        print("\nInconclusive, as this machine is not idle: " + "; ".join(bars.inconclusive))
    if bars.missed:
        print("\nMissed: " + "; ".join(bars.missed))
        sys.exit(1)
    if bars.inconclusive:
        sys.exit(7)  # as gunflint's own verdicts do


main()
