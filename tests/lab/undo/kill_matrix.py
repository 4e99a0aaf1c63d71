#!/usr/bin/env python3
"""Every way out of a run, done to real faults: what was there before is there again.

    kill_matrix.py PROGRAM [--fault NAME]... [--ending NAME]... [--rounds N]

Runs in network and mount namespaces of its own (as root), with undo records in a tmpfs of its own, and
touches only processes that it started. The witness is snapshot.py.
"""
import argparse, ctypes, os, signal, statistics, subprocess, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from agent_client import Agent, Closed
from campaigns import accuracy, damaged_ledger, directed, other_users, planted_ledger, untold_conflict
from round import Round, compare, end_by_bye, end_by_restore, kill
from victim import FAULTS, Place, ours

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


def end_by_stopped_pair(r):
    """Agent and guardian stopped, nobody else there: `recover` ends both and takes back."""
    agent = r.agent.agent_pid()
    kill(r.agent.guardian, signal.SIGSTOP)
    kill(agent, signal.SIGSTOP)
    r.agent.close()  # the coordinator is dead
    time.sleep(0.3)
    assert r.in_force(r.place), "somebody took it back without being asked"
    done = subprocess.run([r.program, "recover"], stdout=subprocess.PIPE, timeout=60)
    text = done.stdout.decode()
    assert done.returncode == 0 and "taken back" in text, (done.returncode, text)
    assert not os.path.exists(f"/proc/{agent}") or "Z" in open(f"/proc/{agent}/stat").read(), "the agent lives"
    r.wait_clean(1)


def end_by_stopped_pair_and_hello(r):
    """The same with a coordinator that has lost its agent: one in its place takes back."""
    kill(r.agent.guardian, signal.SIGSTOP)
    kill(r.agent.agent_pid(), signal.SIGSTOP)
    second = Agent(r.program)
    answer = second.ask("hello", protocol=1, version="test", run=r.run, recover_only=True, instead_of=r.agent_id)
    assert answer["kind"] == "welcome" and not answer.get("left") and answer.get("recovered") == 1, answer
    assert second.ask("bye").get("clean")
    second.end()
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
    "stopped-pair": end_by_stopped_pair, "stopped-pair-hello": end_by_stopped_pair_and_hello,
    "stopped-holder": end_by_stopped_holder, "second-agent": end_by_second_agent, "sudo": end_through_sudo,
}


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
    parser.add_argument("--accuracy", action="store_true")
    parser.add_argument("--directed", type=int, default=0, help="kill the agent at up to so many system calls")
    asked = parser.parse_args()
    if os.geteuid() != 0:
        print("skipped: the kill matrix needs root for namespaces of its own")
        return 77
    enter_namespaces()
    if asked.planted:
        planted_ledger(asked.program)
        print("ok: a planted ledger is not acted on")
        damaged_ledger(asked.program)
        print("ok: a damaged or newer line of a ledger hides nothing")
        untold_conflict(asked.program)
        print("ok: a conflict that nobody heard of is told, once")
        return 0
    if asked.users:
        other_users(asked.program)
        print("ok: root takes a user's ledgers back as that user")
        return 0
    if asked.accuracy:
        return 0 if accuracy(asked.program) else 77
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
