"""Beyond the matrix: the agent killed at each system call, ledgers that are not believed, the burner's accuracy."""
import os, shutil, signal, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import snapshot
from agent_client import Agent, Closed
from round import Round, compare, end_by_bye, kill
from victim import Place, ours


def traced_round(program, place, fault, options):
    """Injects and says bye with strace on the agent. True: it lived to its end."""
    r = Round(program, place, fault, lease="30s")
    tracer = None
    try:
        r.open()
        agent = r.agent.agent_pid()
        tracer = subprocess.Popen(["strace", "-qq", "-p", str(agent)] + options, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 5  # strace says nothing when it has attached; the kernel does
        while "TracerPid:\t0" in snapshot.read(f"/proc/{agent}/status"):
            assert time.monotonic() < end, "strace does not attach"
            time.sleep(0.002)
        r.inject(look=False)  # it may be killed the moment after it has answered
        end_by_bye(r)
        return True
    except (Closed, BrokenPipeError):
        return False
    finally:
        r.end()
        if tracer:
            tracer.terminate()
            tracer.wait()


def directed(program, fault, most):
    """A run is recorded; then the agent is killed at the entry of each of its system calls (at most `most`, evenly
    chosen; the exit of a call is the entry of the next). Every time the guardian leaves the machine as it was."""
    place = Place()
    try:
        before = place.picture()
        record = place.folder + "/calls"
        assert traced_round(program, place, fault, ["-o", record])
        names = [line.split("(")[0] for line in open(record) if "(" in line and line[0].isalpha()]
        os.unlink(record)
        # Of each kind the first few, then evenly: a few kinds (looking through /proc) are most of the calls.
        kinds = {name: names.count(name) for name in names}
        each = max(4, most // len(kinds))
        points = [(name, n) for name, count in kinds.items()
                  for n in range(1, count + 1) if n <= each // 2 or n % max(1, 2 * count // each) == 0]
        killed = 0
        for name, number in points:
            killed += not traced_round(program, place, fault, ["-o", "/dev/null", "-e", f"trace={name}", "-e",
                                                               f"inject={name}:signal=SIGKILL:when={number}"])
            compare(place, before)
        return killed, len(points), len(names)
    finally:
        place.remove()


def planted_ledger(program):
    """A ledger that another user could have written is never acted on by root."""
    place = Place()
    try:
        os.makedirs("/var/lib/gunflint/ledger", mode=0o700, exist_ok=True)
        r = Round(program, place, "setting")
        r.open()
        r.inject()
        source = [f for f in os.listdir("/var/lib/gunflint/ledger") if f.endswith(".ledger")][0]
        text = open(f"/var/lib/gunflint/ledger/{source}", "rb").read()
        end_by_bye(r)
        r.end()
        with open(place.file, "w") as f:
            f.write("# shop\nworkers = 2\nqueue = 100\n")  # what the planted undo would overwrite
        planted = "/var/lib/gunflint/ledger/planted.ledger"
        for uid, mode in ((65534, 0o600), (0, 0o666)):
            with open(planted, "wb") as f:
                f.write(text)
            os.chown(planted, uid, uid)
            os.chmod(planted, mode)
            done = subprocess.run([program, "recover"], stdout=subprocess.PIPE, timeout=60)
            assert done.returncode == 5 and b"not believed" in done.stdout, (done.returncode, done.stdout)
            assert "workers = 2" in open(place.file).read(), "a planted ledger was acted on"
        os.chmod(planted, 0o600)
        done = subprocess.run([program, "recover"], stdout=subprocess.PIPE, timeout=60)
        assert done.returncode == 0 and "workers = 8" in open(place.file).read(), \
            f"the same ledger, owned by root alone, is believed: {done.stdout}"
    finally:
        place.remove()


def damaged_ledger(program):
    """An undo record is acted on whatever the line before it is, and that line is not forgotten."""
    place = Place()
    folder = "/var/lib/gunflint/ledger"
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        r = Round(program, place, "setting")
        r.open()
        r.inject()
        name = [f for f in os.listdir(folder) if f.endswith(".ledger")][0]
        head, undo = open(f"{folder}/{name}", "rb").read().split(b"\n")[:2]
        end_by_bye(r)
        r.end()
        damaged = bytearray(undo)
        damaged[60] ^= 1
        for bad, word in ((bytes(damaged), b"damaged"), (b"00000000 " + undo[9:], b"damaged"),
                          (with_sum(b'{"kind":"novel"}'), b"newer version"),
                          (with_sum(undo[9:-1].replace(b'"i1"', b'"i0"') + b',"novel":1}'), b"newer version")):
            with open(place.file, "w") as f:
                f.write("# shop\nworkers = 2\nqueue = 100\n")
            with open(f"{folder}/torn.ledger", "wb") as f:
                f.write(head + b"\n" + bad + b"\n" + undo + b"\n" + bytes(4096))
            os.chmod(f"{folder}/torn.ledger", 0o600)
            for _ in range(2):
                done = subprocess.run([program, "recover"], stdout=subprocess.PIPE, timeout=60)
                assert done.returncode == 5 and word in done.stdout, (done.returncode, done.stdout)
                assert "workers = 8" in open(place.file).read(), f"not restored: {done.stdout}"
            agent = Agent(program)
            answer = agent.ask("hello", protocol=1, version="test", run="other", lease="3s")
            assert any(word.decode() in left for left in answer["left"]), answer
            agent.ask("bye")
            agent.end()
            os.unlink(f"{folder}/torn.ledger")
    finally:
        place.remove()


def untold_conflict(program):
    """What somebody else changed while nobody listened is told by the next `recover`, and only then forgotten."""
    place = Place()
    try:
        for dead in ("coordinator", "agent"):
            r = Round(program, place, "setting")
            r.open()
            r.inject()
            with open(place.file, "w") as f:
                f.write("# shop\nworkers = 5\nqueue = 100\n")
            kill(r.agent.agent_pid()) if dead == "agent" else r.agent.close()
            end = time.monotonic() + 20
            while ours() and time.monotonic() < end:
                time.sleep(0.05)
            second = Agent(program)
            answer = second.ask("hello", protocol=1, version="test", run="other", lease="3s")
            assert any("somebody else" in left for left in answer["left"]), answer
            second.ask("bye")
            second.end()
            for code, word in ((5, b"somebody else"), (0, b"nothing was left behind")):
                done = subprocess.run([program, "recover"], stdout=subprocess.PIPE, timeout=60)
                assert done.returncode == code and word in done.stdout, (dead, done.returncode, done.stdout)
            assert "workers = 5" in open(place.file).read(), "another's change was overwritten"
            r.end()
            with open(place.file, "w") as f:
                f.write("# shop\nworkers = 8\nqueue = 100\n")
    finally:
        place.remove()


def with_sum(document):
    """A ledger's line, with its CRC-32C."""
    crc = 0xFFFFFFFF
    for byte in document:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return b"%08x " % (crc ^ 0xFFFFFFFF) + document


def other_users(program):
    """Root takes a user's ledgers back as that user: what the user could not do is not done."""
    home = tempfile.mkdtemp(prefix="gunflint-home-")
    uid = 54321
    os.chmod(home, 0o755)
    os.chown(home, uid, uid)
    passwd = home + "/passwd"
    with open(passwd, "w") as f:
        f.write(open("/etc/passwd").read() + f"matrixuser:x:{uid}:{uid}:lab:{home}:/bin/sh\n")
    subprocess.run(["mount", "--bind", passwd, "/etc/passwd"], check=True)  # in our own mount namespace
    place = Place()
    ledgers = home + "/.local/state/gunflint/ledger"
    own = None
    try:
        as_user = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
        own = subprocess.Popen(as_user + ["sleep", "600"])
        while "(sleep)" not in snapshot.read(f"/proc/{own.pid}/stat"):
            time.sleep(0.01)
        stat = open(f"/proc/{own.pid}/stat").read()
        victim = {"id": "v", "label": "sleep", "pid": own.pid, "start_time": int(stat[stat.rindex(")") + 2:].split()[19])}
        agent = Agent(as_user + [program], env={"HOME": home, "PATH": os.environ["PATH"]})
        assert agent.ask("hello", protocol=1, run="u", lease="30s")["kind"] == "welcome"
        # One honest undo: a process of the user is stopped.
        done = agent.ask("inject", injection="i1", fault="pause", tag="gf-aaaaaaaaaa", params={}, member=victim,
                         lasting="60s")
        assert done["kind"] == "inject_done", done
        source = ledgers + "/" + [f for f in os.listdir(ledgers) if f.endswith(".ledger")][0]
        here = agent.agent_pid()
        kill(agent.guardian, signal.SIGSTOP)
        kill(here)
        kill(agent.guardian)
        agent.end()
        # One planted: it would write a file of root.
        r = Round(program, place, "setting")
        r.open()
        r.inject()
        root_ledger = [f for f in os.listdir("/var/lib/gunflint/ledger") if f.endswith(".ledger")][0]
        text = open(f"/var/lib/gunflint/ledger/{root_ledger}", "rb").read()
        end_by_bye(r)
        r.end()
        with open(place.file, "w") as f:
            f.write("# shop\nworkers = 2\nqueue = 100\n")
        with open(ledgers + "/planted.ledger", "wb") as f:
            f.write(text)
        os.chown(ledgers + "/planted.ledger", uid, uid)
        os.chmod(ledgers + "/planted.ledger", 0o600)
        done = subprocess.run([program, "recover", "--all"], stdout=subprocess.PIPE, timeout=100)
        said = done.stdout.decode()
        assert "workers = 2" in open(place.file).read(), "a user's planted ledger changed a file of root"
        assert done.returncode == 5 and "left: setting" in said, (done.returncode, said)
        assert "taken back: pause on sleep" in said and "(user matrixuser)" in said, said
        assert snapshot.process(own.pid)["state"] == "alive", snapshot.process(own.pid)
        assert not os.path.exists(source)
    finally:
        if own:
            own.kill()
            own.wait()
        place.remove()
        subprocess.run(["umount", "/etc/passwd"], check=True)
        shutil.rmtree(home)


def accuracy(program):
    """The burner's share, by the kernel's accounting of its processor time, is what was asked for."""
    ticks = os.sysconf("SC_CLK_TCK")
    measured = 0
    for asked in (20, 50, 80):
        place = Place()
        r = Round(program, place, "cpu", lease="60s")
        try:
            r.open()
            r.params = {"share": f"{asked}%", "cores": 1}
            r.inject()
            holder = int([line for line in ours() if "(gunflint-holder)" in line][0].split()[0])

            def used():
                stat = snapshot.read(f"/proc/{holder}/stat").rpartition(")")[2].split()
                waited = sum(int(snapshot.read(f"/proc/{holder}/task/{t}/schedstat").split()[1])
                             for t in os.listdir(f"/proc/{holder}/task"))
                return time.monotonic(), (int(stat[11]) + int(stat[12])) / ticks, waited / 1e9
            start, cpu, wait = used()
            time.sleep(5)
            end, cpu_then, wait_then = used()
            got = 100 * (cpu_then - cpu) / (end - start)
            waited = 100 * (wait_then - wait) / (end - start)
            print(f"asked {asked} %, got {got:.1f} %, waited {waited:.0f} % of the time for a processor", flush=True)
            if waited > 20:
                print("not judged: others keep the processors busy")
                continue
            assert abs(got - asked) <= 2, "more than two points off"
            measured += 1
        finally:
            r.end()
            place.remove()
    if not measured:
        print("skipped: others keep the processors busy")
    return measured
