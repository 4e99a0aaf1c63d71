#!/usr/bin/env python3
"""Two workers that share a listening port, and one delay of that port: the real agent does it once, for both.

    prefork.py AGENT     as root, in namespaces of its own
"""
import ctypes, os, socket, subprocess, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "undo"))
from agent_client import Agent

WORKER = """
import os, socket, sys
s = socket.socket(fileno=0)
print(os.getpid(), flush=True)
while True:
    peer, _ = s.accept(); peer.recv(10); peer.sendall(b"%d" % os.getpid()); peer.close()
"""


def member(pid, port):
    stat = open(f"/proc/{pid}/stat").read()
    start = int(stat[stat.rindex(")") + 2:].split()[19])
    return {"target": "web", "id": f"pid:{pid}@{start}", "label": f"web[{pid}]", "pid": pid, "start_time": start,
            "ports": [port], "boot_id": open("/proc/sys/kernel/random/boot_id").read().strip(),
            "pid_namespace": os.stat("/proc/self/ns/pid").st_ino}


def ask(port):
    """Who answered, and after how many milliseconds."""
    begin = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
        s.sendall(b"x")
        answer = s.recv(10)
    return int(answer), (time.monotonic() - begin) * 1000


def main():
    if os.geteuid() != 0:
        print("skipped: it needs root for namespaces of its own")
        return 77
    if os.environ.get("GUNFLINT_PREFORK_INSIDE") != "1":
        os.environ["GUNFLINT_PREFORK_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--net", "--propagation", "private", sys.executable] + sys.argv)
    os.makedirs("/var/lib/gunflint", exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "gunflint-prefork", "/var/lib/gunflint"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    workers = [subprocess.Popen([sys.executable, "-c", WORKER], stdin=listener.fileno(), stdout=subprocess.PIPE)
               for _ in range(2)]
    pids = [int(w.stdout.readline()) for w in workers]
    agent = Agent(sys.argv[1])
    try:
        assert agent.ask("hello", protocol=1, version="test", run="run-prefork", lease="30s")["kind"] == "welcome"
        said = []
        for n, pid in enumerate(pids):
            said.append(agent.ask("inject", injection=f"i{n}", fault="network", tag=f"gf-prefork00{n}",
                                  params={"from": {"ports": [port]}, "delay": "50ms"}, member=member(pid, port),
                                  lasting="60s", on_disconnect="restore"))
        assert all(s["kind"] == "inject_done" for s in said), said
        assert not said[0].get("nothing_to_do"), said[0]
        assert f"web[{pids[0]}]" in said[1].get("nothing_to_do", ""), said[1]
        answers = [ask(port) for _ in range(40)]
        assert {who for who, _ in answers} == set(pids), f"not both workers answered: {answers}"
        # The handshake and the request are held, once each.
        assert all(ms > 99 for _, ms in answers), answers
        assert sorted(ms for _, ms in answers)[20] < 110, answers
        done = agent.ask("restore", injection="i0")
        assert done["kind"] == "restore_done" and done.get("verified"), done
        assert sorted(ask(port)[1] for _ in range(20))[10] < 10, "still delayed"
        assert agent.ask("bye").get("clean")
        print(f"ok: two workers of port {port}, delayed once: {said[1]['nothing_to_do']}")
    finally:
        agent.end()
        for worker in workers:
            worker.kill()
            worker.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
