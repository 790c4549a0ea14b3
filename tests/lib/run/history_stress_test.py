#!/usr/bin/env python3
"""Many processes write one history and read it meanwhile; writers are killed at any moment.

    history_stress_test.py WRITER [ROUNDS]

In each round 14 writers (tests/lib/run/history_writer.cpp) and 2 readers start at once, the first
ones on a file that is not there yet; most of the writers get a SIGKILL at a random moment. At the
end, what the writers acknowledged is counted against what Python's own sqlite3 finds in the file.
"""

import collections
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

WRITERS, READERS, SPARED = 14, 2, 3
PER_ROUND = 40


def fail(text):
    print(text)
    sys.exit(1)


def wait_for(file, processes):
    """Readers want a file that is there; a writer makes it."""
    while not file.exists():
        if all(process.poll() is not None for process in processes):
            fail("no writer made the file")
        time.sleep(0.001)


def start(*words):
    return subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)


def one_round(program, directory, number, chance):
    """How many writers were killed."""
    file = directory / "history" / "history.db"
    writers = [start(program, "write", file, directory / f"acknowledged.{writer}", writer,
                     number * PER_ROUND, PER_ROUND) for writer in range(WRITERS)]
    wait_for(file, writers)
    readers = [start(program, "read", file, 15) for _ in range(READERS)]
    killed = 0
    began = time.monotonic()
    deaths = sorted((chance.uniform(0, 1.5), writer) for writer in range(SPARED, WRITERS))
    for at, writer in deaths:
        time.sleep(max(0, began + at - time.monotonic()))  # the moment is the point
        if writers[writer].poll() is None:
            writers[writer].send_signal(signal.SIGKILL)
            killed += 1
    for process in writers + readers:
        said, _ = process.communicate(timeout=120)
        if said or process.returncode not in (0, -signal.SIGKILL):
            fail(f"{' '.join(process.args)}: {process.returncode}: {said}")
    return killed


def race(program, directory, number):
    """All writers make the same new file at once."""
    file = directory / f"race.{number}.db"
    writers = [start(program, "write", file, os.devnull, writer, 0, 1) for writer in range(WRITERS)]
    for process in writers:
        said, _ = process.communicate(timeout=120)
        if said or process.returncode != 0:
            fail(f"{' '.join(process.args)}: {process.returncode}: {said}")
    there = sqlite3.connect(file).execute("SELECT count(*) FROM entries").fetchone()[0]
    if there != WRITERS:
        fail(f"{WRITERS} writers made {file.name} at once, {there} entries are there")


def rows_of(database, table):
    return collections.Counter(dict(database.execute(
        f"SELECT entry, count(*) FROM {table} GROUP BY entry")))


def check(directory):
    """Counts acknowledged entries against the file; the number of both."""
    database = sqlite3.connect(directory / "history" / "history.db")
    said = database.execute("PRAGMA integrity_check").fetchall()
    if said != [("ok",)]:
        fail(f"integrity_check: {said}")
    ids = {name: key for key, name in database.execute("SELECT id, directory FROM entries")}
    tables = [rows_of(database, table) for table in ("phases", "measures", "rules")]
    for table in tables:
        if set(table) - set(ids.values()):
            fail("rows without an entry")
    acknowledged = 0
    for file in directory.glob("acknowledged.*"):
        for line in file.read_text().splitlines():
            name, *counts = line.split()
            acknowledged += 1
            if name not in ids:
                fail(f"{name} was acknowledged and is not there")
            if [table[ids[name]] for table in tables] != [int(count) for count in counts]:
                fail(f"{name} is not whole")
    for name, key in ids.items():
        writer, number = (int(part) for part in name[1:].split("."))
        expected = [number % 5 + 1, (number * 7 + writer) % 40 + 1, number % 3 + 1]
        if [table[key] for table in tables] != expected:
            fail(f"{name} is half an entry")
    return acknowledged, len(ids)


def main():
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 12
    chance = random.Random(7)
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        for i in range(rounds):
            race(sys.argv[1], directory, i)
        killed = sum(one_round(sys.argv[1], directory, i, chance) for i in range(rounds))
        acknowledged, there = check(directory)
    # The last entry of a killed writer may be there without its line.
    if there - acknowledged > killed:
        fail(f"{there} entries, {acknowledged} acknowledged, {killed} writers killed")
    if killed < rounds or acknowledged < rounds * SPARED * PER_ROUND:
        fail(f"too little was tried: {killed} killed, {acknowledged} acknowledged")
    print(f"{rounds} rounds of {WRITERS} writers: {killed} killed, {acknowledged} entries "
          f"acknowledged, all there and whole of {there}")


if __name__ == "__main__":
    main()
