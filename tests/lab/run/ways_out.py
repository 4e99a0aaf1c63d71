#!/usr/bin/env python3
"""Every way out of `gunflint run`, done to real faults: what was there before is there again.

    ways_out.py GUNFLINT [--fault NAME]... [--ending NAME]... [--jobs N]   the table: fault x ending
    ways_out.py GUNFLINT --fault NAME --rounds N      SIGKILL of the coordinator, so often, timed
    ways_out.py GUNFLINT --planted                    what is left behind on purpose is found

Each ending in network and mount namespaces of its own (as root), with undo records in a tmpfs of its own.
The victim, the faults and the witness (snapshot.py) are those of the kill matrix in ../undo.
"""
import argparse, concurrent.futures, json, os, re, statistics, subprocess, sys, time

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.join(here, "..", "undo")]
from endings import ENDINGS, kill_all
from kill_matrix import enter_namespaces
from real_run import OwnPlace, RealRun
from round import compare

FAULTS = ("cpu", "pause", "setting", "limit-cpu", "limit-files", "network")


def check_record(r, ending, code):
    """What is written down: readable to the last whole line, told and judged again without complaint."""
    folder = r.run_folder()
    events = r.events()
    last = events[-1]["kind"]
    assert code is None or last == "run_ended" and events[-1]["exit"] == code, (last, code)
    told = subprocess.run([r.program, "report", folder, "--format", "text"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=30)
    text = told.stdout.decode()
    assert told.returncode == 0 and "ways-out-" in text, (told.returncode, text)
    judged = subprocess.run([r.program, "judge", folder], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
    assert judged.returncode not in (2, 127) and judged.returncode >= 0, (judged.returncode, judged.stdout.decode())
    if code is None:
        # Who was killed could not tell the end; `recover` does, and judging asks for it no more.
        recovered = subprocess.run([r.program, "recover", "--out", os.path.dirname(folder)], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, timeout=30)
        assert recovered.returncode == 0, recovered.stdout.decode()
        judged = subprocess.run([r.program, "judge", folder], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                timeout=30)
        assert judged.returncode != 5 and b"gunflint recover" not in judged.stdout, judged.stdout.decode()
    else:
        assert judged.returncode == code, f"the run said {code}, its journal says {judged.returncode}"
        assert os.path.exists(folder + "/report.html") == ending.report
    return text


def one(program, fault, name):
    """Seconds until clean, the exit code, and what the screen said."""
    ending, place = ENDINGS[name], OwnPlace()
    try:
        before = place.picture()
        assert not before["ours"], before["ours"]
        r = RealRun(program, place, fault, ending.length, ending.hypotheses, terminal=ending.terminal, load=ending.load)
        try:
            r.wait_injected()
            took = ending.do(r)
            code = r.wait_end()
            compare(place, before)
            assert code == (-9 if ending.exit is None else ending.exit), f"exit {code}:\n{r.screen()}"
            text = check_record(r, ending, ending.exit)
            lines = [line for line in r.screen().splitlines() if ending.word and line.startswith(ending.word)]
            assert lines or not ending.word, f"the screen does not say {ending.word}:\n{r.screen()}"
            assert ending.why in r.screen(), f"the screen does not say why:\n{r.screen()}"
            assert "left behind: " not in r.screen().replace("nothing left behind", ""), r.screen()
            said = [l for l in getattr(r, "also", "").splitlines() if "taken back" in l or "took back" in l] or lines
            return {"took": took, "exit": code, "said": (said or [f"({text.splitlines()[0]})"])[0].strip()}
        finally:
            r.end()
    finally:
        place.remove()


def in_a_place_of_its_own(program, fault, name):
    """This program again: the namespaces of one ending are its own."""
    environment = {k: v for k, v in os.environ.items() if k != "GUNFLINT_MATRIX_INSIDE"}
    done = subprocess.run([sys.executable, os.path.abspath(__file__), program, "--fault", fault, "--one", name],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, timeout=120)
    text = done.stdout.decode(errors="replace").rstrip()
    try:
        return json.loads(text.splitlines()[-1])
    except (ValueError, IndexError):
        return {"failed": text[-3000:] or f"exit {done.returncode}, without a word"}


def table(program, faults, names, jobs):
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        asked = [(f, n, pool.submit(in_a_place_of_its_own, program, f, n)) for f in faults for n in names]
        print(f"{'fault':<12} {'ending':<27} {'exit':>4} {'clean after':>11}  the screen said", flush=True)
        for fault, name, future in asked:
            row = future.result()
            for _ in range(2):
                # The run itself says that this machine was too busy to judge it: no word about the ending.
                if "The load generator was the limit" in row.get("failed", ""):
                    print(f"{fault:<12} {name:<27} again: the machine was too busy for its load", flush=True)
                    row = in_a_place_of_its_own(program, fault, name)
            if "failed" in row:
                failed += 1
                why = row["failed"].splitlines()
                why = "\n    ".join(why if len(why) < 30 else why[:2] + ["…"] + why[-27:])
                print(f"{fault:<12} {name:<27} FAILED: {why}", flush=True)
            else:
                said = re.sub(r"\s+", " ", row["said"])
                print(f"{fault:<12} {name:<27} {row['exit']:>4} {row['took'] * 1000:>8.0f} ms  {said}", flush=True)
    return failed


def killed_coordinators(program, fault, rounds):
    """After the coordinator's SIGKILL: clean in under 200 ms median, 2 s at most."""
    times = []
    place = OwnPlace()
    try:
        before = place.picture()
        for _ in range(rounds):
            r = RealRun(program, place, fault)
            try:
                r.wait_injected()
                time.sleep(0.2)
                os.kill(r.pid, 9)
                times.append(r.wait_clean(10))
                r.wait_end()
                compare(place, before)
            finally:
                r.end()
    finally:
        place.remove()
    median, worst = statistics.median(times), max(times)
    good = median < 0.2 and worst < 2
    print(f"{'ok' if good else 'FAILED'}: {fault}: coordinator of a run killed {rounds} times, clean after "
          f"{median * 1000:.0f} ms median, {worst * 1000:.0f} ms at most", flush=True)
    return not good


def planted(program, fault):
    """The test can fail: everybody is killed, nobody recovers, and the comparison must say so."""
    place = OwnPlace()
    try:
        before = place.picture()
        r = RealRun(program, place, fault)
        try:
            r.wait_injected()
            kill_all(r)
            try:
                compare(place, before, patience=2)
            except AssertionError as e:
                print(f"ok: {fault}: what was left on purpose is found: {str(e).splitlines()[0]}", flush=True)
                found = True
            else:
                print(f"FAILED: {fault}: everybody was killed, nobody recovered, and no difference was seen", flush=True)
                found = False
            subprocess.run([program, "recover"], stdout=subprocess.DEVNULL, timeout=60)
            compare(place, before)
            return not found
        finally:
            r.end()
    finally:
        place.remove()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--fault", action="append", choices=FAULTS)
    parser.add_argument("--ending", action="append", choices=ENDINGS)
    parser.add_argument("--jobs", type=int, default=4, help="so many endings side by side")
    parser.add_argument("--rounds", type=int, default=0, help="kill the coordinator so often, and time it")
    parser.add_argument("--planted", action="store_true")
    parser.add_argument("--one", choices=ENDINGS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if os.geteuid() != 0:
        print("skipped: the ways out need root for namespaces of their own")
        return 77
    faults = asked.fault or FAULTS
    if not (asked.one or asked.rounds or asked.planted):
        return 1 if table(asked.program, faults, asked.ending or ENDINGS, asked.jobs) else 0
    enter_namespaces()
    if asked.one:
        try:
            print(json.dumps(one(asked.program, faults[0], asked.one)))
        except Exception as e:
            print(json.dumps({"failed": f"{type(e).__name__}: {e}"[-3000:]}))
        return 0
    if asked.planted:
        return 1 if sum(planted(asked.program, fault) for fault in faults) else 0
    return 1 if sum(killed_coordinators(asked.program, fault, asked.rounds) for fault in faults) else 0


if __name__ == "__main__":
    sys.exit(main())
