#!/usr/bin/env python3
"""Starts a User-Mode Linux on this machine's files and runs inside.py in it, with the real agent.

    run.py PROGRAMS     PROGRAMS: the folder of gunflint-agent and the lab tests

Its kernel has what the machine's own may lack: netem, and all controllers on cgroup v2. It is a process
like any other; it is killed after ten minutes, whatever it does.
"""
import glob, os, shutil, signal, subprocess, sys, tempfile

LIMIT = 560  # seconds; a minute and a half on a quiet machine


def missing():
    if os.geteuid() != 0:
        return "root, whose files it shows itself"
    for program in ("linux.uml", "busybox", "modprobe"):
        if not shutil.which(program):
            return f"{program} (Debian packages user-mode-linux, busybox-static, kmod)"
    return None if glob.glob("/usr/lib/uml/modules/*") else "the modules of user-mode-linux"


def main():
    if what := missing():
        print(f"skipped: it needs {what}")
        return 77
    here, programs = os.path.dirname(os.path.abspath(__file__)), os.path.abspath(sys.argv[1])
    tree = os.path.dirname(os.path.dirname(os.path.dirname(here)))
    trees = tree if programs.startswith(tree + "/") else tree + " " + programs
    scratch = tempfile.mkdtemp(prefix="gunflint-uml-")
    machine = subprocess.Popen(
        ["linux.uml", "mem=512M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "con=null",
         "con0=null,fd:1", "quiet", f"uml_dir={scratch}/", f"init={here}/boot.sh", f'TREE="{trees}"',
         f'WORK="{here}/inside.py {programs} {" ".join(sys.argv[2:])}"'],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True, env=dict(os.environ, TMPDIR=scratch))
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(machine.pid, signal.SIGKILL))
    signal.alarm(LIMIT)
    good = False
    try:
        for line in machine.stdout:
            text = line.decode(errors="replace").rstrip()
            print(text, flush=True)
            good |= text == "uml: ended with 0"
        machine.wait()
    finally:
        signal.alarm(0)
        try:
            os.killpg(machine.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        shutil.rmtree(scratch, ignore_errors=True)
    if not good:
        print("FAILED: inside the User-Mode Linux, or it did not end by itself")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
