#!/usr/bin/env python3
"""Several experiments in one `gunflint run`: one exit code, one JUnit file, one JSON document, --soft for some.

    several_runs.py GUNFLINT

Real runs of every outcome that a machine without faults can have: held, failed, inconclusive, not started.
"""
import concurrent.futures, json, os, shutil, subprocess, sys, tempfile
import xml.etree.ElementTree as xml

FILES = {
    "held": ("nothing happens", "value < 1", "always"),
    "failed": ("something is red", "value > 0", "fault"),
    "not_started": ("red at the gate", "value > 0", "before"),
    "inconclusive": ("nobody is there", "value < 1", "always"),
}
EXPERIMENT = """\
version: 1
name: {name}
targets:
  it: {{ local: {{ {selector} }}, on_empty: {on_empty} }}
gate: 2s
steady_state:
  - {{ name: "number is \\"right\\" & <small>", exec: [cat, {number}], expect: {expect}, every: 200ms{during} }}
faults:
  - {{ name: nothing, type: noop, target: it, at: 4s, for: 2s }}
recovery: {{ within: 2s, stable_for: 1s }}
blast_radius: {{ keep_ready: 0 }}
"""
EXITS = {"held": 0, "failed": 1, "not_started": 3, "inconclusive": 7}


class Bench:
    def __init__(self, program):
        self.program, self.folder = program, tempfile.mkdtemp(prefix="gunflint-several-")
        self.sleeper = subprocess.Popen(["sleep", "600"])
        self.write("pid", f"{self.sleeper.pid}\n")
        self.write("number", "0\n")
        for outcome, (name, expect, during) in FILES.items():
            gone = outcome == "inconclusive"
            self.write(outcome + ".yaml", EXPERIMENT.format(
                name=name, expect=expect, number=self.path("number"), selector="process: not-on-this-host" if gone else f"pid_file: {self.path('pid')}",
                on_empty="skip" if gone else "fail", during="" if during == "always" else f", during: {during}"))

    def path(self, name):
        return f"{self.folder}/{name}"

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)

    def run(self, *outcomes, options=()):
        files = [self.path(o + ".yaml") for o in outcomes]
        return subprocess.run([self.program, "run", *files, "--out", self.path("runs"), *options],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)

    def end(self):
        self.sleeper.kill()
        self.sleeper.wait()
        shutil.rmtree(self.folder)


def check_junit(path, outcomes):
    """What GitLab, GitHub's readers and Jenkins rely on."""
    root = xml.parse(path).getroot()
    suites = root.findall("testsuite")
    assert root.tag == "testsuites" and len(suites) == len(outcomes), xml.tostring(root)
    cases = root.findall("testsuite/testcase")
    keys = [(c.get("classname"), c.get("name")) for c in cases]
    assert len(set(keys)) == len(keys), "GitLab keeps only the first of equal names"
    for scope in [root] + suites:
        inside = scope.findall(".//testcase")
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            seen = [c for c in inside if c.find(tag) is not None]
            assert int(scope.get(attribute)) == len(seen), (scope.get("name"), attribute)
        assert int(scope.get("tests")) == len(inside)
    for bad in root.findall(".//failure") + root.findall(".//error"):
        assert bad.text and bad.text.strip(), "GitLab shows the text, not the attribute"
    for suite, outcome in zip(suites, outcomes):
        assert suite.get("name") == FILES[outcome][0]
        assert all(c.get("classname") == suite.get("name") for c in suite.findall("testcase"))
    return dict(zip(outcomes, suites))


def all_outcomes(bench):
    done = bench.run(*FILES, options=["--junit", bench.path("all.xml")])
    assert done.returncode == 1, (done.returncode, done.stdout.decode(), done.stderr.decode())
    suites = check_junit(bench.path("all.xml"), list(FILES))
    assert not suites["held"].findall(".//failure") and not suites["held"].findall(".//error")
    assert [f.get("type") for f in suites["failed"].findall(".//failure")][0] == "failed"
    red = suites["failed"].find(".//failure/..")
    assert red.get("file") == bench.path("failed.yaml") and int(red.get("line")) == 7, red.attrib
    assert {f.get("type") for f in suites["inconclusive"].findall(".//failure")} == {"inconclusive"}
    assert suites["not_started"].find(".//error") is not None and suites["not_started"].find(".//failure") is None
    said = done.stdout.decode()
    for word in ("HELD", "FAILED", "NOT STARTED", "INCONCLUSIVE"):
        assert sum(line.startswith(word + " ") for line in said.splitlines()) == 1, (word, said)
    print("ok: four outcomes, exit 1, one JUnit file with four suites")


def softened(bench):
    soft = lambda *names: ["--junit", bench.path("soft.xml"), "--soft", ",".join(names)]
    done = bench.run("inconclusive", "not_started", options=soft("inconclusive"))
    assert done.returncode == 3, f"only one of the two is soft, and the exit is {done.returncode}"
    done = bench.run("inconclusive", "not_started", options=soft("inconclusive", "not_started"))
    assert done.returncode == 0, (done.returncode, done.stdout.decode())
    loud = done.stderr.decode()
    assert "inconclusive, which --soft turns into exit 0" in loud and "not started, which --soft" in loud, loud
    for suite in check_junit(bench.path("soft.xml"), ["inconclusive", "not_started"]).values():
        assert suite.find(".//skipped") is not None
        assert suite.find(".//failure") is None and suite.find(".//error") is None
    done = bench.run("failed", options=["--soft", "failed"])
    assert done.returncode == 2 and b"a failure stays a failure" in done.stderr, done.stderr
    print("ok: --soft softens each run by itself, loudly, and nothing that failed")


def documents(bench):
    done = bench.run("held", "inconclusive", options=["--json"])
    assert done.returncode == 7
    told = json.loads(done.stdout)
    assert [d["run"]["outcome"] for d in told] == ["held", "inconclusive"], done.stdout[:500]
    one = json.loads(bench.run("held", options=["--json"]).stdout)
    assert one["run"]["outcome"] == "held"
    done = bench.run("held", "failed", options=["--html", bench.path("page.html")])
    assert done.returncode == 2 and b"--html names one page" in done.stderr, done.stderr
    done = bench.run("held", "failed", options=["--metrics", "nowhere"])
    assert done.returncode == 2 and b"no address to serve metrics" in done.stderr, (done.returncode, done.stderr)
    print("ok: --json is one document; what cannot be is refused before anything runs")


def alone(outcome):
    def part(bench):
        done = bench.run(outcome)
        assert done.returncode == EXITS[outcome], (outcome, done.returncode, done.stdout.decode(), done.stderr.decode())
        print(f"ok: {outcome} alone is exit {EXITS[outcome]}")
    return part


def on_its_own(program, part):
    bench = Bench(program)
    try:
        part(bench)
    finally:
        bench.end()


def main():
    # They wait most of the time: side by side, each with its own process (a member belongs to one run) and folder.
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for done in [pool.submit(on_its_own, sys.argv[1], part)
                     for part in (*map(alone, EXITS), all_outcomes, softened, documents)]:
            done.result()


if __name__ == "__main__":
    main()
