#!/usr/bin/env python3
"""What the heap agent costs real programs, and what its peers cost them.

    bench/agent_cost.py BUILD [--quick] [--only WORD] [--tools WORD] [--rounds N] [--lock FILE] [--markdown FILE]

A program runs natively and under a tool **at the same time and on one core, with the clients of both**: the kernel
interleaves them at every wait and every time slice, so that neighbours, clock rates and caches are the same for
both, and CPU time tells them apart. Such a measurement is a round; a figure is the median over the rounds of tool against
native, with a bootstrap interval of 95 %. `native again` has no tool: it shows what the measurement takes for a difference where there is
none. (malloc/free on two threads is timed one after the other, in changing order.) The slow tools get a tenth of the
work, once. Memory is what is resident, without the agent's files. --lock: taken around each measurement, for a machine that is shared; run the whole under `chrt -r 5`
there. Exits with 1 when a target is missed.
"""

import argparse
import concurrent.futures
import contextlib
import fcntl
import os
import pathlib
import random
import statistics
import sys
import tempfile
import threading

import agent_tools
import agent_workloads
from agent_workloads import services

# What the agent must reach: nanoseconds a pair on top of native, and slow-downs.
NANOSECONDS = {"agent, preloaded": 1.3, "agent, injected": 2.5}
SLOW_DOWN = {"redis": 1.01, "PostgreSQL": 1.01, "nginx": 1.01, "sqlite3": 1.02, "python3": 1.02, "cc1plus": 1.01}
CORES = os.sched_getaffinity(0)
CORE = max(CORES)


class Compared:
    """One tool on one workload against native: a value for each round."""

    def __init__(self):
        self.cpu, self.added, self.memory, self.mapped = [], [], [], []

    def add(self, cost, native):
        self.cpu.append(cost.cpu / native.cpu)
        self.added.append((cost.cpu - native.cpu) * 1e9)
        if native.memory:
            self.memory.append(cost.memory / native.memory)
            self.mapped.append(cost.mapped)


def interval(values):
    """The median, and between what it lies 95 times in 100."""
    draw = random.Random(1)
    medians = sorted(statistics.median(draw.choices(values, k=len(values))) for _ in range(2000))
    return statistics.median(values), medians[50], medians[1949]


def measure(workload, tool, scale, ready=lambda: None):
    with tempfile.TemporaryDirectory(prefix="tidemark-cost-", dir="/var/tmp", ignore_cleanup_errors=True) as directory:
        pathlib.Path(directory).chmod(0o1777)
        return workload.measure(tool, scale, directory, ready)


def measure_both(workload, tool, turn):
    """The costs natively and under the tool."""
    pair = [agent_tools.NATIVE, tool] if turn % 2 else [tool, agent_tools.NATIVE]
    if workload.together:
        os.sched_setaffinity(0, {CORE})
        barrier = threading.Barrier(2)

        def one(which):
            try:
                return measure(workload, which, tool.scale, lambda: barrier.wait(120))
            finally:
                barrier.abort()  # when this one has failed, the other does not wait for it

        with concurrent.futures.ThreadPoolExecutor(2) as both:
            costs = list(both.map(one, pair))
    else:
        os.sched_setaffinity(0, CORES)
        costs = [measure(workload, one, tool.scale) for one in pair]
    return costs if turn % 2 else costs[::-1]


def run_rounds(workload, tools, rounds, lock):
    """{tool's name: Compared, or why it failed}"""
    found = {tool.name: Compared() for tool in tools}
    order = random.Random(0)
    for turn in range(rounds):
        now = [tool for tool in tools if turn < max(1, round(rounds * tool.share))]
        for tool in order.sample(now, len(now)):
            if isinstance(found[tool.name], str):
                continue
            try:
                with lock():
                    native, cost = measure_both(workload, tool, turn)
                services.check(cost.mapped or not tool.name.startswith("agent"), "the agent has not sampled")
                found[tool.name].add(cost, native)
            except (services.Failed, threading.BrokenBarrierError) as failure:
                found[tool.name] = str(failure)
                print(f"{workload.name}, {tool.name}: {failure}", file=sys.stderr)
    return found


