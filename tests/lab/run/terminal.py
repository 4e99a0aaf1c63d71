#!/usr/bin/env python3
"""What a run looks like while it runs: on a terminal, a narrow one, one without colours, in CI, and in a file.

    terminal.py GUNFLINT [--show]      --show prints the screens

In network and mount namespaces of its own (as root); the victim is that of the kill matrix.
"""
import fcntl, json, os, pty, re, select, shutil, struct, subprocess, sys, tempfile, termios, time

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.join(here, "..", "undo")]
from kill_matrix import enter_namespaces
from real_run import FROZEN_SHOP, OwnPlace
from screen import Screen


class Stage:
    def __init__(self, program):
        self.program, self.place = program, OwnPlace()
        self.folder = tempfile.mkdtemp(prefix="gunflint-terminal-")
        with open(self.folder + "/pid", "w") as f:
            f.write(f"{self.place.victim.pid}\n")
        with open(self.folder + "/x.yaml", "w") as f:
            f.write(FROZEN_SHOP.format(
                name="checkout with a frozen shop", pid_file=self.folder + "/pid", length="5s", at="2s", gate="1s",
                steady="name: fast enough for people, load: shoppers, expect: p95 < 400ms, window: 1s, during: after"))

    def environment(self, **more):
        bare = {k: v for k, v in os.environ.items() if k not in ("CI", "NO_COLOR", "CLICOLOR_FORCE", "LC_ALL", "LC_CTYPE")}
        return dict(bare, TERM="xterm-256color", LANG="C.UTF-8", **more)

    def argv(self):
        return [self.program, "run", self.folder + "/x.yaml", "--out", self.folder + "/runs"]

    def on_terminal(self, rows, columns, **more):
        """The screen in the middle of the fault, the screen at the end, and all that was written."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        process = subprocess.Popen(self.argv(), stdin=slave, stdout=slave, stderr=slave, env=self.environment(**more),
                                   start_new_session=True)
        os.close(slave)
        screen, raw, middle, end = Screen(rows, columns), b"", None, time.monotonic() + 60
        while time.monotonic() < end:
            if not select.select([master], [], [], 0.1)[0]:
                continue
            try:
                data = os.read(master, 65536)
            except OSError:  # nobody has it open any more
                break
            raw += data
            screen.feed(data.decode(errors="replace"))
            if "freeze it on matrix-shop" in "\n".join(screen.lines()) and "phase fault" in "\n".join(screen.lines()):
                middle = screen.lines()
        os.close(master)
        assert process.wait(10) in (0, 7), (process.returncode, raw.decode(errors="replace"))
        assert middle, raw.decode(errors="replace")
        return middle, screen, raw

    def end(self):
        self.place.remove()
        shutil.rmtree(self.folder)


def check_drawn(middle, screen, raw):
    """One block, drawn over itself: nothing of earlier pictures stays, and nothing is cut in the middle."""
    text = "\n".join(middle)
    for part in ("phase fault: freeze it", "asked 30/s", " latency    p50 ", "fast enough for people"):
        assert part in text, (part, text)
    for lines in (middle, screen.everything()):
        headings = [line for line in lines if re.match("run [0-9a-f]{4}  checko", line)]
        assert len(headings) == 1, "\n".join(lines)
    assert not screen.unknown, f"control sequences that not every terminal knows: {screen.unknown}"
    whole = "\n".join(screen.everything())
    for part in ("nothing left behind", "verdicts"):
        assert whole.count(part) == 1, whole
    assert b"\033[?7h" in raw[raw.rindex(b"\033[?7l"):], "the terminal is left without line wrapping"


def wide(stage):
    seen = stage.on_terminal(40, 120)
    check_drawn(*seen)
    assert {"32", "1"} <= seen[1].colours, seen[1].colours
    return seen[0]


def narrow(stage):
    """60 columns and 20 rows: the picture fits, whatever has to be cut."""
    seen = stage.on_terminal(20, 60)
    check_drawn(*seen)
    assert len(seen[0]) < 20
    return seen[0]


def colourless(stage):
    seen = stage.on_terminal(40, 120, NO_COLOR="1")
    check_drawn(*seen)
    assert not seen[1].colours, seen[1].colours
    return []


def in_ci(stage):
    """CI has terminals that are logs: lines, and never the cursor moved."""
    _, screen, raw = stage.on_terminal(40, 120, CI="true")
    cursor = [code for code in (b"A", b"K", b"J", b"l", b"h") if b"\033[" + code in raw or b"\033[1" + code in raw]
    assert not cursor and b"\033[?" not in raw, raw
    assert any("undo      freeze it on matrix-shop" in line for line in screen.everything())
    return []


def in_a_file(stage):
    """Without any terminal: messages on stderr, the verdict alone on stdout, no control sequence in either."""
    done = subprocess.run(stage.argv(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=stage.environment(), timeout=60)
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "\033" not in out + err
    assert out.split()[0] in ("HELD", "INCONCLUSIVE") and "freeze it on matrix-shop" not in out, out
    assert "freeze it on matrix-shop" in err and "nothing left behind" not in err, err
    assert " now " in err, "no line of numbers: " + err
    return err.splitlines()


def undone_on_time(stage, folder, limit=30):
    """The journal of the only run below this folder, once it has ended: its fault was ended by the run, in time."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        journals = [os.path.join(folder, name, "journal.jsonl") for name in (os.listdir(folder) if os.path.isdir(folder) else [])]
        events = [json.loads(line) for name in journals for line in open(name) if line.endswith("\n")]
        if any(event["kind"] == "run_ended" for event in events):
            break
        time.sleep(0.1)
    else:
        raise AssertionError(f"no end in {limit} s: a screen that nobody reads holds up the run")
    undone = [event for event in events if event["kind"] == "undone"]
    injected = [event for event in events if event["kind"] == "injected"]
    assert [event["by"] for event in undone] == ["agent"], undone
    assert len(injected) == 1, injected


