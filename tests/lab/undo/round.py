"""One run of one fault on the victim, as a coordinator does it."""
import json, os, random, signal, subprocess, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from agent_client import Agent
from victim import FAULTS, TRAFFIC, ours


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
        self.agent_id = answer["agent"]
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


def compare(place, before, patience=15):
    end = time.monotonic() + patience  # for processes on their way out, not for state
    after = place.picture()
    while after != before and time.monotonic() < end:
        time.sleep(0.05)
        after = place.picture()
    for key in before:
        assert after[key] == before[key], f"{key} differs:\nbefore {before[key]}\nafter  {after[key]}"
