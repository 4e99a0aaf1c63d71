#!/usr/bin/env python3
"""What a person types while something is in force: inject, status, stop, Ctrl-C, list runs.

    by_hand.py GUNFLINT

In network and mount namespaces of its own (as root); the victim is that of the kill matrix.
"""
import json, os, re, signal, subprocess, sys, tempfile, shutil, time

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.join(here, "..", "undo")]
from kill_matrix import enter_namespaces
from real_run import OwnPlace, wait_for
from round import compare
from victim import holder_there, ours, stopped


class Hand:
    def __init__(self, program):
        self.program, self.place = program, OwnPlace()
        self.folder = tempfile.mkdtemp(prefix="gunflint-hand-")
        self.pid_file = self.folder + "/pid"
        with open(self.pid_file, "w") as f:
            f.write(f"{self.place.victim.pid}\n")

    def start(self, *words):
        with open(self.folder + "/screen", "wb") as screen:
            return subprocess.Popen([self.program, *words], cwd=self.folder, stdout=screen, stderr=screen)

    def screen(self):
        with open(self.folder + "/screen") as f:
            return f.read()

    def ask(self, *words):
        done = subprocess.run([self.program, *words], cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60)
        return done.returncode, done.stdout.decode()

    def inject(self, fault, *words):
        return self.start("inject", fault, "--target", f"pid_file={self.pid_file}", *words)

    def end(self):
        self.place.remove()
        shutil.rmtree(self.folder)


def one_shot(hand):
    run = hand.inject("pause", "--for", "1s", "--field", "by=signal")
    wait_for(lambda: stopped(hand.place), 10, "the victim is not stopped")
    start = time.monotonic()
    assert run.wait(20) == 0, hand.screen()
    assert time.monotonic() - start > 0.5
    said = hand.screen()
    assert "W211" not in said and "HELD" in said and "load starts" not in said, said
    again = re.search(r"next +gunflint run (\S+) --seed (\d+)", said)
    code, told = hand.ask("run", again[1], "--seed", again[2])
    assert code == 0, f"what it says to type next does not work: {told}"
    print("ok: inject --for 1s; the command that it says comes next works")


def ctrl_c(hand):
    run = hand.inject("cpu", "--for", "30s", "--field", "share=20%", "--field", "scope=host")
    wait_for(lambda: holder_there(hand.place), 10, "nothing burns")
    run.send_signal(signal.SIGINT)
    took = wait_for(lambda: not holder_there(hand.place), 5, "it still burns")
    assert run.wait(20) == 130, hand.screen()
    assert "stopped by Ctrl-C" in hand.screen(), hand.screen()
    print(f"ok: Ctrl-C of an inject: undone after {took * 1000:.0f} ms, exit 130")


def looked_at_and_stopped(hand):
    code, said = hand.ask("status")
    assert code == 0 and "nothing is in force" in said, said
    code, said = hand.ask("stop", "--all")
    assert code == 0 and said == "no run of this user is at work on this machine\n", said
    run = hand.inject("pause", "--for", "30s", "--field", "by=signal")
    wait_for(lambda: stopped(hand.place), 10, "the victim is not stopped")
    code, said = hand.ask("status")
    assert code == 0 and re.search(r"in force: pause on matrix-shop\[\d+\], ends in (2\d|30)", said), said
    code, told = hand.ask("status", "--json")
    seen = json.loads(told)
    assert code == 0 and len(seen) == 1 and seen[0]["open"][0]["fault"] == "pause", told
    for words, sentence in ((["stop"], "name a run, or use --all"),
                            (["stop", "no-such-run"], "no run of this user that is called `no-such-run`")):
        code, said = hand.ask(*words)
        assert code == 2 and sentence in said, said
        assert stopped(hand.place), "what was not meant was stopped"
    code, said = hand.ask("recover")
    assert code == 0 and "1 agent is at work and was left alone" in said, said
    assert stopped(hand.place)
    code, said = hand.ask("stop", "--all")
    assert code == 0 and said.startswith(f"stopped run {seen[0]['run']}; taken back: pause on matrix-shop["), said
    assert not stopped(hand.place)
    assert run.wait(20) == 143, hand.screen()
    said = hand.screen()
    assert "TERMINATED" in said and "nothing left behind" in said, said
    print("ok: status says what is in force and until when; stop ends only what is meant, exit 143")


def told_afterwards(hand):
    code, said = hand.ask("list", "runs")
    words = [line.split()[1] for line in said.splitlines()]
    assert code == 0 and words == ["terminated", "interrupted", "held", "held"], said
    code, told = hand.ask("list", "runs", "--json")
    assert [run["outcome"] for run in json.loads(told)] == words
    for what in ("faults", "targets", "metrics"):
        code, said = hand.ask("list", what)
        assert code == 0 and len(said.splitlines()) >= 4, said
    print("ok: list runs: newest first, with how each ended")


def main():
    if os.geteuid() != 0:
        print("skipped: needs root for namespaces of its own")
        return 77
    enter_namespaces()
    hand = Hand(sys.argv[1])
    try:
        before = hand.place.picture()
        for part in (one_shot, ctrl_c, looked_at_and_stopped, told_afterwards):
            part(hand)
            assert not ours(), ours()
            compare(hand.place, before)
    finally:
        hand.end()


if __name__ == "__main__":
    sys.exit(main())
