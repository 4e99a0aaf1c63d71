"""A coordinator of one agent, for tests. Speaks the protocol of message.hpp by itself."""
import json, os, select, signal, struct, subprocess, time


class Closed(Exception):
    pass


class Agent:
    def __init__(self, program, env=None):
        self.process = subprocess.Popen(program if isinstance(program, list) else [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env,
                                        start_new_session=True)
        self.number, self.buffer, self.unasked = 0, b"", []
        self.guardian = self.process.pid  # the started process is the guardian, the agent its child

    def send(self, kind, **fields):
        self.number += 1
        text = json.dumps({"id": self.number, "say": {"kind": kind, **fields}}).encode()
        self.process.stdin.write(struct.pack(">I", len(text)) + text)
        self.process.stdin.flush()
        return self.number

    def receive(self, deadline):
        while True:
            if len(self.buffer) >= 4:
                size = struct.unpack(">I", self.buffer[:4])[0]
                if len(self.buffer) >= 4 + size:
                    text, self.buffer = self.buffer[4:4 + size], self.buffer[4 + size:]
                    return json.loads(text)
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the agent did not answer")
            if not select.select([self.process.stdout], [], [], left)[0]:
                continue
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                raise Closed()
            self.buffer += data

    def answer_to(self, number, seconds=40):
        deadline = time.monotonic() + seconds
        while True:
            frame = self.receive(deadline)
            if frame["id"] == number:
                return frame["say"]
            self.unasked.append(frame["say"])

    def ask(self, kind, seconds=40, **fields):
        return self.answer_to(self.send(kind, **fields), seconds)

    def wait_unasked(self, kind, seconds=10):
        deadline = time.monotonic() + seconds
        while True:
            for say in self.unasked:
                if say["kind"] == kind:
                    self.unasked.remove(say)
                    return say
            frame = self.receive(deadline)
            self.unasked.append(frame["say"])

    def agent_pid(self):
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    stat = open(f"/proc/{name}/stat").read()
                except OSError:
                    continue
                if "(gunflint-agent)" in stat and int(stat[stat.rindex(")") + 2:].split()[1]) == self.guardian:
                    return int(name)
        raise AssertionError("the agent is not there")

    def close(self):
        for end in (self.process.stdin, self.process.stdout):
            try:
                end.close()
            except OSError:
                pass

    def end(self):
        """Whatever happened: nothing that this client started stays."""
        self.close()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
