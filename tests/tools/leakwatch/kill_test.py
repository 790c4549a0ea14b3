#!/usr/bin/env python3
"""Kills the watcher a hundred times at random moments, and accounts for every sample.

The service that is watched counts the questions for its metric, and remembers when each answer was
handed over: that is the producer's account. The watcher is killed with SIGKILL and resumed; at the
end the numbers in series.db are held against the account:

- none is in it twice, out of order, or was never handed out;
- each that was handed out more than 2 s before the watcher died, by the promise, and in fact more than
  half a second before, is there, but for those that were overtaken: a row has the newest answer;
- the file is whole after every kill, read by another reader of ours and by SQLite's own check.

    kill_test.py LEAKWATCH [KILLS]
"""

import pathlib
import random
import sqlite3
import subprocess
import sys
import tempfile
import time

from watching import Failed, Service, Watch, check, column, events, verdict, wait_for

PROMISED_S = 2.0
IN_FACT_S = 0.5


def whole(directory):
    database = sqlite3.connect(f"file:{directory / 'series.db'}?mode=ro", uri=True, timeout=5)
    answer = database.execute("PRAGMA integrity_check").fetchone()[0]
    database.close()
    check(answer == "ok", f"series.db is damaged: {answer}")


def writers(directory):
    """How many watchers stored a row."""
    database = sqlite3.connect(f"file:{directory / 'series.db'}?mode=ro", uri=True, timeout=5)
    count = database.execute("SELECT count(DISTINCT writer) FROM rows").fetchone()[0]
    database.close()
    return count


def newest(directory):
    values = column(directory, "requests")
    return values[-1][1] if values else 0


def soak(leakwatch, kills, directory, seed):
    chance = random.Random(seed)
    target = subprocess.Popen(["sleep", "600"])
    deaths = []
    try:
        with Service() as service:
            words = ["--every", "20ms", "--pid", target.pid, "--metric",
                     f"requests={service.url}#/served/1/total"]
            for kill in range(kills):
                before = len(service.answered)
                with Watch(leakwatch, *(words if kill == 0 else ["--resume", directory]),
                           directory=directory) as watch:
                    # From the first answer on: starting up is part of it, too.
                    wait_for(lambda: len(service.answered) > before, "an answer")
                    time.sleep(chance.random() * 0.45)
                    watch.kill()
                    deaths.append(time.time())
                whole(directory)
            with Watch(leakwatch, "--resume", directory, directory=directory) as watch:
                last = service.number
                wait_for(lambda: newest(directory) > last, "the last answers")
                watch.end()
            return service.answered, deaths
    finally:
        target.kill()
        target.wait()


def account(directory, answered, deaths):
    stored = [value for _, value in column(directory, "requests")]
    handed_out = {number: when for when, number in answered}
    check(stored == sorted(set(stored)), "a sample is there twice, or out of order")
    check(set(stored) <= set(handed_out), "a sample is there that was never handed out")
    missing = sorted(set(handed_out) - set(stored))
    worst = 0.0
    lost = 0
    for number in missing:
        when = handed_out[number]
        death = next((moment for moment in deaths if moment >= when), None)
        # Overtaken: the watcher lived on, took a newer one into the same row, and stored it.
        if death is None or any(when < handed_out[other] < death for other in stored
                                if number < other <= number + 2):
            continue
        lost += 1
        worst = max(worst, death - when)
    check(worst < IN_FACT_S, f"a sample was lost that was {worst:.2f} s old")
    check(worst < PROMISED_S, "the promise")
    return stored, missing, lost, worst


def main():
    leakwatch = sys.argv[1]
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    seed = random.randrange(1 << 32)
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="leakwatch-") as scratch:
            directory = pathlib.Path(scratch) / "soak"
            answered, deaths = soak(leakwatch, kills, directory, seed)
            stored, missing, lost, worst = account(directory, answered, deaths)
            gaps = len(events(directory, "gap"))
            watchers = writers(directory)
            check(gaps == watchers - 1, f"{gaps} gaps are marked between {watchers} watchers")
            check(watchers > kills / 2, f"only {watchers} watchers lived to store a row")
            check(len(events(directory, "life")) == 1, "a kill of the watcher is no new life")
            times = [at for at, _ in column(directory, "life")]
            check(times == sorted(set(times)), "rows out of order")
            check(verdict(directory)["rows"] == len(times), "the verdict rests on other rows")
    except Failed as failed:
        sys.exit(f"kill_test (seed {seed}): {failed}")
    print(f"{kills} kills in {time.monotonic() - started:.0f} s: {len(answered)} answers handed out, "
          f"{len(stored)} stored, {len(missing) - lost} overtaken, {lost} lost, the oldest of them "
          f"{worst * 1000:.0f} ms before the kill; {len(times)} rows, {gaps} gaps marked")


if __name__ == "__main__":
    main()
