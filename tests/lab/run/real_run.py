"""One real `gunflint run` on the victim of the kill matrix: its file, its screen, its processes, its journal."""
import fcntl, json, os, pty, re, select, shutil, signal, subprocess, sys, tempfile, termios, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "undo"))
import snapshot
from victim import FAULTS, TRAFFIC, Place, ours

LEDGERS = "/var/lib/gunflint/ledger"  # a tmpfs of the test's own

EXPERIMENT = """\
version: 1
name: ways-out-{fault}
targets:
  shop: {{ local: {{ pid_file: {pid_file} }} }}
{load}{hypotheses}faults:
  - name: harm
    type: {type}
    target: shop
    at: 300ms
    for: {length}
{fields}recovery: {{ within: 3s, stable_for: 1s }}
blast_radius: {{ keep_ready: 0 }}
"""
# A shop that is frozen for two seconds under load: for what is looked at from outside.
FROZEN_SHOP = """\
version: 1
name: {name}
targets:
  shop: {{ local: {{ pid_file: {pid_file} }} }}
load:
  shoppers:
    base_url: http://127.0.0.1:8080
    timeout: 500ms
    stages: [ {{ name: normal, rate: 30/s, for: {length} }} ]
    requests: [ {{ get: / }} ]
steady_state:
  - {{ {steady} }}
faults:
  - {{ name: freeze it, type: pause, target: shop, by: signal, at: {at}, for: 2s }}
gate: {gate}
recovery: {{ within: 3s, stable_for: 1s }}
blast_radius: {{ keep_ready: 0 }}
"""
LOAD = """\
load:
  shoppers:
    base_url: http://127.0.0.1:8080
    timeout: 300ms
    stages: [ { name: normal, rate: 20/s, for: 1s } ]
    requests: [ { get: / } ]
"""
# They read a file of the test: it says when the system is not well.
STEADY = """\
steady_state:
  - {{ name: well, exec: [cat, {ill}], expect: value < 1, during: fault, every: 100ms }}
"""
GUARD = """\
abort:
  - {{ exec: [cat, {ill}], when: value > 0, for: 200ms, every: 100ms }}
"""


def as_yaml(value, indent):
    pad, text = " " * indent, ""
    for key, inner in value.items():
        if isinstance(inner, dict):
            text += f"{pad}{key}:\n{as_yaml(inner, indent + 2)}"
        else:
            text += f"{pad}{key}: {json.dumps(inner)}\n"
    return text


def wait_for(what, limit, why):
    """Seconds until it is so."""
    start = time.monotonic()
    while not what():
        if time.monotonic() - start > limit:
            raise AssertionError(f"{why} within {limit} s; ours: {ours()}")
        time.sleep(0.002)
    return time.monotonic() - start


class OwnPlace(Place):
    """The victim on a machine where others inject as well: a tagged cgroup is a difference only if the tag is ours."""
    def __init__(self):
        self.tags = set()
        super().__init__()

    def learn_tags(self):
        for name in os.listdir(LEDGERS):
            self.tags |= set(re.findall(r"gf-[a-z0-9]{10}", snapshot.read(f"{LEDGERS}/{name}")))

    def picture(self):
        seen = super().picture()
        seen["cgroups"] = {path: what for path, what in seen["cgroups"].items()
                           if self.name in path or any(tag in path for tag in self.tags)}
        return seen


