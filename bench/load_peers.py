"""What the benches of pressure beside other load drivers share: one server on one CPU, the drivers in turn on another,
the median of each over the rounds, and a table of what was promised. Python's standard library only."""

import argparse
import contextlib
import fcntl
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/agent/torture"))
sys.dont_write_bytecode = True
import services  # noqa: E402  (Debian's servers on free ports)

SERVER_CPU, DRIVER_CPU = sorted(os.sched_getaffinity(0))[:2] if os.cpu_count() > 1 else (0, 0)
WARM_UP = 1  # seconds, of which ours are not counted, as the peers do not count theirs


def arguments(summary):
    parser = argparse.ArgumentParser(description=summary)
    parser.add_argument("build", nargs="?", default=ROOT / "build/release", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=4, help="of each driver in each round")
    parser.add_argument("--lock", help="taken around the whole, on a machine that is shared")
    parser.add_argument("--ahead", action="store_true",
                        help="drivers and server go before all else that runs here (SCHED_RR)")
    return parser.parse_args()


@contextlib.contextmanager
def alone(given):
    with open(given.lock or os.devnull, "ab") as file:
        if given.lock:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def put_ahead(given, pid):
    """Of a server that is there already, for what it starts from now on."""
    if given.ahead:
        services.run(["chrt", "-r", "-p", "5", pid])


class Measured:
    """What one run of a driver gave: answers a second, CPU microseconds for each, peak memory in KiB."""

    def __init__(self, rate, cpu, memory):
        self.rate, self.cpu, self.memory = rate, cpu, memory


def driven(given, words, directory):
    """What a driver wrote, its CPU time in us and its peak memory in KiB (the rusage that we would get of it is at
    least our own size, so that `time` asks)."""
    before = ["chrt", "-r", "5"] if given.ahead else []
    output, used = (pathlib.Path(directory) / name for name in ("driver.out", "driver.used"))
    with open(output, "wb") as file:
        process = subprocess.run([*before, "taskset", "-c", str(DRIVER_CPU), "time", "--quiet", "-f", "%U %S %M", "-o",
                                  str(used), *map(str, words)], stdout=file, stderr=subprocess.STDOUT, cwd=directory,
                                 check=False)
    text = output.read_text(errors="replace")
    services.check(process.returncode == 0, f"{words[0]} ended with {process.returncode}: {text[-2000:]}")
    user, system, peak = used.read_text().split()
    return text, (float(user) + float(system)) * 1e6, int(peak)


def ours(given, directory, target, clients, request):
    """`pressure run` with so many clients that each wait for their answer; `request` as it stands in a mix."""
    directory = pathlib.Path(directory)
    (directory / "bench.toml").write_text(f"""target = "{target}"
[load]
arrivals = "closed"
limits = {{ connections = {clients}, timeout = "5s" }}
stages = [{{ name = "warm-up", clients = {clients}, hold = "{WARM_UP}s" }},
          {{ name = "measured", clients = {clients}, hold = "{given.seconds}s" }}]
[mix]
bench = {request}
""")
    program = given.build / "tools/pressure/pressure"
    words = [program.resolve(), "run", "--plain", "--replace", "-o", "run", "bench.toml"]
    _, cpu, memory = driven(given, words, directory)
    result = json.loads((directory / "run/load.json").read_text())
    found = {label["stage"]: label for label in result["labels"] if label["label"] == "bench"}
    services.check(not any(label["failures"] for label in found.values()), f"answers that failed: {found}")
    stage = next(stage for stage in result["stages"] if stage["name"] == "measured")
    rate = found["measured"]["done"] / ((stage["end_ms"] - stage["start_ms"]) / 1000)
    return Measured(rate, cpu / sum(found[stage]["done"] for stage in ("warm-up", "measured")), memory)


def contest(given, job, peer, target, pair):
    """Runs both sides in turn, prints a row, and says whether ours reached `target` times the peer's rate. `pair` is two
    functions that give a Measured."""
    sides = ([], [])
    for number in range(given.rounds):
        for side in ((0, 1), (1, 0))[number % 2]:
            sides[side].append(pair[side]())
    (our_rate, our_cpu), (their_rate, their_cpu) = (
        (statistics.median(one.rate for one in side), statistics.median(one.cpu for one in side)) for side in sides)
    ratio = our_rate / their_rate
    memory = max(one.memory for one in sides[0]) / 1024
    print(f"{job:<28} {our_rate:>9.0f} {their_rate:>9.0f} {ratio:>6.2f} {target:>6.2f} "
          f"{'yes' if ratio >= target else 'NO':>4} {our_cpu:>7.1f} {their_cpu:>7.1f} {memory:>6.1f}   {peer}", flush=True)
    return ratio >= target


def heading():
    print(f"{'job':<28} {'ours/s':>9} {'peer/s':>9} {'ratio':>6} {'target':>6} {'met':>4} {'CPU us':>7} {'peer us':>7} "
          f"{'MB':>6}   peer")
