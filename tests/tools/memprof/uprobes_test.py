"""memprof attach --rung uprobes: short looks by probes of the kernel.

usage: uprobes_test.py MEMPROF PROGRAMS CASE
"""

import json
import os
import re
import signal
import subprocess
import sys

from attach_test import Running, attach, ready
from harness import MEMPROF, PROGRAMS, Place, expect, free_port, main, wait_until

TWO_SITES = os.path.join(PROGRAMS, "two_sites")
RUNG = ["--rung", "uprobes"]


def two_sites(pause_us):
    return Running([TWO_SITES, str(pause_us)], stdout=subprocess.PIPE, text=True)


def seen(place):
    """The file of the look: its numbers by name, and the lines of its stacks."""
    raw = os.path.join(place.path, "run/raw")
    with open(os.path.join(raw, os.listdir(raw)[0]), encoding="utf-8") as f:
        text = f.read()
    numbers = {m[1]: int(m[2]) for m in re.finditer(r"^([a-z_-]+) (\d+)$", text, re.MULTILINE)}
    stacks = [[int(n) for n in m.split()] for m in
              re.findall(r"^(\d+ \d+ \d+ \d+) @", text, re.MULTILINE)]
    return numbers, stacks


def report(place, kind):
    return subprocess.run([MEMPROF, "report", "--format", kind, os.path.join(place.path, "run")],
                          check=True, capture_output=True, text=True).stdout


def overhead(text):
    """What it says that it cost at most, in per cent."""
    return float(re.search(r"estimate: [\d.e-]+ to ([\d.e-]+) %", text)[1])


def line_of(function, callgrind):
    """The line at which a function costs something by itself, in callgrind's format."""
    number = re.search(rf"\((\d+)\) {function}$", callgrind, re.MULTILINE)[1]
    return int(re.search(rf"^fn=\({number}\)(?: {function})?\n(\d+) ", callgrind, re.MULTILINE)[1])


def probes_name_two_sites_by_bytes():
    with Place() as place, two_sites(1000) as program:
        ready(program)
        done = attach(*RUNG, "--for", "1s", "--max-overhead", "0", "-o", "run", str(program.pid),
                      cwd=place.path, codes=(0,))
        numbers, stacks = seen(place)
        expect(len(stacks) == 2, f"two sites, not {stacks}")
        stacks.sort()
        by_bytes = sorted(stacks, key=lambda s: s[1])
        small, large = by_bytes
        expect(abs(large[1] - 3 * small[1]) <= 4 * (large[3] + 3 * small[3]),
               f"three to one within the error: {stacks}")
        calls = numbers["calls"]
        expect(calls > 1000 and abs(small[0] + large[0] - calls) <= 2, f"all {calls} calls: {stacks}")
        flamegraph = os.path.join(os.path.dirname(MEMPROF), "../flamegraph/flamegraph")
        lines = subprocess.run([flamegraph, "convert", "--to", "callgrind", os.path.join(place.path, "run/profile.pb.gz")],
                               check=True, capture_output=True, text=True).stdout
        expect("two_sites.c" in lines, lines)
        expect(line_of("large", lines) == 10 and line_of("small", lines) == 12, lines)
        expect("not frees" in done.stdout and "estimate" in done.stdout, done.stdout)
        with open(os.path.join(place.path, "run/run.json"), encoding="utf-8") as f:
            notes = "\n".join(json.load(f)["notes"])
        expect("rung uprobes" in notes and "cost" in notes, notes)
        with open(os.path.join(place.path, "run/findings.json"), encoding="utf-8") as f:
            expect(json.load(f)["sites"] == [], "no findings")
        expect(os.path.exists(os.path.join(place.path, "run/report.html")), "a report")
        expect("large" in report(place, "folded"), "the site in a folded stack")
        expect(program.poll() is None, "a program that runs on")


