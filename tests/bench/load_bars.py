#!/usr/bin/env python3
"""The bars of the load engine, each beside a peer in the same run: paired, interleaved, medians.

    load_bars.py [BAR…] [--rounds 5] [--seconds 2] [--bin build/release/bin]

The server is on core 0 and the generator on core 1. Of each round the ratio ours / theirs is taken;
printed are all rounds, and the median of the ratios beside its bar. A bar that is missed is told,
and the exit code is 1. Peers and servers are Debian's: wrk, h2load, nginx.
"""
import argparse
import json
import os
import re
import shutil
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
        if urgent:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))
    return before_exec


class Round:
    def __init__(self, requests, seconds, cpu):
        self.per_second = requests / seconds
        self.cpu_us = cpu / max(1, requests) * 1e6


def measured(argv, count, seconds):
    """Runs a generator; what it and its children used comes from the kernel."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        pinned(GENERATOR_CORE)()
        os.dup2(write, 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            os.execvp(argv[0], argv)
        finally:
            os._exit(127)
    os.close(write)
    out = b""
    while chunk := os.read(read, 65536):
        out += chunk
    os.close(read)
    _, status, used = os.wait4(pid, 0)
    requests = count(out.decode())
    if requests == 0:
        sys.exit(f"{argv[0]} counted nothing (status {status}): {out.decode()[-300:]}")
    return Round(requests, seconds, used.ru_utime + used.ru_stime)


class Bars:
    def __init__(self, options):
        self.options = options
        self.bin = options.bin
        self.missed = []
        self.folder = tempfile.mkdtemp(prefix="gf-bars-")
        self.servers = []

    def close(self):
        for server in self.servers:
            server.terminate()
            server.wait()
        shutil.rmtree(self.folder)

    # ---- servers
    def tiny(self):
        server = subprocess.Popen([f"{self.bin}/tiny_server"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True, preexec_fn=pinned(SERVER_CORE))
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
    def ours(self, url, steps=None, **load):
        spec = {"base_url": url, "stages": [{"users": 64, "for": f"{self.options.seconds}s"}], **load}
        if steps:
            spec["journeys"] = [{"name": "walk", "steps": steps}]
        else:
            spec["requests"] = [{"get": "/x"}]

        def count(out):
            return json.loads(out)["requests"]["ended"]
        return measured([f"{self.bin}/generate", json.dumps(spec), str(self.options.seconds)], count,
                        self.options.seconds)

    def wrk(self, url):
        def count(out):
            found = re.search(r"(\d+) requests in", out)
            return int(found.group(1)) if found else 0
        return measured(["wrk", "-t1", "-c64", f"-d{self.options.seconds}s", url + "/x"], count,
                        self.options.seconds)

    def h2load(self, url):
        def count(out):
            found = re.search(r"(\d+) succeeded", out)
            return int(found.group(1)) if found else 0
        return measured(["h2load", "-t1", "-c4", "-m16", "-D", str(self.options.seconds), url + "/x"],
                        count, self.options.seconds)

    # ---- comparing
    def pair(self, title, theirs, ours, bars):
        """`bars`: what to compare -> (`<=` or `>=`, bar)."""
        print(f"\n{title}", flush=True)
        ratios = {"throughput": [], "cpu": []}
        for k in range(self.options.rounds):
            t = theirs()
            o = ours()
            ratios["throughput"].append(o.per_second / t.per_second)
            ratios["cpu"].append(o.cpu_us / t.cpu_us)
            print(f"  round {k + 1}: theirs {t.per_second:8.0f}/s {t.cpu_us:6.2f} us/request   "
                  f"ours {o.per_second:8.0f}/s {o.cpu_us:6.2f} us/request   "
                  f"x{ratios['throughput'][-1]:.2f} cpu x{ratios['cpu'][-1]:.2f}", flush=True)
        for what, values in ratios.items():
            self.judge(f"{title}: {'throughput' if what == 'throughput' else 'CPU per request'}",
                       statistics.median(values), bars.get(what))

    def judge(self, title, value, bar):
        if bar is None:
            print(f"  {title}: x{value:.2f}", flush=True)
            return
        sign, limit = bar
        met = value <= limit if sign == "<=" else value >= limit
        print(f"  {title}: x{value:.2f} (bar {sign} {limit}){'' if met else '   MISSED'}", flush=True)
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
                  lambda: self.ours(url, http={"version": "2", "connections": 4, "streams": 16},
                                    tls={"verify": False}), {"cpu": ("<=", 1.00)})


def main():
    names = ["plain", "nginx_plain", "journey", "tls12", "tls13", "http2"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bar", nargs="*", default=names)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
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
    if bars.missed:
        print("\nMissed: " + "; ".join(bars.missed))
        sys.exit(1)


main()
