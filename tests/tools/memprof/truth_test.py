#!/usr/bin/env python3
"""Runs memprof on programs whose trouble is known exactly, and expects exactly that.

    truth_test.py MEMPROF PROGRAMS CASE      PROGRAMS: the directory with tests/programs, built
    truth_test.py --cases                    the names of all cases, one a line
"""

import json
import pathlib
import subprocess
import sys
import tempfile

# Exit codes of memprof.
FOUND, FAILED, UNDECIDED = 1, 3, 4


def leak(kind, blocks=3, size=300, function="f"):
    return {"kind": kind, "function": function, "bytes": size, "blocks": blocks}


def trouble(kind, function):
    return {"kind": kind, "function": function}


LOST = [leak("definite_leak")]
IN_USE = [leak("in_use")]

# For each case: the profiler, the program, further options, the exit code, all sites in
# any order, and a piece of the verdict. Heap profilers see the same 3 blocks of 100
# bytes, but cannot tell lost memory from memory in use; massif does not count blocks.
CASES = {
    "memcheck": ("memcheck", "leak_three", [], FOUND, LOST, "300 B in f"),
    "lsan": ("lsan-log", "leak_three_lsan", [], FOUND, LOST, "300 B in f"),
    "massif": ("massif", "leak_three", [], UNDECIDED, [leak("in_use", blocks=0)], "f: 300 B"),
    "dhat": ("dhat", "leak_three", [], UNDECIDED, IN_USE, "f: 300 B"),
    "gperf-heap": ("gperf-heap", "leak_three", [], UNDECIDED, IN_USE, "f: 300 B"),
    "heap": ("heap", "leak_three", ["--mean", "1"], UNDECIDED, IN_USE, "f: 300 B"),
    "heaptrack": ("heaptrack", "leak_three", [], UNDECIDED, IN_USE, "f: 300 B"),
    "fork": ("memcheck", "fork_leak", [], FOUND, LOST, "300 B in f"),
    "heap-fork": ("heap", "fork_leak", ["--mean", "1"], UNDECIDED, IN_USE, "f: 300 B"),
    "threads": ("memcheck", "threads_leak", [], FOUND, LOST, "300 B in f"),
    "daemon": ("memcheck", "daemonise", ["--for", "1s"], FOUND,
               [leak("definite_leak", blocks=1, size=100)], "100 B in f"),
    "race-helgrind": ("helgrind", "race", [], FOUND, [trouble("race", "add")], "add (race.c:9)"),
    "race-drd": ("drd", "race", [], FOUND, [trouble("race", "add")], "add (race.c:9)"),
    "lock-order": ("helgrind", "lock_order", [], FOUND, [trouble("lock_order", "backwards")],
                   "backwards (lock_order.c:20)"),
    "crash": ("memcheck", "crash", [], FAILED,
              [trouble("fatal", "crash"), trouble("invalid_access", "crash"),
               leak("definite_leak", blocks=1, size=100)], "SIGSEGV"),
    "exits-early": ("memcheck", "exit_three", [], FAILED, [], "exited with code 3"),
    "never-ready": ("memcheck", "never_ready",
                    ["--ready", "output:listening", "--ready-within", "3s"], FAILED,
                    [leak("reachable", blocks=1, size=4096, function="main")],  # stdout's
                    "did not become ready"),
    "ignores-sigterm": ("memcheck", "ignores_sigterm", ["--for", "1s", "--grace", "1s"],
                        UNDECIDED, [], "killed"),
}


def simplified(site, wanted):
    """Of a site in the report, what `wanted` (a site that is expected) speaks of."""
    known = {"kind": site["kind"], "function": site["place"].get("function"),
             "bytes": site["bytes"], "blocks": site["blocks"]}
    return {key: known[key] for key in wanted}


def matches(sites, wanted):
    return len(sites) == len(wanted) and all(
        any(simplified(site, one) == one for site in sites) for one in wanted)


def running(program):
    """The pids of processes that still run exactly this file, or have it as an argument."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(program).encode() in entry.read_bytes().split(b"\0"):
                found.append(entry.parent.name)
        except OSError:
            pass  # it ended meanwhile
    return found


def main():
    if sys.argv[1:] == ["--cases"]:
        print("\n".join(CASES))
        return
    memprof, programs, case = sys.argv[1:]
    profiler, name, options, code, sites, verdict = CASES[case]
    with tempfile.TemporaryDirectory(prefix="tidemark-truth-") as directory:
        # A name of its own, so that a process left behind can be told from others.
        program = pathlib.Path(directory) / name
        program.write_bytes((pathlib.Path(programs) / name).read_bytes())
        program.chmod(0o755)
        run = pathlib.Path(directory) / "run"
        done = subprocess.run([memprof, "run", "--with", profiler, *options, "-o", run, "--", program],
                              capture_output=True, text=True, check=False, timeout=120)
        left = running(program)
        written = subprocess.run([memprof, "report", "--format", "json", run],
                                 capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    report = json.loads(written.stdout)
    wrong = []
    if done.returncode != code:
        wrong.append(f"exit code {done.returncode}, expected {code}")
    if written.returncode != code:
        wrong.append(f"exit code of report {written.returncode}, expected {code}")
    if sites is not None and not matches(report["sites"], sites):
        wrong.append(f"expected sites {sites}, found {json.dumps(report['sites'])[:2000]}")
    if verdict not in report["verdict"]["text"]:
        wrong.append(f"expected '{verdict}' in the verdict: {report['verdict']['text']}")
    if case == "exits-early" and "cannot read the configuration" not in said:
        wrong.append("the target's last output is not shown")
    if left:
        wrong.append(f"still running: {left}")
    if wrong:
        sys.exit("\n".join([f"{case}: {line}" for line in wrong] + [said]))
    print(f"{case}: {report['verdict']['text']}")


if __name__ == "__main__":
    main()
