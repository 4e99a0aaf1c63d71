#!/usr/bin/env python3
"""Every way out of a run, done to real faults: what was there before is there again.

    kill_matrix.py PROGRAM [--fault NAME]... [--ending NAME]... [--rounds N]

Runs in network and mount namespaces of its own (as root), with undo records in a tmpfs of its own, and
touches only processes that it started. The witness is snapshot.py.
"""
import argparse, ctypes, json, os, random, shutil, signal, statistics, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import snapshot
from agent_client import Agent, Closed

VICTIM = """
import ctypes, os, signal, socket, sys, threading, time
ctypes.CDLL(None).prctl(15, b"matrix-shop", 0, 0, 0)  # a name of its own: a reload goes to the family's head
signal.signal(signal.SIGHUP, lambda *a: None)
listener = socket.socket(); listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", 8080)); listener.listen(64)
if os.fork() == 0:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    while os.getppid() != 1: time.sleep(0.05)
    os._exit(0)
print("up", flush=True)
while True:
    peer, _ = listener.accept(); data = peer.recv(100); peer.sendall(data); peer.close()
"""


class Place:
    """The victim, its file and its cgroups."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="gunflint-matrix-")
        self.file = self.folder + "/shop.conf"
        with open(self.file, "w") as f:
            f.write("# shop\nworkers = 8\nqueue = 100\n")
        os.chmod(self.file, 0o640)
        self.victim = subprocess.Popen([sys.executable, "-c", VICTIM], stdout=subprocess.PIPE)
        assert self.victim.stdout.readline() == b"up\n"
        self.name = f"/matrix-{os.getpid()}"
        self.groups = []
        for mount in ("cpu", "memory", "pids", "unified"):
            path = f"/sys/fs/cgroup/{mount}{self.name}"
            if os.path.isdir(f"/sys/fs/cgroup/{mount}") and os.access(f"/sys/fs/cgroup/{mount}", os.W_OK):
                os.mkdir(path)
                self.groups.append(path)
                for pid in self.pids():
                    with open(path + "/cgroup.procs", "w") as f:
                        f.write(str(pid))

    def pids(self):
        child = [int(n) for n in os.listdir("/proc") if n.isdigit() and
                 snapshot.read(f"/proc/{n}/stat").rpartition(")")[2].split()[1:2] == [str(self.victim.pid)]]
        return [self.victim.pid] + child

    def member(self):
        stat = open(f"/proc/{self.victim.pid}/stat").read()
        cgroups = {}
        for line in open(f"/proc/{self.victim.pid}/cgroup"):
            _, names, path = line.rstrip("\n").split(":", 2)
            for name in names.split(","):
                if not name.startswith("name="):
                    cgroups[name] = path
        start = int(stat[stat.rindex(")") + 2:].split()[19])
        return {"target": "shop", "id": f"pid:{self.victim.pid}@{start}", "label": f"shop[{self.victim.pid}]",
                "pid": self.victim.pid, "start_time": start, "address": "127.0.0.1", "ports": [8080],
                "boot_id": open("/proc/sys/kernel/random/boot_id").read().strip(),
                "pid_namespace": os.stat("/proc/self/ns/pid").st_ino, "cgroups": cgroups}

    def picture(self):
        seen = snapshot.picture(self.pids(), [self.file], [self.name], [])
        seen["ours"] = ours()
        return seen

    def remove(self):
        pids = self.pids()
        for pid in reversed(pids):
            for number in (signal.SIGKILL, signal.SIGCONT):
                try:
                    os.kill(pid, number)
                except OSError:
                    pass
        self.victim.wait()
        for path in self.groups:
            for _ in range(100):
                try:
                    os.rmdir(path)
                    break
                except OSError:
                    time.sleep(0.02)
        shutil.rmtree(self.folder)


def ours():
    """gunflint's processes in this network namespace, which is the test's own."""
    here, found = os.stat("/proc/self/ns/net").st_ino, []
    for name in os.listdir("/proc"):
        stat = snapshot.read(f"/proc/{name}/stat") if name.isdigit() else "unreadable"
        if stat.startswith("unreadable") or not stat[stat.index("(") + 1:].startswith("gunflint"):
            continue
        try:
            if os.stat(f"/proc/{name}/ns/net").st_ino == here and stat[stat.rindex(")") + 2] != "Z":
                found.append(stat[:stat.rindex(")") + 3])
        except OSError:
            pass
    return sorted(found)


def holder_there(_):
    return any("gunflint-holder" in line for line in ours())


def stopped(place):
    return all(snapshot.process(pid)["state"] in ("T", "t") for pid in place.pids())


def frozen(place):
    return "1" == snapshot.read(f"/sys/fs/cgroup/unified{place.name}/cgroup.freeze").strip()


def file_changed(place):
    return "workers = 2" in snapshot.read(place.file)


def quota(place):
    return snapshot.read(f"/sys/fs/cgroup/cpu{place.name}/cpu.cfs_quota_us").strip() != "-1"


def open_files(place):
    line = [l for l in snapshot.read(f"/proc/{place.victim.pid}/limits").splitlines() if "open files" in l][0]
    return line.split()[3] == "64"


def packets_held(_):
    return "gf-" in snapshot.run("iptables-save", "-t", "mangle")


# name -> (fault, params, is it in force?)
FAULTS = {
    "noop": ("noop", {}, holder_there),
    "cpu": ("cpu", {"share": "30%", "cores": 1}, holder_there),
    "cpu-inside": ("cpu", {"share": "30%", "cores": 1, "inside": True}, holder_there),
    "pause": ("pause", {"by": "signal"}, stopped),
    "pause-freezer": ("pause", {"by": "freezer"}, frozen),
    "setting": ("setting", {"file": {"path": None, "key": "workers", "reload": {"signal": "HUP"}}, "value": 2},
                file_changed),
    "limit-cpu": ("limit", {"cpu": "0.5"}, quota),
    "limit-files": ("limit", {"open_files": 64}, open_files),
    "network": ("network", {"from": {"ports": [8080]}, "delay": "20ms"}, packets_held),
}


TRAFFIC = """
import os, socket, time
parent = os.getppid()
while os.getppid() == parent:
    try:
        with socket.create_connection(("127.0.0.1", 8080), timeout=1) as s:
            s.sendall(b"x"); s.recv(10)
    except OSError:
        pass
    time.sleep(0.02)
