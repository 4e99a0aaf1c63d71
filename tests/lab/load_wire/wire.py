#!/usr/bin/env python3
"""What servers can do to a load between its requests: what is reported must be what happened.

    wire.py GUNFLINT SCENARIO        exit 1 and a sentence where it is not
"""
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

GUNFLINT = sys.argv[1]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"


def must(what, holds):
    if not holds:
        sys.exit(f"{SCENARIO}: {what}")


def listener(address="127.0.0.1"):
    made = socket.socket()
    made.bind((address, 0))
    made.listen(128)
    return made, f"http://{address}:{made.getsockname()[1]}"


def request(connection):
    """The head of the next request; what there is of it where the connection ends."""
    head = b""
    while b"\r\n\r\n" not in head:
        more = connection.recv(4096)
        if not more:
            break
        head += more
    return head.decode()


def serve(where, answer):
    """Each connection in a thread, until the process ends; answer(head) gives the bytes."""
    def one(connection):
        while head := request(connection):
            connection.sendall(answer(head))

    def all_of_them():
        while True:
            connection, _ = where.accept()
            threading.Thread(target=one, args=(connection,), daemon=True).start()
    threading.Thread(target=all_of_them, daemon=True).start()


def experiment(load):
    path = f"{FOLDER}/experiment.yaml"
    with open(path, "w") as file:
        json.dump({"version": 1, "name": "wire", "load": {"users": load}}, file)
    return path


