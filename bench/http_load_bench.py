#!/usr/bin/env python3
"""Holds the load driver against wrk on one nginx worker, driver and server on CPUs of their own.

    http_load_bench.py BUILD [--seconds S] [--rounds N] [--ahead]

Rounds alternate, so that what else runs on the machine hits both; ratios are of medians. Exits
with 1 when a target of the table is missed. The machine must be quiet: the driver shares its CPU
with whatever runs there.
"""

import argparse
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

CONF = """daemon off; worker_processes 1; pid {0}/pid; error_log {0}/error.log;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 1h;
 client_body_temp_path {0}/1; proxy_temp_path {0}/2; fastcgi_temp_path {0}/3;
 uwsgi_temp_path {0}/4; scgi_temp_path {0}/5;
 server {{ listen 127.0.0.1:{1}; location / {{ return 200 "{2}"; default_type text/plain; }} }} }}
"""


def pinned(cpu, ahead=False):
    def apply():
        os.sched_setaffinity(0, {cpu})
        if ahead:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(5))

    return apply


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def measure(command, ahead):
    """What `command` prints, its CPU time in us and its peak RSS in KiB, to its very end (what we would read of
    its rusage is at least our own size)."""
    with tempfile.NamedTemporaryFile("r", prefix="tidemark-") as said:
        words = ["time", "--quiet", "-f", "%U %S %M", "-o", said.name, *command]
        done = subprocess.run(words, stdout=subprocess.PIPE, text=True, preexec_fn=pinned(1, ahead), check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}: exit code {done.returncode}")
        user, system, peak = said.read().split()
    return done.stdout, (float(user) + float(system)) * 1e6, int(peak)


def wrk(url, clients, options):
    text, cpu, peak = measure(["wrk", "-t1", f"-c{clients}", f"-d{options.seconds}", url], options.ahead)
    requests = int(re.search(r"(\d+) requests in", text)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    return {"rate": rate, "cpu": cpu / requests, "rss": peak}


def ours(pressure, url, options, *load, seconds=None):
    """pressure as users run it: with its logs, series and report."""
    seconds = seconds or options.seconds
    with tempfile.TemporaryDirectory(prefix="tidemark-") as place:
        run = pathlib.Path(place) / "run"
        words = [pressure, "run", url, "--for", f"{seconds}s", "-o", str(run), *map(str, load)]
        _, cpu, peak = measure(words, options.ahead)
        said = json.loads((run / "load.json").read_text())
    whole = next(one for one in said["labels"] if one["label"] == "" and one["stage"] == "")
    if whole["failures"]:
        sys.exit(f"requests failed: {whole['failures']}")
    return {"rate": whole["done"] / seconds, "p50": whole["response"]["p50"] / 1e3,
            "service_p50": whole["service"]["p50"] / 1e3, "cpu": cpu / whole["done"], "rss": peak}


def median(rounds, key):
    return statistics.median(one[key] for one in rounds)


def compare(pressure, url, options):
    mine, peers = [], []
    for _ in range(options.rounds):
        mine.append(ours(pressure, url, options, "--clients", 64))
        peers.append(wrk(url, 64, options))
    many = ours(pressure, url, options, "--clients", 1000)
    longer = ours(pressure, url, options, "--clients", 64, seconds=60)
    half = [ours(pressure, url, options, "--rate", median(mine, "rate") / 2) for _ in range(3)]
    added = statistics.median(one["p50"] - one["service_p50"] for one in half)
    return [
        ("requests a second, of wrk's", median(mine, "rate") / median(peers, "rate"), ">=", 0.97,
         f"{median(mine, 'rate'):.0f} and {median(peers, 'rate'):.0f}"),
        ("CPU time for each, of wrk's", median(mine, "cpu") / median(peers, "cpu"), "<=", 1.05,
         f"{median(mine, 'cpu'):.2f} and {median(peers, 'cpu'):.2f} us"),
        ("peak RSS at 64 connections, of wrk's", median(mine, "rss") / median(peers, "rss"), "<=", 1,
         f"{median(mine, 'rss') / 1024:.1f} and {median(peers, 'rss') / 1024:.1f} MB"),
        ("peak RSS at 1000 connections, MB", many["rss"] / 1024, "<=", 12, ""),
        ("peak RSS after a minute, of that at 64", longer["rss"] / median(mine, "rss"), "<=", 1.1,
         f"{longer['rss'] / 1024:.1f} MB"),
        ("open at half of that: p50 added, ms", added / 1000, "<=", 0.1,
         f"p50 {median(half, 'p50'):.0f} us, service {median(half, 'service_p50'):.0f} us"),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ahead", action="store_true",
                        help="drivers and server go before all else that runs here (SCHED_RR)")
    options = parser.parse_args()
    pressure = str((options.build / "tools/pressure/pressure").resolve())
    with tempfile.TemporaryDirectory(prefix="tidemark-") as directory:
        port = free_port()
        conf = pathlib.Path(directory) / "nginx.conf"
        conf.write_text(CONF.format(directory, port, "x" * 600))
        os.chmod(directory, 0o755)
        nginx = subprocess.Popen(["nginx", "-e", f"{directory}/error.log", "-c", str(conf)],
                                 preexec_fn=pinned(0, options.ahead))
        try:
            until = time.monotonic() + 10
            while not answers(port) and time.monotonic() < until:
                time.sleep(0.01)
            rows = compare(pressure, f"http://127.0.0.1:{port}/", options)
        finally:
            nginx.terminate()
            nginx.wait()
    missed = 0
    for name, value, sign, target, note in rows:
        met = value >= target if sign == ">=" else value <= target
        missed += not met
        print(f"{name:40} {value:8.3f}   {sign} {target:<5} {'met' if met else 'MISSED':7} {note}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
