#!/usr/bin/env python3
"""`select abalance ... where aid = $1`, prepared, by 8 clients: pressure against pgbench -M prepared -S -c 8, with each
driver in turn on one CPU and the server on another.

    bench/postgres_load_bench.py [BUILD] [--rounds N] [--seconds N] [--lock FILE] [--ahead]

Exits with 1 when pressure is slower.
"""

import re
import sys

import load_peers
from load_peers import Measured, services

CLIENTS = 8
STATEMENT = "SELECT abalance FROM pgbench_accounts WHERE aid = $1;"


def theirs(given, directory, server):
    words = [f"{services.POSTGRES}/pgbench", "-n", "-M", "prepared", "-S", "-c", CLIENTS, "-T", given.seconds,
             *server.connection(), "postgres"]
    text, cpu, memory = load_peers.driven(given, words, directory)
    rate = float(re.search(r"^tps = ([\d.]+)", text, re.M)[1])
    count = int(re.search(r"^number of transactions actually processed: (\d+)", text, re.M)[1])
    return Measured(rate, cpu / count, memory)


def main():
    given = load_peers.arguments(__doc__.splitlines()[0])
    load_peers.heading()
    with load_peers.alone(given), services.scratch() as directory:
        services.Postgres.template(directory, 1)
        with services.Postgres(directory, before=["taskset", "-c", str(load_peers.SERVER_CPU)]) as server:
            load_peers.put_ahead(given, server.pid)
            target = f"host=127.0.0.1 port={server.port} user=postgres dbname=postgres"
            request = f'{{ sql = "{STATEMENT}", parameters = ["${{int:1..100000}}"] }}'
            met = load_peers.contest(
                given, f"PostgreSQL prepared, {CLIENTS} clients", "pgbench -M prepared -S", 1.0,
                (lambda: load_peers.ours(given, directory, target, CLIENTS, request),
                 lambda: theirs(given, directory, server)))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
