"""What the tests of `leakwatch watch` share: starting it, reading what it left, programs to watch."""

import http.server
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from checking import Failed, check, free_port, wait_for  # noqa: E402


class Watch:
    """A running `leakwatch watch`; ended when the block is left."""

    def __init__(self, leakwatch, *words, directory=None, **more):
        self.directory = pathlib.Path(directory) if directory else None
        words = [str(word) for word in words]
        if self.directory and "--resume" not in words:
            words = ["-o", str(self.directory), *words]
        self.process = subprocess.Popen([leakwatch, "watch", *words], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, **more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def end(self, sign=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(sign)
        return self.wait()

    def wait(self, limit=60):
        self.output, _ = self.process.communicate(timeout=limit)
        return self.process.returncode

    def kill(self):
        self.process.kill()
        self.process.wait()


def run(leakwatch, *words, directory=None, limit=60, **more):
    with Watch(leakwatch, *words, directory=directory, **more) as watch:
        code = watch.wait(limit)
        return code, watch.output


def verdict(directory):
    return json.loads((pathlib.Path(directory) / "verdict.json").read_text())


def run_json(directory):
    return json.loads((pathlib.Path(directory) / "run.json").read_text())


def events(directory, kind=None):
    """(at_ms, kind, pid, text) so far; none while the file is not there."""
    path = pathlib.Path(directory) / "series.db"
    if not path.exists():
        return []
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    try:
        rows = database.execute("SELECT at_ms, kind, pid, text FROM events ORDER BY id").fetchall()
    except sqlite3.OperationalError:
        return []
    finally:
        database.close()
    return [row for row in rows if kind in (None, row[1])]


def leb128(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, at


def rows(directory):
    """Every row of series.db as (at_ms, {(name, pid): value}), read by the document
    docs/formats/series.md alone; none while the file is being made."""
    path = pathlib.Path(directory) / "series.db"
    if not path.exists():
        return []
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    database.execute("BEGIN")  # both tables as of one moment
    try:
        names = {key: (name, pid)
                 for key, name, pid in database.execute("SELECT id, name, pid FROM series")}
    except sqlite3.OperationalError:
        database.close()
        return []
    sets, formers, out = {}, {}, []
    for writer, at_ms, data in database.execute(
            "SELECT writer, at_ms, points FROM rows ORDER BY id"):
        flags, at = data[0], 1
        if flags & 1:
            formers[writer] = {}
        if flags & 2:
            count, at = leb128(data, at)
            series, last = [], 0
            for _ in range(count):
                step, at = leb128(data, at)
                last += step
                series.append(last)
            sets[writer] = series
        zeros, row = 0, {}
        for series in sets[writer]:
            change = 0
            if zeros:
                zeros -= 1
            else:
                number, at = leb128(data, at)
                if number == 0:
                    zeros, at = leb128(data, at)
                change = (number >> 1) ^ -(number & 1)
            value = formers[writer].get(series, 0) + change
            formers[writer][series] = value
            row[names[series]] = value
        check(at == len(data), "a row has bytes left")
        out.append((at_ms, row))
    database.close()
    return out


def column(directory, name, pid=0):
    return [(at, row[(name, pid)]) for at, row in rows(directory) if (name, pid) in row]


class Service:
    """An HTTP server that counts what it answers, and keeps what is POSTed to it."""

    def __init__(self, refuse=0):
        self.answered = []  # (time, number), once the whole answer was handed over
        self.posted = []
        self.refuse = refuse  # so many POSTs
        self.number = 0
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, status, body=b""):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                service.number += 1
                number = service.number
                if self.path == "/metrics":
                    self.answer(200, b'hits_total{path="/a"} %d\nhits_total{path="/b"} 2\n' % number)
                else:
                    self.answer(200, b'{"served": [0, {"total": %d}]}' % number)
                service.answered.append((time.time(), number))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if service.refuse > 0:
                    service.refuse -= 1
                    self.answer(503)
                    return
                service.posted.append(json.loads(body))
                self.answer(204)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # a client that was killed
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