"""


class Round:
    def __init__(self, program, place, fault, lease="3s", lasting="60s", on_disconnect="restore"):
        self.on_disconnect = on_disconnect
        self.program, self.place, self.fault = program, place, fault
        self.type, self.params, self.in_force = FAULTS[fault]
        self.params = json.loads(json.dumps(self.params).replace('"path": null', f'"path": "{place.file}"'))
        self.lease, self.lasting = lease, lasting
        # A packet fault bites when packets come.
        self.traffic = subprocess.Popen([sys.executable, "-c", TRAFFIC]) if self.type == "network" else None
        self.agent = Agent(program)
        self.run = f"run-{random.randrange(1 << 40):x}"

    def open(self):
        answer = self.agent.ask("hello", protocol=1, version="test", run=self.run, lease=self.lease)
        assert answer["kind"] == "welcome", answer
        return answer

    def inject(self, look=True):
        tag = "gf-" + "".join(random.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(10))
        answer = self.agent.ask("inject", injection="i1", fault=self.type, tag=tag, params=self.params,
                                member=self.place.member(), lasting=self.lasting, on_disconnect=self.on_disconnect)
        assert answer["kind"] == "inject_done" and not answer.get("nothing_to_do"), answer
        assert answer["bite"].get("in_force"), answer
        assert not look or self.in_force(self.place), "the fault says it is in force, but the machine does not"

    def end(self):
        self.agent.end()
        if self.traffic:
            self.traffic.kill()
            self.traffic.wait()

    def wait_clean(self, limit):
        """Seconds until the fault is no more in force."""
        start = time.monotonic()
        while self.in_force(self.place):
            if time.monotonic() - start > limit:
                raise AssertionError(f"still in force after {limit} s; ours: {ours()}")
            time.sleep(0.002)
        return time.monotonic() - start


def kill(pid, number=signal.SIGKILL):
    os.kill(pid, number)


def end_by_restore(r):
    done = r.agent.ask("restore", injection="i1")
    assert done["kind"] == "restore_done" and done.get("verified"), done
    closed = r.agent.ask("bye")
    assert closed["kind"] == "closed" and closed.get("clean"), closed


def end_by_bye(r):
    closed = r.agent.ask("bye")
    assert closed["kind"] == "closed" and closed.get("clean"), closed


def end_by_deadline(r):
    done = r.agent.wait_unasked("restore_done", 20)
    assert done.get("verified") and done["by"] == "deadline", done


def end_by_silence(r):
    done = r.agent.wait_unasked("restore_done", 20)
    assert done.get("verified") and done["by"] == "lease", done


def end_by_coordinator(r):
    r.agent.close()
    r.wait_clean(5)


def end_by_sigterm(r):
    kill(r.agent.agent_pid(), signal.SIGTERM)
    r.wait_clean(10)


def end_by_sighup(r):
    kill(r.agent.agent_pid(), signal.SIGHUP)
    r.wait_clean(10)


def end_after_keeping(r):
    """`on_disconnect: keep`: without its coordinator it runs on to its deadline, and not beyond."""
    r.agent.close()
    time.sleep(0.7)
    assert r.in_force(r.place), "it did not run on without its coordinator"
    r.wait_clean(20)


def end_by_agent(r):
    kill(r.agent.agent_pid())
    r.wait_clean(20)


def end_by_guardian(r):
    kill(r.agent.guardian)
    r.wait_clean(20)


def end_by_stopped_agent(r):
    kill(r.agent.agent_pid(), signal.SIGSTOP)
    r.wait_clean(20)


def end_by_agent_and_guardian(r):
    agent = r.agent.agent_pid()
    kill(r.agent.guardian, signal.SIGSTOP)
    kill(agent)
    kill(r.agent.guardian)
    try:
        r.agent.ask("beat", seconds=5)
        raise AssertionError("a dead agent answers")
    except (Closed, BrokenPipeError):
        pass
    second = Agent(r.program)  # what a coordinator does when it sees the end without BYE
    answer = second.ask("hello", protocol=1, version="test", run=r.run, recover_only=True)
    assert answer["kind"] == "welcome" and not answer.get("left") and answer.get("recovered") == 1, answer
    assert second.ask("bye").get("clean")
    second.end()
    r.wait_clean(1)


def end_by_everybody(r):
    agent = r.agent.agent_pid()
    kill(r.agent.guardian, signal.SIGSTOP)
    kill(agent, signal.SIGSTOP)
    kill(agent)
    kill(r.agent.guardian)
    r.agent.end()
    done = subprocess.run([r.program, "recover"], stdout=subprocess.PIPE, timeout=60)
    text = done.stdout.decode()
    assert done.returncode == 0 and "taken back" in text, (done.returncode, text)
    again = subprocess.run([r.program, "recover"], stdout=subprocess.PIPE, timeout=60)
    assert again.returncode == 0 and b"nothing was left" in again.stdout, again.stdout
    r.wait_clean(1)


def end_by_stopped_holder(r):
    """A stopped packet delayer loses all traffic, a dead one passes it: it is killed when it is silent."""
    holders = [line for line in ours() if "(gunflint-holder)" in line]
    if holders:
        kill(int(holders[0].split()[0]), signal.SIGSTOP)
        start = time.monotonic()
        while any("(gunflint-holder)" in line for line in ours()):
            assert time.monotonic() - start < 5, "a stopped holder lives on"
            time.sleep(0.01)
        seen = r.agent.wait_unasked("bite", 10)
        while seen["bite"].get("in_force"):
            seen = r.agent.wait_unasked("bite", 10)
    end_by_restore(r)


def end_by_second_agent(r):
    """Another agent may not touch what is in force; when that is over, it may."""
    second = Round(r.program, r.place, r.fault)
    second.open()
    try:
        if r.type not in ("noop", "cpu"):  # those share happily
            answer = second.agent.ask("inject", injection="i1", fault=r.type, tag="gf-zzzzzzzzzz", params=r.params,
                                      member=r.place.member(), lasting="60s")
            assert answer["kind"] == "failed" and answer["cause"] == "conflict", answer
            assert r.in_force(r.place), "the refused agent changed something"
        end_by_restore(r)
        second.inject()
        end_by_bye(second)
    finally:
        second.end()


def end_through_sudo(r):
    """The same, started through sudo: closing the pipe is the end of it."""
    end_by_bye(r)
    r.end()
    by_sudo = Round(["sudo", "-n", r.program], r.place, r.fault, lease="30s")
    try:
        by_sudo.open()
        by_sudo.inject()
        by_sudo.agent.close()
        by_sudo.wait_clean(5)
    finally:
        by_sudo.end()


ENDINGS = {
    "restore": end_by_restore, "bye": end_by_bye, "deadline": end_by_deadline, "silence": end_by_silence,
    "coordinator": end_by_coordinator, "keep": end_after_keeping, "sigterm": end_by_sigterm, "sighup": end_by_sighup,
    "agent": end_by_agent, "guardian": end_by_guardian, "stopped-agent": end_by_stopped_agent,
    "agent-and-guardian": end_by_agent_and_guardian, "everybody": end_by_everybody,
    "stopped-holder": end_by_stopped_holder, "second-agent": end_by_second_agent, "sudo": end_through_sudo,
}


def compare(place, before):
    end = time.monotonic() + 15  # for processes on their way out, not for state
    after = place.picture()
    while after != before and time.monotonic() < end:
        time.sleep(0.05)
        after = place.picture()
    for key in before:
        assert after[key] == before[key], f"{key} differs:\nbefore {before[key]}\nafter  {after[key]}"


def one(program, fault, ending):
    place = Place()
    try:
        before = place.picture()
        assert not before["ours"], before["ours"]
        r = Round(program, place, fault, lease="1s" if ending == "silence" else "30s",
                  lasting="1s" if ending == "deadline" else "3s" if ending == "keep" else "60s",
                  on_disconnect="keep" if ending == "keep" else "restore")
        try:
            r.open()
            r.inject()
            start = time.monotonic()
            ENDINGS[ending](r)
            took = time.monotonic() - start
        finally:
            r.end()
        compare(place, before)
        return took
    finally:
        place.remove()


def coordinator_process(program, place, fault, ready):
    """A coordinator that is killed: in a process of its own, so that the kernel closes its pipes."""
    r = Round(program, place, fault, lease="30s")
    r.open()
    r.inject()
    os.write(ready, b"x")
    while True:
        time.sleep(1)


def killed_coordinators(program, fault, rounds):
    times = []
    for _ in range(rounds):
        place = Place()
        try:
            before = place.picture()
            read_end, write_end = os.pipe()
            child = os.fork()
            if child == 0:
                try:
                    coordinator_process(program, place, fault, write_end)
                finally:
                    os._exit(1)
            os.close(write_end)
            assert os.read(read_end, 1) == b"x", "the coordinator could not inject"
            os.close(read_end)
            in_force = FAULTS[fault][2]
            os.kill(child, signal.SIGKILL)
            start = time.monotonic()
            while in_force(place):
                assert time.monotonic() - start < 10, "still in force after 10 s"
            times.append(time.monotonic() - start)
            os.waitpid(child, 0)
            compare(place, before)
        finally:
            place.remove()
    return times


def traced_round(program, place, fault, options):
    """Injects and says bye with strace on the agent. True: it lived to its end."""
    r = Round(program, place, fault, lease="30s")
    tracer = None
    try:
        r.open()
        agent = r.agent.agent_pid()
        tracer = subprocess.Popen(["strace", "-qq", "-p", str(agent)] + options, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 5  # strace says nothing when it has attached; the kernel does
        while "TracerPid:\t0" in snapshot.read(f"/proc/{agent}/status"):
            assert time.monotonic() < end, "strace does not attach"
            time.sleep(0.002)
        r.inject(look=False)  # it may be killed the moment after it has answered
        end_by_bye(r)
        return True
    except (Closed, BrokenPipeError):
        return False
    finally:
        r.end()
        if tracer:
            tracer.terminate()
            tracer.wait()


def directed(program, fault, most):
    """A run is recorded; then the agent is killed at the entry of each of its system calls (at most `most`, evenly
    chosen; the exit of a call is the entry of the next). Every time the guardian leaves the machine as it was."""
    place = Place()
    try:
        before = place.picture()
        record = place.folder + "/calls"
        assert traced_round(program, place, fault, ["-o", record])
        names = [line.split("(")[0] for line in open(record) if "(" in line and line[0].isalpha()]
        os.unlink(record)
        # Of each kind the first few, then evenly: a few kinds (looking through /proc) are most of the calls.
        kinds = {name: names.count(name) for name in names}
        each = max(4, most // len(kinds))
        points = [(name, n) for name, count in kinds.items()
                  for n in range(1, count + 1) if n <= each // 2 or n % max(1, 2 * count // each) == 0]
        killed = 0
        for name, number in points:
            killed += not traced_round(program, place, fault, ["-o", "/dev/null", "-e", f"trace={name}", "-e",
                                                               f"inject={name}:signal=SIGKILL:when={number}"])
            compare(place, before)
        return killed, len(points), len(names)
    finally:
        place.remove()


def planted_ledger(program):
    """A ledger that another user could have written is never acted on by root."""
    place = Place()
    try:
        os.makedirs("/var/lib/gunflint/ledger", mode=0o700, exist_ok=True)
        r = Round(program, place, "setting")
        r.open()
        r.inject()
        source = [f for f in os.listdir("/var/lib/gunflint/ledger") if f.endswith(".ledger")][0]
        text = open(f"/var/lib/gunflint/ledger/{source}", "rb").read()
        end_by_bye(r)
        r.end()
        with open(place.file, "w") as f:
            f.write("# shop\nworkers = 2\nqueue = 100\n")  # what the planted undo would overwrite
        planted = "/var/lib/gunflint/ledger/planted.ledger"
        for uid, mode in ((65534, 0o600), (0, 0o666)):
            with open(planted, "wb") as f:
                f.write(text)
            os.chown(planted, uid, uid)
            os.chmod(planted, mode)
            done = subprocess.run([program, "recover"], stdout=subprocess.PIPE, timeout=60)
            assert done.returncode == 5 and b"not believed" in done.stdout, (done.returncode, done.stdout)
            assert "workers = 2" in open(place.file).read(), "a planted ledger was acted on"
        os.chmod(planted, 0o600)
        done = subprocess.run([program, "recover"], stdout=subprocess.PIPE, timeout=60)
        assert done.returncode == 0 and "workers = 8" in open(place.file).read(), \
            f"the same ledger, owned by root alone, is believed: {done.stdout}"
    finally:
        place.remove()


def other_users(program):
    """Root takes a user's ledgers back as that user: what the user could not do is not done."""
    home = tempfile.mkdtemp(prefix="gunflint-home-")
    uid = 54321
    os.chmod(home, 0o755)
    os.chown(home, uid, uid)
    passwd = home + "/passwd"
    with open(passwd, "w") as f:
        f.write(open("/etc/passwd").read() + f"matrixuser:x:{uid}:{uid}:lab:{home}:/bin/sh\n")
    subprocess.run(["mount", "--bind", passwd, "/etc/passwd"], check=True)  # in our own mount namespace
    place = Place()
    ledgers = home + "/.local/state/gunflint/ledger"
    own = None
    try:
        as_user = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
        own = subprocess.Popen(as_user + ["sleep", "600"])
        while "(sleep)" not in snapshot.read(f"/proc/{own.pid}/stat"):
            time.sleep(0.01)
        stat = open(f"/proc/{own.pid}/stat").read()
        victim = {"id": "v", "label": "sleep", "pid": own.pid, "start_time": int(stat[stat.rindex(")") + 2:].split()[19])}
        agent = Agent(as_user + [program], env={"HOME": home, "PATH": os.environ["PATH"]})
        assert agent.ask("hello", protocol=1, run="u", lease="30s")["kind"] == "welcome"
        # One honest undo: a process of the user is stopped.
        done = agent.ask("inject", injection="i1", fault="pause", tag="gf-aaaaaaaaaa", params={}, member=victim,
                         lasting="60s")
        assert done["kind"] == "inject_done", done
        source = ledgers + "/" + [f for f in os.listdir(ledgers) if f.endswith(".ledger")][0]
        here = agent.agent_pid()
        kill(agent.guardian, signal.SIGSTOP)
        kill(here)
        kill(agent.guardian)
        agent.end()
        # One planted: it would write a file of root.
        r = Round(program, place, "setting")
        r.open()
        r.inject()
        root_ledger = [f for f in os.listdir("/var/lib/gunflint/ledger") if f.endswith(".ledger")][0]
        text = open(f"/var/lib/gunflint/ledger/{root_ledger}", "rb").read()
        end_by_bye(r)
        r.end()
        with open(place.file, "w") as f:
            f.write("# shop\nworkers = 2\nqueue = 100\n")
        with open(ledgers + "/planted.ledger", "wb") as f:
            f.write(text)
        os.chown(ledgers + "/planted.ledger", uid, uid)
        os.chmod(ledgers + "/planted.ledger", 0o600)
        done = subprocess.run([program, "recover", "--all"], stdout=subprocess.PIPE, timeout=100)
        said = done.stdout.decode()
        assert "workers = 2" in open(place.file).read(), "a user's planted ledger changed a file of root"
        assert done.returncode == 5 and "left: setting" in said, (done.returncode, said)
        assert "taken back: pause on sleep (user matrixuser)" in said, said
        assert snapshot.process(own.pid)["state"] == "alive", snapshot.process(own.pid)
        assert not os.path.exists(source)
    finally:
        if own:
            own.kill()
            own.wait()
        place.remove()
        subprocess.run(["umount", "/etc/passwd"], check=True)
        shutil.rmtree(home)


