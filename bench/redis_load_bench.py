#!/usr/bin/env python3
"""GET and SET by 50 clients without a pipeline: pressure against redis-benchmark, with each driver in turn on one CPU and
the server on another.

    bench/redis_load_bench.py [BUILD] [--rounds N] [--seconds N] [--lock FILE] [--ahead]

Exits with 1 when pressure is slower.
"""

import csv
import sys

import load_peers
from load_peers import Measured, services

CLIENTS = 50
REQUESTS = {"GET": '{ redis = "GET key:__rand_int__" }', "SET": '{ redis = "SET key:__rand_int__ xxx" }'}


def theirs(given, directory, port, command, count):
    words = ["redis-benchmark", "-p", port, "-c", CLIENTS, "-n", count, "-t", command.lower(), "--csv"]
    text, cpu, memory = load_peers.driven(given, words, directory)
    row = next(row for row in csv.DictReader(text.splitlines()) if row["test"] == command)
    return Measured(float(row["rps"]), cpu / count, memory)


def main():
    given = load_peers.arguments(__doc__.splitlines()[0])
    met = True
    load_peers.heading()
    with load_peers.alone(given), services.scratch() as directory:
        with services.Redis(directory, before=["taskset", "-c", str(load_peers.SERVER_CPU)]) as server:
            load_peers.put_ahead(given, server.pid)
            for command, request in REQUESTS.items():
                rate = theirs(given, directory, server.port, command, 100_000).rate
                count = int(rate * given.seconds)
                met &= load_peers.contest(
                    given, f"redis {command}, {CLIENTS} clients", "redis-benchmark", 1.0,
                    (lambda request=request: load_peers.ours(given, directory, f"redis://127.0.0.1:{server.port}",
                                                             CLIENTS, request),
                     lambda command=command, count=count: theirs(given, directory, server.port, command, count)))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
