#!/usr/bin/env python3
"""Runs inside the User-Mode Linux: faults as its kernel does them, measured, ended in every way, undone."""
import os, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "undo")]
import netem

PROGRAMS = sys.argv[1]
AGENT = PROGRAMS + "/gunflint-agent"
MATRIX = os.path.join(os.path.dirname(HERE), "undo", "kill_matrix.py")


def run(name, *argv, limit=200):
    """Prints what it prints; a test that was skipped here has no other place to run, so it has failed."""
    began = time.monotonic()
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit)
        text, code = done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired as e:
        text, code = (e.stdout or b"").decode(errors="replace") + "took too long", 1
    good = code == 0 and "SKIPPED" not in text
    for line in text.splitlines():
        if not good or line.startswith(("ok:", "[       OK ]", "    ")):
            print("  " + line, flush=True)
    print(f"{'ok' if good else 'FAILED'}: {name} ({time.monotonic() - began:.1f} s)", flush=True)
    return good


def matrix(fault, *endings):
    return run(f"{fault}, ended by {', '.join(endings)}", sys.executable, MATRIX, AGENT, "--fault", fault,
               *(word for ending in endings for word in ("--ending", ending)))


def main():
    # A ledger is only trusted in a folder that nobody else can write.
    os.makedirs("/var/lib/gunflint", mode=0o700, exist_ok=True)
    asked = sys.argv[2:]
    good = True
    for name, part in (
            ("netem", lambda: netem.all_of_it(AGENT)),
            ("limit", lambda: run("limit on cgroup v2", PROGRAMS + "/lab_faults", "--gtest_filter=RealLimit.*")),
            ("kill-limit", lambda: matrix("limit-cpu", "agent", "everybody")),
            ("kill-freezer", lambda: matrix("pause-freezer", "restore", "agent")),
            ("kill-cpu", lambda: matrix("cpu-inside", "restore", "agent")),
            ("kill-netem", lambda: matrix("network", "agent"))):
        if not asked or name in asked:
            try:
                good &= part()
            except Exception as e:
                print(f"FAILED: {name}: {type(e).__name__}: {e}", flush=True)
                good = False
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
