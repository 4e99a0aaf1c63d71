#!/usr/bin/env python3
"""A shop to load: `python3 shop.py [PORT]` on loopback, port 8080 (0: any that is free), until Ctrl-C.

    GET /         the front page; HEAD, too
    POST /login   form fields user and password, as in accounts.csv: 200 and the cookie `session`, or 401
    GET /items    {"items": [{"id": 10, "price": 107}, ...]}, ten on a page: /items?page=2
    POST /cart    {"id": 10}: 201 and what is in the cart, or 401 without the cookie
"""
import csv, json, secrets, sys
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

with open(Path(__file__).with_name("accounts.csv"), newline="") as file:
    ACCOUNTS = {(row["user"], row["password"]) for row in csv.DictReader(file)}
CARTS = {}  # of each session


class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept
    wbufsize = -1  # head and body leave together: a body sent by itself waits until the head is acknowledged

    def do_GET(self):
        url = urlsplit(self.path)
        page = dict(parse_qsl(url.query)).get("page", "1")
        if url.path == "/":
            self.answer(200, {"shop": "open"})
        elif url.path == "/items" and page.isdecimal():
            first = int(page) * 10
            self.answer(200, {"items": [{"id": i, "price": 97 + i} for i in range(first, first + 10)]})
        else:
            self.answer(404, {"error": "no such page"})

    do_HEAD = do_GET

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        session = SimpleCookie(self.headers["Cookie"]).get("session")
        if self.path == "/login":
            self.log_in(dict(parse_qsl(body)))
        elif self.path != "/cart":
            self.answer(404, {"error": "no such page"})
        elif not session or session.value not in CARTS:
            self.answer(401, {"error": "log in first"})
        else:
            CARTS[session.value].append(json.loads(body)["id"])
            self.answer(201, {"cart": CARTS[session.value]})

    def log_in(self, form):
        if (form.get("user"), form.get("password")) not in ACCOUNTS:
            return self.answer(401, {"error": "user or password is wrong"})
        session = secrets.token_hex(16)
        CARTS[session] = []
        self.answer(200, {"user": form["user"]}, {"Set-Cookie": f"session={session}; Path=/; HttpOnly"})

    def answer(self, status, content, more={}):
        body = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": len(body), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        """A line per request would only slow it down."""


if __name__ == "__main__":
    ThreadingHTTPServer.request_queue_size = 128  # connections at one moment; the library's 5 are few for a load
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8080), Shop) as server:
        print(f"The shop is open: http://127.0.0.1:{server.server_port}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass
