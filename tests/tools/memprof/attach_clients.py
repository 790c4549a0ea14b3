"""Clients that put load on a service and look at every answer.

usage: attach_clients.py redis|memcached|http PORT

Says "going", works until a line comes on standard input, then prints what it did as JSON; ends
with 1 at the first wrong answer.
"""

import json
import os
import random
import select
import socket
import sys
import time

PIPELINE = 16


class Service:
    def __init__(self, port):
        self.port = port
        self.connect()

    def connect(self):
        self.stream = socket.create_connection(("127.0.0.1", self.port)).makefile("rwb")

    def line(self):
        text = self.stream.readline()
        if not text:
            raise ConnectionError("the connection was closed")
        return text.rstrip(b"\r\n")


def value_of(key, turn):
    """What is stored: of many sizes, different each time."""
    return (b"%s.%d." % (key, turn)) * (1 + (hash(key) + turn) % 60)


class Redis(Service):
    def __init__(self, port):
        super().__init__(port)
        self.known, self.turn, self.mine = {}, 0, os.getpid()

    def send(self, *words):
        self.stream.write(b"*%d\r\n" % len(words))
        for word in words:
            self.stream.write(b"$%d\r\n%s\r\n" % (len(word), word))

    def bulk(self):
        size = self.line()
        return None if size == b"$-1" else self.stream.read(int(size[1:]) + 2)[:-2]

    def round(self):
        self.turn += 1
        keys = [b"k%d.%d" % (self.mine, random.randrange(5000)) for _ in range(PIPELINE)]
        for key in keys:
            self.send(b"SET", key, value_of(key, self.turn))
            self.send(b"GET", key)
            self.send(b"INCR", b"n%d" % self.mine)
        self.stream.flush()
        for i, key in enumerate(keys):
            assert self.line() == b"+OK"
            assert self.bulk() == value_of(key, self.turn), key
            assert self.line() == b":%d" % ((self.turn - 1) * PIPELINE + i + 1)
            self.known[key] = self.turn
        return 3 * PIPELINE

    def finish(self):
        for key, turn in self.known.items():
            self.send(b"GET", key)
            self.stream.flush()
            assert self.bulk() == value_of(key, turn), key


class Memcached(Service):
    def __init__(self, port):
        super().__init__(port)
        self.known, self.turn, self.mine = {}, 0, os.getpid()

    def get(self, key, expected):
        head = self.line().split()
        assert head[:2] == [b"VALUE", key], head
        assert self.stream.read(int(head[3]) + 2)[:-2] == expected, key
        assert self.line() == b"END"

    def round(self):
        self.turn += 1
        keys = [b"k%d.%d" % (self.mine, random.randrange(5000)) for _ in range(PIPELINE)]
        for key in keys:
            value = value_of(key, self.turn)
            self.stream.write(b"set %s 0 0 %d\r\n%s\r\nget %s\r\n" % (key, len(value), value, key))
        self.stream.flush()
        for key in keys:
            assert self.line() == b"STORED"
            self.get(key, value_of(key, self.turn))
            self.known[key] = self.turn
        if self.turn % 50 == 0:
            self.connect()  # memcached keeps buffers for each connection
        return 2 * PIPELINE

    def finish(self):
        for key, turn in self.known.items():
            self.stream.write(b"get %s\r\n" % key)
            self.stream.flush()
            self.get(key, value_of(key, turn))


class Http(Service):
    def __init__(self, port):
        super().__init__(port)
        self.pages = {}

    def round(self):
        for encoding in (b"identity", b"gzip"):
            self.connect()
            self.stream.write(b"GET /page HTTP/1.0\r\nHost: a\r\nAccept-Encoding: %s\r\n\r\n" % encoding)
            self.stream.flush()
            assert b" 200 " in self.line() + b" "
            while self.line():
                pass
            body = self.stream.read()
            assert self.pages.setdefault(encoding, body) == body, "another page than before"
        return 2

    def finish(self):
        assert self.pages[b"identity"].startswith(b"line 0\n")


def go(service):
    print("going", flush=True)
    requests, slowest = 0, 0.0
    while not select.select([sys.stdin], [], [], 0)[0]:
        begin = time.monotonic()
        requests += service.round()
        slowest = max(slowest, time.monotonic() - begin)
    service.finish()
    print(json.dumps({"requests": requests, "slowest_ms": slowest * 1000}))


if __name__ == "__main__":
    go({"redis": Redis, "memcached": Memcached, "http": Http}[sys.argv[1]](int(sys.argv[2])))
