"""The victim of the kill matrix: a small server with a file and cgroups of its own; and the faults done to it."""
import os, shutil, signal, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import snapshot

ONLY_V2 = os.path.exists("/sys/fs/cgroup/cgroup.controllers")  # the one hierarchy has all controllers

VICTIM = r"""
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
    peer, _ = listener.accept(); data = peer.recv(1000)
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"); peer.close()
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
        for mount in ("",) if ONLY_V2 else ("/cpu", "/memory", "/pids", "/unified"):
            path = f"/sys/fs/cgroup{mount}{self.name}"
            if os.path.isdir(f"/sys/fs/cgroup{mount}") and os.access(f"/sys/fs/cgroup{mount}", os.W_OK):
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
    mount = "" if ONLY_V2 else "/unified"
    return "1" == snapshot.read(f"/sys/fs/cgroup{mount}{place.name}/cgroup.freeze").strip()


def file_changed(place):
    return "workers = 2" in snapshot.read(place.file)


def quota(place):
    if ONLY_V2:
        return not snapshot.read(f"/sys/fs/cgroup{place.name}/cpu.max").startswith("max")
    return snapshot.read(f"/sys/fs/cgroup/cpu{place.name}/cpu.cfs_quota_us").strip() != "-1"


def open_files(place):
    line = [l for l in snapshot.read(f"/proc/{place.victim.pid}/limits").splitlines() if "open files" in l][0]
    return line.split()[3] == "64"


def packets_held(_):
    return ("gf-" in snapshot.run("iptables-save", "-t", "mangle") or
            "netem" in snapshot.run("tc", "qdisc", "show"))


# name -> (fault, params, is it in force?)
FAULTS = {
    "noop": ("noop", {}, holder_there),
    "cpu": ("cpu", {"share": "30%", "cores": 1}, holder_there),
    "cpu-inside": ("cpu", {"share": "30%", "cores": 1, "inside": True}, holder_there),
    "pause": ("pause", {"by": "signal"}, stopped),
    "pause-freezer": ("pause", {"by": "freezer"}, frozen),
    "setting": ("setting", {"file": {"path": None, "key": "workers", "reload": {"signal": "HUP"}, "trusted": True},
                            "value": 2},
                file_changed),
    "limit-cpu": ("limit", {"cpu": "0.5"}, quota),
    "limit-files": ("limit", {"open_files": 64}, open_files),
    # Long enough that a busy machine, which adds a few, is still within a tenth of it.
    "network": ("network", {"from": {"ports": [8080]}, "delay": "80ms"}, packets_held),
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
