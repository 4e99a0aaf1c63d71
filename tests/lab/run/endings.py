"""Every way out of a run: what is done to it, and which exit code must follow."""
import os, re, signal, subprocess, time

from real_run import GUARD, STEADY, wait_for

BAR = 5  # seconds from the first signal to an undone machine (LANGUAGE, Commands and exit codes)


def kill(pid, number=signal.SIGKILL):
    os.kill(pid, number)


def normal_end(r):
    return r.wait_clean(20)


def failed_verdict(r):
    r.set_ill(1)
    return r.wait_clean(20)


def guard(r):
    r.set_ill(1)
    return r.wait_clean(BAR)


def signalled(number):
    def end(r):
        kill(r.pid, number)
        return r.wait_clean(BAR)
    return end


def second_signal(r):
    """The second one wants no report; the undo is done all the same."""
    # An undo takes 2 ms: on a busy machine all would be over before we came to the second signal.
    for each in (signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
        kill(r.pid, each)
    return r.wait_clean(BAR)


def closed_terminal(r):
    r.close_terminal()
    return r.wait_clean(BAR)


def stop_command(r):
    """`gunflint stop` of an on-call person, by the end of the run's id."""
    run = os.path.basename(r.run_folder())
    start = time.monotonic()
    done = subprocess.run([r.program, "stop", run[-4:]], stdout=subprocess.PIPE, timeout=60)
    r.also = done.stdout.decode()
    assert done.returncode == 0 and r.also.startswith(f"stopped run {run}; taken back: "), (done.returncode, r.also)
    r.wait_clean(0.1)
    return time.monotonic() - start


def coordinator_killed(r):
    kill(r.pid)
    return r.wait_clean(2)


def agent_killed(r):
    kill(r.agent())
    return r.wait_clean(BAR)


def guardian_killed(r):
    kill(r.guardian())
    return r.wait_clean(BAR)


def agent_stopped(r):
    kill(r.agent(), signal.SIGSTOP)
    return r.wait_clean(10)


def agent_and_guardian_killed(r):
    agent, guardian = r.agent(), r.guardian()
    kill(guardian, signal.SIGSTOP)
    kill(agent)
    kill(guardian)
    return r.wait_clean(10)


def agent_and_guardian_stopped(r):
    agent, guardian = r.agent(), r.guardian()
    kill(guardian, signal.SIGSTOP)
    kill(agent, signal.SIGSTOP)
    return r.wait_clean(20)


def kill_all(r):
    pids = [r.pid, r.guardian(), r.agent()]
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in pids:
            kill(pid, number)
    r.process.wait()


def all_then_recover(r):
    kill_all(r)
    start = time.monotonic()
    done = subprocess.run([r.program, "recover"], stdout=subprocess.PIPE, timeout=60)
    r.also = done.stdout.decode()
    assert done.returncode == 0 and "taken back" in r.also, (done.returncode, r.also)
    took = time.monotonic() - start
    again = subprocess.run([r.program, "recover"], stdout=subprocess.PIPE, timeout=60)
    assert again.returncode == 0 and b"nothing was left" in again.stdout, again.stdout
    r.wait_clean(0.5)
    return took


def all_then_run(r):
    """The next run, of anything, first takes back what is left, and says so."""
    kill_all(r)
    file = r.folder + "/next.yaml"
    with open(file, "w") as f:
        f.write(f"version: 1\nname: next\ntargets:\n  shop: {{ local: {{ pid_file: {r.pid_file} }} }}\n"
                "faults:\n  - { name: nothing, type: noop, target: shop, for: 100ms }\n")
    start = time.monotonic()
    done = subprocess.run([r.program, "run", file, "--out", r.folder + "/next"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60)
    r.also = done.stdout.decode()
    assert done.returncode == 0, (done.returncode, r.also)
    assert re.search("took back .*a dead run had left", r.also), r.also
    took = time.monotonic() - start
    r.wait_clean(0.5)
    return took


def lease_over(r):
    """A coordinator that says nothing any more, and nobody who would notice: the agent's own clock."""
    kill(r.pid, signal.SIGSTOP)
    try:
        took = r.wait_clean(5)
        assert took > 0.5, f"taken back after {took:.1f} s, before the lease of 1 s was over"
        wait_for(lambda: r.process.poll() is None, 1, "it is stopped")
    finally:
        kill(r.pid, signal.SIGCONT)
    return took


class Ending:
    def __init__(self, do, exit, word, length="60s", hypotheses="", terminal=False, report=True, load=True,
                 why=""):
        self.do, self.exit, self.word, self.length = do, exit, word, length
        self.hypotheses, self.terminal, self.report, self.load, self.why = hypotheses, terminal, report, load, why


# name -> what is done, the exit code of the run (None: it was killed), the word that the screen must say
ENDINGS = {
    # Without load: on a busy machine the generator is the limit, and then nothing holds.
    "normal end": Ending(normal_end, 0, "HELD", length="1s", load=False),
    "failed verdict": Ending(failed_verdict, 1, "FAILED", length="2s", hypotheses=STEADY),
    "guard": Ending(guard, 4, "ABORTED", hypotheses=GUARD),
    "SIGINT": Ending(signalled(signal.SIGINT), 130, "INTERRUPTED"),
    "SIGTERM": Ending(signalled(signal.SIGTERM), 143, "TERMINATED"),
    "SIGHUP": Ending(signalled(signal.SIGHUP), 129, "HUNG UP"),
    "second signal": Ending(second_signal, 130, "", report=False),
    "closed terminal": Ending(closed_terminal, 129, "", terminal=True),
    "gunflint stop": Ending(stop_command, 143, "TERMINATED"),
    "coordinator killed": Ending(coordinator_killed, None, ""),
    "agent killed": Ending(agent_killed, 6, "TOOL ERROR"),
    "guardian killed": Ending(guardian_killed, 6, "TOOL ERROR"),
    "agent stopped": Ending(agent_stopped, 6, "TOOL ERROR"),
    "agent and guardian killed": Ending(agent_and_guardian_killed, 6, "TOOL ERROR"),
    "agent and guardian stopped": Ending(agent_and_guardian_stopped, 6, "TOOL ERROR"),
    "all killed, recover": Ending(all_then_recover, None, ""),
    "all killed, next run": Ending(all_then_run, None, ""),
    "lease over": Ending(lease_over, 7, "INCONCLUSIVE", why="The lease took it back after"),
}
