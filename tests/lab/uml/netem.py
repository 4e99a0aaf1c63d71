"""`network` by the kernel's netem: what an application measures, who else notices, what is left."""
import random, socket, statistics, subprocess, sys, time

from agent_client import Agent

ECHO = """
import socket, sys, threading
def serve(peer):
    while (data := peer.recv(1000)): peer.sendall(data)
def listen(address):
    s = socket.create_server((address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
    print(s.getsockname()[1], flush=True)
    while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
threading.Thread(target=listen, args=(sys.argv[1],), daemon=True).start()
import time; time.sleep(1000)
"""


class Echo:
    def __init__(self, address, *before):
        self.address = address
        self.process = subprocess.Popen([*before, sys.executable, "-c", ECHO, address], stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())

    def round_trips(self, count):
        """Milliseconds, by an application."""
        trips = []
        with socket.create_connection((self.address, self.port), timeout=5) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(count):
                begin = time.monotonic()
                s.sendall(b"x")
                assert s.recv(1) == b"x"
                trips.append((time.monotonic() - begin) * 1000)
        return trips

    def median(self, count=25):
        return statistics.median(self.round_trips(count))

    def calm_median(self):
        """What it takes when nothing disturbs: a busy machine wakes an application late for a while, and
        never early; round trips that are not delayed are over before such a while is."""
        least = self.median()
        for _ in range(5):
            time.sleep(0.05)
            least = min(least, self.median())
        return least

    def end(self):
        self.process.kill()
        self.process.wait()


class Injection:
    """One injection on this host, as a coordinator does it."""

    def __init__(self, program, params):
        self.agent = Agent(program)
        welcome = self.agent.ask("hello", protocol=1, version="test", run=f"run-{random.randrange(1 << 40):x}",
                                 lease="30s")
        assert welcome["kind"] == "welcome", welcome
        tag = "gf-" + "".join(random.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(10))
        boot = open("/proc/sys/kernel/random/boot_id").read().strip()
        self.done = self.agent.ask("inject", injection="i1", fault="network", tag=tag, params=params, lasting="60s",
                                   member={"target": "host", "id": "host", "label": "host", "boot_id": boot},
                                   on_disconnect="restore")
        assert self.done["kind"] == "inject_done", self.done

    def bite_in_force(self):
        """The next that says so; a reading may have taken too long in this slow machine (`unknown`)."""
        for _ in range(20):
            said = self.agent.wait_unasked("bite", 10)
            if said.get("bite", {}).get("in_force"):
                return said["bite"]
        raise AssertionError(f"no bite in 20 readings: {said}")

    def restore(self):
        done = self.agent.ask("restore", injection="i1")
        assert done["kind"] == "restore_done" and done.get("verified"), done
        assert self.agent.ask("bye").get("clean")
        self.agent.end()


def show(*what):
    return subprocess.run(["tc", *what, "show"], stdout=subprocess.PIPE, check=True).stdout.decode()


def qdiscs():
    return show("qdisc") + show("filter")


def delayed(program, name, server, other, params, asked, within):
    """Held for `asked` milliseconds, by netem; `other` is not; afterwards everything is as before."""
    before, pictured = server.calm_median(), qdiscs()
    beside = other.calm_median()
    injection = Injection(program, params)
    try:
        assert "netem" in qdiscs(), "it is not netem that delays: " + qdiscs()
        # On a busy machine an application is woken late by others: the best of five counts.
        added = server.median() - before
        for _ in range(4):
            if abs(added - asked) > within:
                added = min(added, server.median() - before, key=lambda ms: abs(ms - asked))
        still = other.calm_median() - beside
        bite = injection.bite_in_force()
    finally:
        injection.restore()
    after = server.calm_median() - before
    assert qdiscs() == pictured, "queueing disciplines differ:\n" + qdiscs() + "before:\n" + pictured
    print(f"ok: netem, {name}: asked {asked} ms, an application measures {added:+.2f}, another service "
          f"{still:+.2f}, afterwards {after:+.2f}; {bite['sentence']}", flush=True)
    assert abs(added - asked) <= within, "more than that off"
    assert still < 2 and after < 2, "somebody else is delayed, or still"


def jittered(program, server, params, delay, jitter):
    """Even over delay plus or minus jitter: mean and quartiles of a uniform distribution."""
    base = server.calm_median()
    injection = Injection(program, params)
    try:
        for _ in range(5):
            trips = sorted(t - base for t in server.round_trips(120))
            low, middle, high = (trips[len(trips) * k // 4] for k in (1, 2, 3))
            if abs(middle - delay) <= jitter / 4 and abs((high - low) - jitter) <= jitter / 3:
                break
    finally:
        injection.restore()
    print(f"ok: netem, jitter: asked {delay} +- {jitter} ms, quartiles {low:.1f} {middle:.1f} {high:.1f}, "
          f"from {trips[0]:.1f} to {trips[-1]:.1f}", flush=True)
    assert abs(middle - delay) <= jitter / 3, "the middle is not the delay"
    assert abs((high - low) - jitter) <= jitter / 2, "half of an even distribution lies between the quartiles"
    assert trips[0] >= delay - jitter - 1


def all_of_it(program):
    servers = [Echo("127.0.0.1"), Echo("127.0.0.1")]
    subprocess.run(["ip", "netns", "add", "peer"], check=True)
    for argv in (["ip", "link", "add", "gfa", "type", "veth", "peer", "name", "gfb", "netns", "peer"],
                 ["ip", "addr", "add", "10.77.0.1/24", "dev", "gfa"], ["ip", "link", "set", "gfa", "up"],
                 ["ip", "-n", "peer", "addr", "add", "10.77.0.2/24", "dev", "gfb"],
                 ["ip", "-n", "peer", "link", "set", "gfb", "up"]):
        subprocess.run(argv, check=True)
    inside = ("nsenter", "--net=/run/netns/peer")
    servers += [Echo("10.77.0.2", *inside), Echo("10.77.0.2", *inside)]
    one, other, far, beside = servers
    failed = False
    try:
        for case in (
                lambda: delayed(program, "our port on loopback", one, other,
                                {"from": {"ports": [one.port]}, "delay": "50ms"}, 50, 2),
                lambda: delayed(program, "a service on loopback", one, other,
                                {"to": {"hosts": ["127.0.0.1"], "ports": [one.port]}, "delay": "50ms"}, 50, 2),
                lambda: delayed(program, "a service of another host", far, beside,
                                {"to": {"hosts": ["10.77.0.2"], "ports": [far.port]}, "delay": "50ms"}, 50, 2),
                lambda: delayed(program, "everything of this host", far, one, {"delay": "20ms"}, 20, 2),
                lambda: jittered(program, one,
                                 {"from": {"ports": [one.port]}, "delay": "50ms", "jitter": "20ms"}, 50, 20)):
            try:
                case()
            except Exception as e:
                failed = True
                print(f"FAILED: netem: {type(e).__name__}: {e}", flush=True)
    finally:
        for server in servers:
            server.end()
        subprocess.run(["ip", "netns", "del", "peer"], check=True)
    return not failed