class RealRun:
    def __init__(self, program, place, fault, length="60s", hypotheses="", options=(), terminal=False, load=True):
        self.program, self.place, self.fault = program, place, fault
        self.type, params, self.check = FAULTS[fault]
        params = json.loads(json.dumps(params).replace('"path": null', f'"path": "{place.file}"'))
        if fault == "cpu":
            params["scope"] = "host"  # it burns beside the shop, not inside it
        self.folder = tempfile.mkdtemp(prefix="gunflint-ways-")
        self.ill = self.folder + "/ill"
        self.set_ill(0)
        self.file = self.folder + "/x.yaml"
        self.pid_file = self.folder + "/shop.pid"  # others on this machine may run a matrix-shop too
        with open(self.pid_file, "w") as f:
            f.write(f"{place.victim.pid}\n")
        with open(self.file, "w") as f:
            f.write(EXPERIMENT.format(fault=fault, type=self.type, length=length, fields=as_yaml(params, 4),
                                      load=LOAD if load else "", pid_file=self.pid_file, hypotheses=hypotheses.format(ill=self.ill)))
        self.out = self.folder + "/runs"
        self.argv = [program, "run", self.file, "--out", self.out, "--lease", "1s", *options]
        # A packet fault bites when packets come.
        other = self.type == "network" and not load
        self.traffic = subprocess.Popen([sys.executable, "-c", TRAFFIC]) if other else None
        self.terminal, self.master = terminal, None
        self.shown = b""
        self.started = time.monotonic()
        self.process = self._in_terminal() if terminal else self._in_file()
        self.pid = self.process.pid

    def set_ill(self, value):
        with open(self.ill + ".new", "w") as f:
            f.write(f"{value}\n")
        os.rename(self.ill + ".new", self.ill)

    def _in_file(self):
        self.screen_file = self.folder + "/screen"
        with open(self.screen_file, "wb") as screen:
            return subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=screen, stderr=screen)

    def _in_terminal(self):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, b"\x28\x00\x78\x00\x00\x00\x00\x00")  # 40 rows of 120
        def own_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        process = subprocess.Popen(self.argv, stdin=slave, stdout=slave, stderr=slave, preexec_fn=own_terminal,
                                   env=dict(os.environ, TERM="xterm", LANG="C.UTF-8", CI=""))
        os.close(slave)
        threading.Thread(target=self._read_terminal, daemon=True).start()
        return process

    def _read_terminal(self):
        while self.master is not None:
            try:
                if select.select([self.master], [], [], 0.05)[0]:
                    self.shown += os.read(self.master, 65536)
            except (OSError, TypeError, ValueError):
                return

    def close_terminal(self):
        """As when its window is closed: the kernel hangs up."""
        master, self.master = self.master, None
        time.sleep(0.06)  # the reader lets go of it
        os.close(master)

    def screen(self):
        if self.terminal:
            return self.shown.decode(errors="replace")
        with open(self.screen_file, errors="replace") as f:
            return f.read()

    def in_force(self):
        return self.check(self.place)

    def run_folder(self):
        names = os.listdir(self.out) if os.path.isdir(self.out) else []
        return f"{self.out}/{names[0]}" if names else None

    def events(self):
        """All that can be read: every whole line. Only the last may be torn."""
        folder = self.run_folder()
        path = folder + "/journal.jsonl" if folder else ""
        if not os.path.exists(path):
            return []
        with open(path, "rb") as f:
            lines = f.read().split(b"\n")
        events = [json.loads(line) for line in lines[:-1]]  # what follows the last line end is torn, or nothing
        assert [e["n"] for e in events] == list(range(1, len(events) + 1)), "lines of the journal are missing"
        return events

    def said(self, kind):
        return [e for e in self.events() if e["kind"] == kind]

    def wait_injected(self):
        wait_for(lambda: self.process.poll() is not None or self.said("injected"), 30, "nothing was injected")
        if self.process.poll() is not None:
            raise AssertionError(f"the run ended with {self.process.returncode} before anything was injected:\n"
                                 + self.screen())
        # A packet queue holds nothing until packets come; everything else is there at once.
        self.place.learn_tags()
        assert self.place.tags, "no undo record is there"
        wait_for(self.in_force, 5, "the fault says that it is in force, but the machine does not")

    def wait_clean(self, limit):
        return wait_for(lambda: not self.in_force(), limit, "still in force")

    def wait_end(self, limit=40):
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"gunflint run has not ended within {limit} s; it says:\n{self.screen()}")

    @staticmethod
    def guardian():
        return [int(line.split()[0]) for line in ours() if "(gunflint-guard)" in line][0]

    def agent(self):
        """The guardian's child; what the agent does in children of its own has the same name."""
        guardian, stats = self.guardian(), [snapshot.read(f"/proc/{line.split()[0]}/stat") for line in ours()]
        return [int(s.split()[0]) for s in stats if s.rpartition(")")[2].split()[1:2] == [str(guardian)]
                and "(gunflint-agent)" in s][0]

    def end(self):
        """Whatever happened: nothing that this run started stays."""
        if self.process.poll() is None:
            for number in (signal.SIGCONT, signal.SIGTERM):
                os.kill(self.pid, number)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.traffic:
            self.traffic.kill()
            self.traffic.wait()
        if self.master is not None:
            self.close_terminal()
        end = time.monotonic() + 10
        while ours() and time.monotonic() < end:
            time.sleep(0.01)
        for line in ours():  # of this test's own network namespace
            os.kill(int(line.split()[0]), signal.SIGKILL)
        shutil.rmtree(self.folder)
