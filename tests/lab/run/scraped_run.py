#!/usr/bin/env python3
"""A real Prometheus scrapes `gunflint run --metrics` while it runs, and answers about it afterwards.

    scraped_run.py GUNFLINT

In network and mount namespaces of its own (as root); the victim is that of the kill matrix.
"""
import json, os, shutil, subprocess, sys, tempfile, time, urllib.error, urllib.parse, urllib.request

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.join(here, "..", "undo")]
from kill_matrix import enter_namespaces
from real_run import FROZEN_SHOP, OwnPlace

SERVER = """\
global: { scrape_interval: 200ms, scrape_timeout: 200ms }
scrape_configs:
  - { job_name: gunflint, static_configs: [ { targets: ["127.0.0.1:9464"] } ] }
"""


class Prometheus:
    def __init__(self, folder):
        with open(folder + "/prometheus.yml", "w") as f:
            f.write(SERVER)
        self.log = open(folder + "/prometheus.log", "wb")
        self.process = subprocess.Popen(["prometheus", f"--config.file={folder}/prometheus.yml",
                                         f"--storage.tsdb.path={folder}/data", "--web.listen-address=127.0.0.1:9090"],
                                        stdout=self.log, stderr=self.log)
        self.wait_for("vector(1)", 1, 30)

    def ask(self, query):
        """The value of its only series; None when there is none, or no answer."""
        url = "http://127.0.0.1:9090/api/v1/query?" + urllib.parse.urlencode({"query": query})
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                found = json.load(answer)["data"]["result"]
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None
        return float(found[0]["value"][1]) if len(found) == 1 else None

    def wait_for(self, query, wanted, limit=10):
        end, seen = time.monotonic() + limit, None
        while time.monotonic() < end:
            seen = self.ask(query)
            if seen == wanted:
                return
            time.sleep(0.1)
        raise AssertionError(f"{query} is {seen}, not {wanted}")

    def end(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


def say(path, number):
    with open(path + ".new", "w") as f:
        f.write(f"{number}\n")
    os.rename(path + ".new", path)


def scrape(program, folder, place):
    with open(folder + "/pid", "w") as f:
        f.write(f"{place.victim.pid}\n")
    ill = folder + "/ill"
    say(ill, 0)
    with open(folder + "/x.yaml", "w") as f:
        f.write(FROZEN_SHOP.format(name="scraped", pid_file=folder + "/pid", length="7s", at="4s", gate="2s",
                                   steady=f"name: correct, exec: [cat, {ill}], expect: value < 1, every: 200ms"))
    server = Prometheus(folder)
    run = None
    try:
        argv = [program, "run", folder + "/x.yaml", "--out", folder + "/runs", "--metrics", "127.0.0.1:9464",
                "--metrics-linger", "5s", "--json"]
        run = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for query in ("gunflint_experiment_running{name='scraped'}", "gunflint_arrivals_asked{load='shoppers'} / 30",
                      "gunflint_members_ready{target='shop'}", "gunflint_hypothesis_ok{name='correct'}",
                      "gunflint_fault_active{fault='freeze it',kind='pause',target='shop'}",
                      "gunflint_phase{phase='fault'}", "gunflint_injections_open{fault='freeze it'}"):
            server.wait_for(query, 1, 15)
        say(ill, 1)
        server.wait_for("gunflint_hypothesis_ok{name='correct'}", 0)
        say(ill, 0)
        server.wait_for("gunflint_fault_active{fault='freeze it'}", 0)
        # The result comes with the end of the run: it is scraped because the page is served on.
        server.wait_for("count(gunflint_run_result{name='scraped'})", 1, 60)
        out, err = run.communicate(timeout=60)
        assert server.ask("max_over_time(gunflint_run_result{name='scraped'}[2m])") == run.returncode, run.returncode
        assert b"metrics at http://127.0.0.1:9464/metrics" in err, err.decode()
        server.wait_for("up{job='gunflint'}", 0)
        told = json.loads(out)
        due = server.ask("max_over_time(sum(gunflint_journeys_due_total)[2m:200ms])")
        failed = server.ask("max_over_time(sum(gunflint_requests_total{error!=''})[2m:200ms])")
        assert server.ask("max_over_time(gunflint_fault_active{fault='freeze it'}[2m])") == 1
        assert due and due > 100 and failed and failed > 10, (due, failed)
        print(f"ok: Prometheus saw the phases, the fault, {due:.0f} journeys due and {failed:.0f} failed requests; "
              f"the run ended {told['run']['outcome']}")
    except AssertionError:
        run.terminate()
        sys.stderr.write(run.communicate(timeout=20)[1].decode())
        raise
    finally:
        server.end()
        if run and run.poll() is None:
            run.terminate()
            run.wait(20)


def main():
    if os.geteuid() != 0 or not shutil.which("prometheus"):
        print("skipped: needs root for namespaces of its own, and prometheus")
        return 77
    enter_namespaces()
    folder, place = tempfile.mkdtemp(prefix="gunflint-scraped-"), OwnPlace()
    try:
        scrape(sys.argv[1], folder, place)
    finally:
        place.remove()
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