def verdict(workload, tool, compared):
    """'met' or 'missed by', with what the interval lets be said; empty when the tool promises nothing."""
    if tool.name not in NANOSECONDS:
        return ""
    if workload.name.startswith("malloc"):
        limit, unit, values = NANOSECONDS[tool.name], " ns", compared.added
    else:
        limit, unit, values = next(most for name, most in SLOW_DOWN.items() if workload.name.startswith(name)), "", compared.cpu
    middle, low, high = interval(values)
    if high <= limit:
        return "met"
    if middle <= limit:
        return f"met; up to {high:.2f}{unit} not excluded" if unit else f"met; up to {high:.3f} not excluded"
    by = f"missed by {middle - limit:.2f}{unit}" if unit else f"missed by {middle - limit:.3f}"
    return by + ("" if low > limit else ", not told apart")


def memory_cell(compared):
    if not compared.memory:
        return ""
    text = f"{statistics.median(compared.memory):.3f}"
    mapped = statistics.median(compared.mapped)
    return text + (f" + {mapped / 1e6:.1f} MB" if mapped else "")


def rows(workload, tools, found):
    """The table's lines for one workload."""
    for tool in tools:
        compared = found[tool.name]
        name = tool.name + (" (another allocator)" if tool.other_allocator else "") + (" (1/10 of the work)" if tool.is_slow else "")
        if isinstance(compared, str):
            yield f"| {workload.name} | {name} | fails | | | | {' '.join(compared.split())[:80].replace('|', '/')} |"
            continue
        middle, low, high = interval(compared.cpu)
        cpu = f"{middle:.3f} ({low:.3f}-{high:.3f})" if len(compared.cpu) > 2 else f"{middle:.3g}"
        added = ""
        if workload.name.startswith("malloc"):
            middle, low, high = interval(compared.added)
            added = f"{middle:+.2f} ns ({low:+.2f}..{high:+.2f})" if len(compared.added) > 2 else f"{middle:+.3g} ns"
        yield f"| {workload.name} | {name} | {cpu} | {added} | {memory_cell(compared)} | {len(compared.cpu)} | {verdict(workload, tool, compared)} |"


HEADING = """| workload | tool | CPU against native (95 %) | added a pair | memory against native | rounds | target |
|---|---|---|---|---|---|---|"""


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=lambda word: pathlib.Path(word).resolve(), help="build/release")
    parser.add_argument("--quick", action="store_true", help="three rounds, and the agent alone")
    parser.add_argument("--only", action="append", help="workloads whose name has this word")
    parser.add_argument("--tools", action="append", help="tools whose name has this word")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--setting", action="append", default=[], help="of the agent, such as mean=64KiB")
    parser.add_argument("--lock", help="a file to lock around each measurement")
    parser.add_argument("--markdown", help="where the table goes as well")
    return parser.parse_args()


def locker(path):
    @contextlib.contextmanager
    def locked():
        with open(path, "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    return locked if path else contextlib.nullcontext


def main():
    asked = options()
    chosen = agent_tools.agent_tools(asked.build, asked.setting) + [agent_tools.AGAIN]
    if not asked.quick or asked.tools:
        chosen += agent_tools.PEERS
    tools = [tool for tool in chosen if not asked.tools or any(word in tool.name for word in asked.tools)]
    if lacking := agent_tools.missing(tools):
        sys.exit(f"not installed: {', '.join(lacking)}")
    rounds = asked.rounds or (3 if asked.quick else 30)
    lines, missed = [], []

    def say(line):
        lines.append(line)
        print(line, flush=True)
        if asked.markdown:
            pathlib.Path(asked.markdown).write_text("\n".join(lines) + "\n")

    say(HEADING)
    with services.scratch("/var/tmp") as prepared:
        for workload in agent_workloads.workloads(asked.build / "bench/pairs", prepared):
            if asked.only and not any(word in workload.name for word in asked.only):
                continue
            for line in rows(workload, tools, run_rounds(workload, tools, rounds, locker(asked.lock))):
                say(line)
                if "| missed" in line or ("| agent" in line and "| fails |" in line):
                    missed.append(line)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