def enter_namespaces():
    """Network and mounts of our own; the tmpfs over the undo records goes away with us."""
    if os.environ.get("GUNFLINT_MATRIX_INSIDE") != "1":
        os.environ["GUNFLINT_MATRIX_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--net", "--propagation", "private", sys.executable] + sys.argv)
    os.makedirs("/var/lib/gunflint", exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "gunflint-matrix", "/var/lib/gunflint"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # Children of killed guardians come to us and are reaped here.
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--fault", action="append")
    parser.add_argument("--ending", action="append")
    parser.add_argument("--rounds", type=int, default=0, help="kill the coordinator so often, and time it")
    parser.add_argument("--planted", action="store_true")
    parser.add_argument("--users", action="store_true")
    parser.add_argument("--directed", type=int, default=0, help="kill the agent at up to so many system calls")
    asked = parser.parse_args()
    if os.geteuid() != 0:
        print("skipped: the kill matrix needs root for namespaces of its own")
        return 77
    enter_namespaces()
    if asked.planted:
        planted_ledger(asked.program)
        print("ok: a planted ledger is not acted on")
        return 0
    if asked.users:
        other_users(asked.program)
        print("ok: root takes a user's ledgers back as that user")
        return 0
    if asked.directed:
        for fault in asked.fault or ("noop", "pause"):
            killed, tried, calls = directed(asked.program, fault, asked.directed)
            print(f"ok: {fault}: of {calls} system calls of the agent {tried} were tried; it was killed at {killed} of "
                  "them (the others did not come again), and the machine was as before each time", flush=True)
        return 0
    failed = 0
    for fault in asked.fault or FAULTS:
        if asked.rounds:
            times = killed_coordinators(asked.program, fault, asked.rounds)
            median, worst = statistics.median(times), max(times)
            good = median < 0.2 and worst < 2
            failed += not good
            print(f"{'ok' if good else 'FAILED'}: {fault}: coordinator killed {len(times)} times, taken back in "
                  f"{median * 1000:.0f} ms median, {worst * 1000:.0f} ms at most", flush=True)
            continue
        for ending in asked.ending or ENDINGS:
            try:
                took = one(asked.program, fault, ending)
                print(f"ok: {fault} ended by {ending} ({took * 1000:.0f} ms)", flush=True)
            except Exception as e:
                failed += 1
                print(f"FAILED: {fault} ended by {ending}: {type(e).__name__}: {e}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