def nobody_reads(stage):
    """A pipe of one page on stderr, full before the run begins, and nobody reads it: the run goes on to its verdict."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, 1031, 4096)  # F_SETPIPE_SZ
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"#")
    except BlockingIOError:
        os.set_blocking(writer, True)
    folder = stage.folder + "/unread"
    argv = stage.argv()[:-1] + [folder]
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=writer, env=stage.environment())
    os.close(writer)
    try:
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
        os.close(reader)
    assert process.returncode in (0, 7), (process.returncode, out.decode())
    assert out.decode().split()[0] in ("HELD", "INCONCLUSIVE"), out.decode()
    undone_on_time(stage, folder)
    return out.decode().splitlines()


def stopped_terminal(stage):
    """Ctrl-S in the middle: judging goes on; after Ctrl-Q the verdict is there, once."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    folder = stage.folder + "/stopped"
    process = subprocess.Popen(stage.argv()[:-1] + [folder], stdin=slave, stdout=slave, stderr=slave,
                               env=stage.environment(), start_new_session=True)
    screen, raw, end = Screen(40, 120), b"", time.monotonic() + 60
    def read(patience):
        nonlocal raw
        if not select.select([master], [], [], patience)[0]:
            return False
        try:
            data = os.read(master, 65536)
        except OSError:
            return False
        raw += data
        screen.feed(data.decode(errors="replace"))
        return True
    try:
        while "phase" not in "\n".join(screen.lines()) and time.monotonic() < end:
            read(0.1)
        termios.tcflow(slave, termios.TCOOFF)
        while read(0.2):  # what was under way
            pass
        undone_on_time(stage, folder)
        assert not read(0.5), "the terminal is stopped"
        assert process.poll() is None, "the verdict waits for the terminal"
        termios.tcflow(slave, termios.TCOON)
        os.close(slave)
        while process.poll() is None and time.monotonic() < end or read(0.2):
            read(0.1)
    finally:
        process.kill()
        process.wait()
        os.close(master)
    assert process.returncode in (0, 7), (process.returncode, raw.decode(errors="replace"))
    whole = "\n".join(screen.everything())
    assert whole.count("nothing left behind") == 1, whole
    assert not screen.unknown, screen.unknown
    return screen.everything()


def main():
    if os.geteuid() != 0:
        print("skipped: needs root for namespaces of its own")
        return 77
    enter_namespaces()
    stage = Stage(sys.argv[1])
    try:
        for part in (wide, narrow, colourless, in_ci, in_a_file, nobody_reads, stopped_terminal):
            seen = part(stage)
            print(f"ok: {part.__name__.replace('_', ' ')}", flush=True)
            if "--show" in sys.argv and seen:
                print("\n".join("    " + line for line in seen), flush=True)
    finally:
        stage.end()


if __name__ == "__main__":
    sys.exit(main())