def probes_of_redis_keep_the_limit():
    with Place() as place:
        port = free_port()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        cli = ["redis-cli", "-p", str(port)]
        with Running(["redis-server", "--port", str(port), "--save", "", "--dir", place.path],
                     **quiet) as redis:
            def says(*words):
                return subprocess.run([*cli, *words], capture_output=True, text=True,
                                      check=False).stdout.strip()
            wait_until(lambda: says("PING") == "PONG", 10, "redis answers")
            says("SET", "kept", "value")
            load = ["redis-benchmark", "-p", str(port), "-t", "set", "-r", "10000", "-P", "16", "-n",
                    "100000000", "-q"]
            with Running(load, **quiet) as client:
                # On a busy machine the counting alone takes most of 2 %, and the look is refused.
                done = attach(*RUNG, "--max-overhead", "5%", "-o", "run", str(redis.pid),
                              cwd=place.path, codes=(0,))
                expect(says("GET", "kept") == "value", "an answer as before")
                expect(client.poll() is None, "clients without an error")
            expect("zmalloc" in done.stdout and "processInputBuffer" in done.stdout, done.stdout)
            expect("libjemalloc" in done.stderr, done.stderr)
            numbers, _ = seen(place)
            expect(numbers["samples"] > 50, f"samples: {numbers}")
            # What may be overshot is what is called until we are asked again.
            expect(overhead(done.stderr) <= 10, f"about 5 %:\n{done.stderr}")
            expect(redis.poll() is None, "a service that runs on")


def probes_are_refused_without_room():
    with Place() as place, two_sites(0) as program:
        ready(program)
        done = attach(*RUNG, "--for", "100ms", "--max-overhead", "0.1%", "-o", "run",
                      str(program.pid), cwd=place.path, codes=(3,))
        expect(re.search(r"calls its allocator \d+ times a second", done.stderr), done.stderr)
        again = re.search(r"hint: memprof (attach .*)", done.stderr)
        expect(again and "--max-overhead" in again[1], done.stderr)
        for turn in range(3):  # it names an estimate, which the next look makes better
            done = attach(*again[1].split()[1:], "-o", f"again{turn}", cwd=place.path, codes=(0, 3))
            if done.returncode == 0:
                break
            again = re.search(r"hint: memprof (attach .*)", done.stderr)
        expect(done.returncode == 0, done.stderr)
        attach(*RUNG, "--for", "2m", str(program.pid), cwd=place.path, codes=(2,))
        attach(*RUNG, "--tree", str(program.pid), cwd=place.path, codes=(2,))


def is_probed(pid):
    """Whether the first page of malloc in the process's C library differs from the file's."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as f:
        line = next(l for l in f if "r-xp" in l and "libc.so" in l).split()
    start, end = (int(n, 16) for n in line[0].split("-"))
    with open(f"/proc/{pid}/mem", "rb") as memory, open(line[5], "rb") as file:
        memory.seek(start)
        file.seek(int(line[2], 16))
        return memory.read(end - start) != file.read(end - start)


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def probes_go_when_memprof_is_killed():
    with Place() as place, two_sites(100) as program:
        ready(program)
        look = subprocess.Popen([MEMPROF, "attach", *RUNG, "--for", "60s", "--max-overhead", "0", "-o",
                                 "run", str(program.pid)], cwd=place.path, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True)
        while "looking for" not in look.stderr.readline():
            pass
        wait_until(lambda: is_probed(program.pid), 10, "a breakpoint")
        look.kill()
        look.communicate()
        wait_until(lambda: not is_probed(program.pid), 20, "code as in the file")
        ready(program, "turn")  # it runs on, and has checked its blocks
        ready(program, "turn")
        attach(*RUNG, "--for", "200ms", "--max-overhead", "0", "-o", "again", str(program.pid),
               cwd=place.path, codes=(0,))
        expect(not is_probed(program.pid), "nothing left by the second look")


def probes_end_at_ctrl_c():
    with Place() as place, two_sites(100) as program:
        ready(program)
        look = subprocess.Popen([MEMPROF, "attach", *RUNG, "--for", "60s", "--max-overhead", "0", "-o",
                                 "run", str(program.pid)], cwd=place.path, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
        while "looking for" not in look.stderr.readline():
            pass
        expect(is_probed(program.pid), "a breakpoint")
        begin = cpu_ticks(program.pid)
        wait_until(lambda: cpu_ticks(program.pid) > begin + 50, 20, "half a second of work")
        look.send_signal(signal.SIGINT)
        out, err = look.communicate(timeout=60)
        expect(look.returncode == 4 and "interrupted" in out, f"{look.returncode}\n{out}\n{err}")
        expect(not is_probed(program.pid), "code as in the file")
        expect(seen(place)[0]["samples"] > 0, "what there was until then")


def probes_are_refused_to_others():
    with two_sites(1000) as program:
        ready(program)
        user = "nobody" if os.getuid() == 0 else None
        out = subprocess.run([MEMPROF, "attach", "--plan", str(program.pid)], check=True,
                             capture_output=True, text=True, user=user).stdout
        expect("CAP_PERFMON" in out and "setcap cap_perfmon" in out, out)


if __name__ == "__main__":
    main({name: test for name, test in vars(sys.modules[__name__]).items() if callable(test)})
