#!/usr/bin/env python3
"""What `leakwatch watch` costs, against what is promised:

- one tree (redis-server under redis-benchmark) at 1 Hz: < 0.2 % of one core, and the target loses < 0.1 %;
- 1,000 processes at 1 Hz: < 5 % of one core and < 64 MB;
- its own memory stays flat: the last nine tenths of 20,000 rows;
- 24 hours at 1 Hz with all columns: <= 25 MB of series.db.

    watch_cost.py LEAKWATCH [SECONDS]       prints a table; exits with 1 when one is not met

CPU time is user and system time of the watcher with all that it started, divided by the time that passed.
"""

import pathlib
import resource
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/tools/leakwatch"))
from watching import column  # noqa: E402

MB = 1e6
missed = []


def line(what, value, unit, most):
    met = value <= most
    if not met:
        missed.append(what)
    print(f"{what:<52} {value:>10.3f} {unit:<4} {most:>8g}  {'met' if met else 'MISSED'}", flush=True)


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def watch(leakwatch, directory, pid, *words):
    """CPU seconds and the time that passed."""
    before, started = cpu_of_children(), time.monotonic()
    subprocess.run([leakwatch, "watch", "--pid", str(pid), "-o", str(directory), *words],
                   stdout=subprocess.DEVNULL, check=False)
    return cpu_of_children() - before, time.monotonic() - started


def last(directory, name):
    return column(directory, name)[-1][1]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def row_bytes(directory, table="rows"):
    """How many rows a table has, and how many bytes a row of `rows` holds."""
    database = sqlite3.connect(directory / "series.db")
    count = database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return count, database.execute("SELECT avg(length(points)) FROM rows").fetchone()[0]


class Redis:
    def __init__(self):
        port = str(free_port())
        self.server = subprocess.Popen(["redis-server", "--port", port, "--save", ""],
                                       stdout=subprocess.DEVNULL)
        self.load = subprocess.Popen(
            ["redis-benchmark", "-p", port, "-l", "-r", "100000", "-t", "set,get", "-q", "-c", "4"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self.server.pid

    def __exit__(self, *_):
        for process in (self.load, self.server):
            process.kill()
            process.wait()


class Thousand:
    """A shell with a thousand children."""

    def __enter__(self):
        self.root = subprocess.Popen(["sh", "-c", "i=0; while [ $i -lt 1000 ]; do sleep 3600 & i=$((i+1)); "
                                      "done; echo ready; wait"], stdout=subprocess.PIPE, text=True)
        self.root.stdout.readline()
        return self.root.pid

    def __exit__(self, *_):
        children = pathlib.Path(f"/proc/{self.root.pid}/task/{self.root.pid}/children").read_text()
        self.root.kill()
        for child in children.split():
            subprocess.run(["kill", "-9", child], check=False)
        self.root.wait()


def one_tree(leakwatch, scratch, seconds):
    with Redis() as pid:
        cpu, passed = watch(leakwatch, scratch / "one", pid, "--for", f"{seconds}s")
        start, _ = watch(leakwatch, scratch / "none", pid, "--for", "10ms", "--every", "10ms")
        line("one tree at 1 Hz, CPU without starting up", (cpu - start) / passed * 100, "%", 0.2)
        line("  the target's loss by smaps, at most", last(scratch / "one", "smaps_loss") / 1e4, "%", 0.1)
        watch(leakwatch, scratch / "fast", pid, "--for", "200s", "--every", "10ms")
    own = [value for _, value in column(scratch / "fast", "own_rss")]
    tenth = len(own) // 10
    line(f"  own memory, growth over {len(own) - tenth} rows", (own[-1] - own[tenth]) / MB, "MB", 0.5)
    line("  own memory", own[-1] / MB, "MB", 64)
    # What a row holds at 1 Hz, and what SQLite adds to a row.
    rows, fast = row_bytes(scratch / "fast")
    series, slow = row_bytes(scratch / "one", "series")
    a_row = slow + (scratch / "fast/series.db").stat().st_size / rows - fast
    line(f"  24 h at 1 Hz, {series} series, {a_row:.0f} bytes a row", a_row * 86400 / MB, "MB", 25)


def thousand(leakwatch, scratch, seconds):
    with Thousand() as pid:
        cpu, passed = watch(leakwatch, scratch / "many", pid, "--for", f"{seconds}s")
    processes = last(scratch / "many", "processes")
    line(f"{processes} processes at 1 Hz, CPU", cpu / passed * 100, "%", 5)
    line("  own memory", last(scratch / "many", "own_rss") / MB, "MB", 64)


def main():
    leakwatch = sys.argv[1]
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    print(f"{'':<52} {'measured':>10}      {'at most':>8}")
    with tempfile.TemporaryDirectory(prefix="leakwatch-") as name:
        one_tree(leakwatch, pathlib.Path(name), seconds)
        thousand(leakwatch, pathlib.Path(name), seconds)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