def start(*arguments):
    loops = [] if "--loops" in arguments else ["--loops", "1"]
    return subprocess.Popen([GUNFLINT, "load", *arguments, "--json", "--quiet", *loops],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def result(run):
    out, errors = run.communicate(timeout=60)
    try:
        return json.loads(out)
    except ValueError:
        sys.exit(f"{SCENARIO}: no result but: {out}{errors}")


def load(*arguments):
    return result(start(*arguments))


def worker_of(run):
    with open(f"/proc/{run.pid}/task/{run.pid}/children") as children:
        return int(children.read().split()[0])


# ---- a kept connection ends in the very batch in which it is taken for the next request
def stale(how):
    where, url = listener()
    file = experiment({"base_url": url, "timeout": "3s",
                       "stages": [{"name": "s", "rate": "2/s", "for": "1s"}],
                       "journeys": [{"name": "j", "steps": [{"get": "/one"}, {"get": "/two"}]}]})
    run = start(file)
    read = []

    def hear(connection):
        head = request(connection)
        if head:
            read.append(head)
        return head

    kept, _ = where.accept()
    hear(kept)
    other, _ = where.accept()  # the second user's
    hear(other)
    kept.sendall(OK)
    hear(kept)
    kept.sendall(OK)
    time.sleep(0.1)
    worker = worker_of(run)
    os.kill(worker, signal.SIGSTOP)
    time.sleep(0.05)
    other.sendall(LAST)  # the second step of the second user will take the kept connection
    time.sleep(0.02)
    if how == "talk":
        kept.sendall(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
    if how == "reset":
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    kept.close()
    other.close()
    time.sleep(0.02)
    os.kill(worker, signal.SIGCONT)
    fresh, _ = where.accept()
    hear(fresh)
    fresh.sendall(OK)
    out = result(run)
    must(f"the server read {len(read)} requests of 4", len(read) == 4)
    must(f"4 were answered, reported are {out['requests']}",
         out["requests"]["ended"] == 4 and out["requests"]["failed"] == 0)
    must("each answer has a time from its sending", out["service_seconds"]["count"] == 4)


def stale_end():
    stale("end")


def stale_talk():
    stale("talk")


def stale_reset():
    stale("reset")


def servers_that_die():
    """A server is killed and comes back all the time: no success that it has not given."""
    program = """
import socket, sys, select
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1]))); s.listen(256)
given = open(sys.argv[2], 'ab', buffering=0)
poll = select.epoll(); poll.register(s.fileno(), 1); all = {}
while True:
    for fd, _ in poll.poll():
        if fd == s.fileno():
            c, _ = s.accept(); all[c.fileno()] = c; poll.register(c.fileno(), 1); continue
        c = all[fd]
        try: d = c.recv(4096)
        except OSError: d = b''
        if not d: poll.unregister(fd); all.pop(fd).close(); continue
        given.write(b'x')
        try: c.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok')
        except OSError: pass
"""
    free, url = listener()
    port = free.getsockname()[1]
    free.close()
    given = f"{FOLDER}/given"
    command = [sys.executable, "-c", program, str(port), given]
    server = subprocess.Popen(command)
    time.sleep(0.3)
    run = start(url, "--rate", "1500/s", "--for", "3s", "--retries", "3", "--timeout", "2s")
    while run.poll() is None:
        time.sleep(0.1)
        server.kill()
        server.wait()
        server = subprocess.Popen(command)
    server.kill()
    server.wait()
    out = result(run)
    answered = out["requests"]["ended"] - out["requests"]["failed"]
    must(f"{answered} answers of {os.path.getsize(given)} that were given",
         0 < answered <= os.path.getsize(given))


# ---- HTTP/2
def no_http2():
    """An answer that is no HTTP/2, on a connection that stays open: protocol, and at once."""
    where, url = listener()

    def garbage():
        while True:
            connection, _ = where.accept()
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            kept.append(connection)
    kept = []
    threading.Thread(target=garbage, daemon=True).start()
    out = load(url, "--http", "2", "-c", "1", "--rate", "10/s", "--for", "2s", "--timeout", "1s")
    must(f"errors are {out['requests']['errors']}", out["requests"]["errors"] == {"protocol": 20})


def nghttpd():
    for name in ("one", "two", "x"):
        with open(f"{FOLDER}/{name}", "w") as file:
            file.write("ok")
    free, url = listener()
    port = free.getsockname()[1]
    free.close()
    server = subprocess.Popen(["nghttpd", "--no-tls", "-d", FOLDER, str(port)],
                              stdout=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return server, url, port
        except OSError:
            time.sleep(0.05)
    sys.exit("nghttpd does not start")


def two_origins():
    """One connection at most, two servers: a connection that carries nothing makes room."""
    servers = [nghttpd() for _ in range(2)]
    file = experiment({"base_url": servers[0][1], "timeout": "2s",
                       "http": {"version": "2", "connections": 1},
                       "stages": [{"name": "s", "rate": "10/s", "for": "2s"}],
                       "journeys": [{"name": "j", "steps": [{"get": "/one"},
                                                            {"get": servers[1][1] + "/two"}]}]})
    out = load(file)
    for server, _, _ in servers:
        server.terminate()
        server.wait()
    must(f"completed are {out['journeys']['completed']} of 20", out["journeys"]["completed"] == 20)


def silent_connection():
    """The way of the first connection is gone without a word: the load finds another."""
    server, _, port = nghttpd()
    where, url = listener()
    began, accepted = [], []

    def pump(source, sink, dead):
        while data := source.recv(65536):
            if not dead():
                sink.sendall(data)

    def between():
        while True:
            connection, _ = where.accept()
            accepted.append(connection)
            first = len(accepted) == 1
            if first:
                began.append(time.monotonic())
            beyond = socket.create_connection(("127.0.0.1", port))

            def dead(first=first):
                return first and time.monotonic() - began[0] > 1
            for pair in ((connection, beyond), (beyond, connection)):
                threading.Thread(target=pump, args=(*pair, dead), daemon=True).start()
    threading.Thread(target=between, daemon=True).start()
    out = load(url + "/x", "--http", "2", "--rate", "20/s", "--for", "5s", "--timeout", "500ms")
    server.terminate()
    server.wait()
    must(f"{len(accepted)} connections", len(accepted) >= 2)
    must(f"errors are {out['requests']['errors']}", out["requests"]["failed"] <= 25)
    must(f"the last seconds are {out['loads'][0]['per_second']['failed']}",
         sum(out["loads"][0]["per_second"]["failed"][3:5]) == 0)


# ---- redirects
def secrets():
    """Who is sent on to another server does not tell it what was for the first."""
    where, url = listener()
    elsewhere, other = listener("127.0.0.2")
    told = []

    def answer(head):
        told.append(head.lower())
        return OK
    serve(where, lambda head: (f"HTTP/1.1 302 Found\r\nLocation: {other}/x\r\n"
                               "Content-Length: 0\r\n\r\n").encode())
    serve(elsewhere, answer)
    secret = {"authorization": "Bearer secret", "cookie": "sid=secret", "x-shop": "plain"}
    load(experiment({"base_url": url, "http": {"redirects": 3},
                     "stages": [{"name": "s", "rate": "1/s", "for": "1s"}],
                     "journeys": [{"name": "j", "steps": [{"get": "/one", "headers": secret},
                                                          {"get": other + "/two"}]}]}))
    must(f"the other server was asked {len(told)} times", len(told) == 2)
    must("it heard a secret", not any("secret" in head for head in told))
    must("it did not hear what is no secret", "x-shop: plain" in told[0])
    must("the host is its own", f"host: {other[7:]}" in told[0])


# ---- our own standing still
def stood_still():
    where, url = listener()
    serve(where, lambda head: OK)
    for arguments in (["--rate", "100/s", "-c", "2"], ["--users", "4"]):
        run = start(url, *arguments, "--for", "4s")
        time.sleep(2)
        worker = worker_of(run)
        os.kill(worker, signal.SIGSTOP)
        time.sleep(1)
        os.kill(worker, signal.SIGCONT)
        generator = result(run)["generator"]
        must(f"{arguments}: the generator was not the limit: {generator}",
             generator["saturated_seconds"] >= 1)
        if arguments[0] == "--rate":
            must(f"late by {generator['late_seconds']['p99']}",
                 generator["late_seconds"]["p99"] > 0.5)


def stopped_twice():
    """Two signals: nobody is waited for, and nothing vanishes."""
    where, url = listener()
    held = []

    def hold():
        while True:
            held.append(where.accept()[0])
    threading.Thread(target=hold, daemon=True).start()
    run = start(url, "--rate", "20/s", "--for", "30s", "--timeout", "20s")
    time.sleep(1.5)
    run.send_signal(signal.SIGINT)
    time.sleep(0.5)
    began = time.monotonic()
    run.send_signal(signal.SIGINT)
    out = result(run)
    must("it waited all the same", time.monotonic() - began < 3)
    requests = out["requests"]
    must(f"counted are {requests}", requests["ended"] >= 25 and
         requests["errors"] == {"cut_off": requests["ended"]})
    must(f"due {out['journeys']['due']}", out["journeys"]["due"] == requests["ended"])


def third_address():
    """A name with three addresses, of which two refuse: every request is answered by the third."""
    where, url = listener("127.0.0.13")
    port = url.rsplit(":", 1)[1]
    serve(where, lambda head: OK)
    hosts = f"{FOLDER}/hosts"
    with open(hosts, "w") as file:
        file.writelines(f"127.0.0.{n} shop.test\n" for n in (11, 12, 13))
    # In a mount namespace of the generator alone.
    if subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL).returncode != 0:
        print("skipped: it needs root for a mount namespace of its own")
        sys.exit(77)
    own = ["unshare", "--mount", "sh", "-c",
           f"mount --bind {hosts} /etc/hosts && exec \"$@\"", "sh"]
    run = subprocess.Popen([*own, GUNFLINT, "load", f"http://shop.test:{port}/", "--json", "--quiet",
                            "--rate", "30/s", "--for", "1s", "--no-keep-alive", "--loops", "1"],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out = result(run)
    must(f"requests {out['requests']}", out["requests"]["ended"] == 30 and
         out["requests"]["failed"] == 0)
    must(f"connections {out['connections']}", out["connections"]["opened"] == 30)


def so_many():
    """-n: exactly so many, then the end; the rates are of the time that it took."""
    where, url = listener()
    heard = []
    serve(where, lambda head: heard.append(head) or OK)
    began = time.monotonic()
    out = result(start(url, "--users", "3", "-n", "50", "--think", "20ms"))
    took = time.monotonic() - began
    must(f"{len(heard)} came", len(heard) == 50)
    must(f"journeys {out['journeys']}", out["journeys"]["due"] == out["journeys"]["completed"] == 50)
    must(f"it took {took} s", took < 5)
    must(f"the load took {out['length_seconds']} s", 0.3 < out["length_seconds"] < took)
    must(f"statuses {out['requests']['statuses']}", out["requests"]["statuses"] == {"200": 50})
    log = f"{FOLDER}/access.log"
    with open(log, "w") as file:
        file.write('127.0.0.1 - - [01/Dec/2026:00:00:00 +0000] "GET /a HTTP/1.1" 200 2\n' * 3)
    # One user on two loops, an end within the last second, and the time of the last interval.
    for arguments, length in ((["--users", "1", "-n", "20", "--loops", "2"], None),
                              (["--rate", "20/s", "-n", "20"], 1),
                              (["--rate", "10/s", "-n", "9", "--for", "1s"], 0.9),
                              (["--replay", log, "--rate", "20/s", "-n", "10"], 0.5),
                              (["--stages", "users 2:300ms, users 1:9s", "-n", "30", "--think", "20ms"], None)):
        heard.clear()
        out = result(start(url, *arguments))
        must(f"{arguments}: {len(heard)} came", len(heard) == out["journeys"]["due"] == int(arguments[arguments.index("-n") + 1]))
        took = out["length_seconds"]
        must(f"{arguments}: took {took} s", took < 8 if length is None else length <= took < length + 0.2)
    must(f"spoken {out['connections']['spoken']}", list(out["connections"]["spoken"]) == ["HTTP/1.1"])


def the_first_so_many():
    """-n at a rate sends the first arrivals, whatever loop is behind: each its own row."""
    where, url = listener()
    heard = []
    serve(where, lambda head: heard.append(int(head.split("id=")[1].split(" ")[0])) or OK)
    rows = f"{FOLDER}/ids.csv"
    with open(rows, "w") as file:
        file.writelines(["id\n"] + [f"{n}\n" for n in range(400)])
    out = result(start(url + "?id=${ids.id}", "--data-file", f"ids={rows}:unique", "--rate", "20000/s",
                       "-n", "300", "--loops", "2"))
    must(f"journeys {out['journeys']}", out["journeys"]["completed"] == 300)
    must(f"rows {sorted(heard)}", sorted(heard) == list(range(300)))


def the_last_pause():
    """-n does not wait for a pause after which nobody comes."""
    where, url = listener()
    serve(where, lambda head: OK)
    for users, journeys in ((1, 1), (3, 5)):
        out = result(start(url, "--users", str(users), "-n", str(journeys), "--think", "1s..2s"
                           if journeys > users else "10m"))
        must(f"journeys {out['journeys']}", out["journeys"]["completed"] == journeys and
             out["journeys"]["unfinished"] == 0)
        must(f"{out['length_seconds']} s", out["length_seconds"] < (2.2 if journeys > users else 0.5))


def think_of_the_failed():
    """Who thinks after each answer thinks after a wrong one, too."""
    where, url = listener()
    serve(where, lambda head: b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
    out = result(start(url, "--users", "3", "--think", "500ms", "--for", "2s"))
    must(f"requests {out['requests']}", out["requests"]["failed"] == out["requests"]["ended"] and
         9 <= out["requests"]["ended"] <= 15)


SCENARIO = sys.argv[2]
with tempfile.TemporaryDirectory() as FOLDER:
    globals()[SCENARIO]()
