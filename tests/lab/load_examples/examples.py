#!/usr/bin/env python3
"""The loads of examples/load against their shop, and the commands of their README: what people copy from must work.

    examples.py GUNFLINT shoppers|replay|readme        exit 1 and a sentence where it does not
"""
import contextlib
import csv
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

GUNFLINT, PART = os.path.abspath(sys.argv[1]), sys.argv[2]
EXAMPLES = pathlib.Path(__file__).resolve().parents[3] / "examples"
SHORT = {"LENGTH": "1s", "SPEED": "10"}  # each file takes those that it has


def must(what, holds):
    if not holds:
        sys.exit(f"{PART}: {what}")


@contextlib.contextmanager
def shop():
    """Its address."""
    server = subprocess.Popen([sys.executable, EXAMPLES / "load/shop.py", "0"], stdout=subprocess.PIPE, text=True)
    try:
        opened = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
        must("the shop does not open", opened)
        yield opened[0]
        must("the shop is no longer there", server.poll() is None)
    finally:
        server.terminate()
        server.wait()


def run(command, url):
    """As a person types it, beside the folder of the examples."""
    environment = {"PATH": f"{os.getcwd()}:{os.environ['PATH']}", "GUNFLINT_VAR_URL": url}
    environment |= {f"GUNFLINT_VAR_{name}": value for name, value in SHORT.items()}
    return subprocess.run(command, shell=True, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=50)


def loaded(file, url):
    """The result, of which nothing has failed."""
    valid = run(f"gunflint validate {file}", url)
    must(f"{file} is not valid: {valid.stderr}", valid.returncode == 0)
    must(f"{file}: warnings: {valid.stderr}", re.findall(r"\[[EW]\d+\]", valid.stderr) == ["[W211]"])
    ran = run(f"gunflint load {file} --quiet --json", url)
    must(f"{file}: exit {ran.returncode}: {ran.stdout}{ran.stderr}", ran.returncode == 0)
    result = json.loads(ran.stdout)
    must(f"{file}: failed are {result['requests']}", result["requests"]["failed"] == 0)
    must(f"{file}: dropped are {result['journeys']}", result["journeys"]["dropped"] == 0)
    return result


def shoppers(url):
    result = loaded("examples/load/shoppers.yaml", url)
    ended = {(step["load"], step["step"]): step["ended"] for step in result["steps"]}
    must(f"the steps are {ended}", set(ended) == {
        ("members", "front"), ("members", "login"), ("members", "browse"), ("members", "cart"),
        ("visitors", "look"), ("visitors", "search")})
    must(f"a step was never answered: {ended}", all(ended.values()))
    must("nobody bought", any(j["journey"] == "buy" and j["completed"] > 0 for j in result["each_journey"]))
    must(f"users were {result['generator']}", result["generator"]["most_users"] == 20)


def replay(url):
    lines = (EXAMPLES / "load/access.log").read_text().splitlines()
    seconds = [0] * 20
    for line in lines:
        if re.search(r'"(GET|HEAD) ', line):
            seconds[int(re.search(r":(\d\d) \+", line)[1])] += 1
    result = loaded("examples/load/replay.yaml", url)
    requests, replayed = result["requests"], result["loads"][0]["replay"]
    must(f"of {sum(seconds)} in the log there were {requests}",
         requests["sent"] == requests["ended"] == replayed["requests"] == sum(seconds))
    must(f"left out are {replayed}", sum(replayed["left_out"].values()) == len(lines) - sum(seconds))
    speed = int(SHORT["SPEED"])
    recorded = [sum(seconds[at:at + speed]) for at in range(0, 20, speed)]
    due = result["loads"][0]["per_second"]["due"]  # the last answers may come a second later
    must(f"due were {due}, recorded are {recorded}",
         due[:len(recorded)] == recorded and not any(due[len(recorded):]))


def readme(url):
    """Every command, as it stands there."""
    text = (EXAMPLES / "load/README.md").read_text()
    commands = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
                for line in block.replace("\\\n", " ").splitlines() if line.startswith("gunflint ")]
    must(f"only {len(commands)} commands", len(commands) >= 4)
    for command in commands:
        ran = run(command, url)
        # 7: a machine on which others work may be too slow to judge by, and then must be told so.
        right = (0, 7) if "--expect" in command else (0,)
        must(f"exit {ran.returncode} of {command}\n{ran.stdout}{ran.stderr}", ran.returncode in right)
    with open("summary.json") as file:
        ended = json.load(file)["requests"]["ended"]
    with open("seconds.csv", newline="") as file:
        rows = sum(int(row["requests"]) for row in csv.DictReader(file) if not row["step"])
    must(f"{rows} requests in the table, {ended} in the summary", rows == ended > 0)
    must("no histogram", "Tag=GET" in pathlib.Path("latency.hlog").read_text())
    broken = run("gunflint load examples/load/shoppers.yaml --quiet --expect 'login error_rate > 1%'", url)
    must(f"exit {broken.returncode} of what does not hold", broken.returncode in (1, 7))


with tempfile.TemporaryDirectory() as folder, shop() as address:
    os.chdir(folder)
    os.symlink(GUNFLINT, "gunflint")
    os.symlink(EXAMPLES, "examples")
    globals()[PART](address)
