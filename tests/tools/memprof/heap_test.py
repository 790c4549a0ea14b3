"""memprof run --with heap, and memprof heap, on programs whose memory is known.

usage: heap_test.py MEMPROF PROGRAMS CASE
"""

import json
import math
import os
import random
import re
import signal
import struct
import subprocess
import time

from harness import MEMPROF, PROGRAMS, Place, expect, free_port, main, wait_until

MIX = os.path.join(PROGRAMS, "heap_mix")
SERVICE = os.path.join(PROGRAMS, "../../examples/leaky-service/leaky-service")
SOURCE = os.path.join(os.path.dirname(__file__), "../../../examples/leaky-service")
AGENT = os.path.join(PROGRAMS, "../../agent/libtidemark_heap.so")
FLAMEGRAPH = os.path.join(os.path.dirname(MEMPROF), "../flamegraph/flamegraph")
KEPT = ("keep_small", "keep_large", "keep_mixed")


def memprof(*arguments, code=0):
    done = subprocess.run([MEMPROF, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != code:
        raise AssertionError(f"{arguments} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def sites_by_function(findings, kind):
    return {s["place"].get("function"): s for s in findings["sites"] if s["kind"] == kind}


def read_file(path):
    return json.loads(memprof("report", "--format", "json", path, code=4))


def names_the_leak():
    """100 bytes a request, named to the line, with an interval that holds the truth."""
    with Place() as place:
        port = free_port()
        requests = 200_000
        run = place.run("--with", "heap", "--mean", "64KiB", "--snapshot-every", "500ms",
                        "--load", f"ab -q -k -l -c 4 -n {requests} http://127.0.0.1:{port}/leak",
                        "--", SERVICE, "--port", str(port))
        expect(run.code == 4, "a run that cannot tell lost from used", run)
        leak = sites_by_function(run.findings, "in_use")["leaky::leak_session_token()"]
        expect(leak["place"]["file"].endswith("leaky_service.cpp"), "its file", run)
        line = source_of(leak["place"])
        expect("the leak" in line, f"its line, not {line}", run)
        off = abs(leak["bytes"] - 100 * requests)
        expect(0 < leak["bytes_error"] < 0.1 * leak["bytes"], "a standard error of 6 %", run)
        expect(off < 4 * leak["bytes_error"], f"{100 * requests} bytes within the errors", run)
        grown = sites_by_function(run.findings, "growth")
        expect("leaky::leak_session_token()" in grown, f"that it grows, not {list(grown)}", run)
        print(run.verdict["text"])


def source_of(place):
    with open(os.path.join(SOURCE, os.path.basename(place["file"])), encoding="utf-8") as f:
        return f.read().splitlines()[place["line"] - 1]


def smallest_likely(trials, chance, alpha):
    """The k for which Binomial(trials, chance) is below k with a probability of at most alpha."""
    below = 0.0
    for k in range(trials + 1):
        below += math.comb(trials, k) * chance**k * (1 - chance)**(trials - k)
        if below > alpha:
            return k
    return trials


def intervals_hold_memchecks_truth():
    """Over 200 seeds, the 95 % interval of each leak holds what memcheck counts exactly, about
    as often as it says."""
    seeds = 200
    with Place() as place:
        exact = place.run("--with", "memcheck", "--", MIX)
        truth = sites_by_function(exact.findings, "definite_leak")
        expect(sorted(truth) == sorted(KEPT), f"three leaks, not {list(truth)}", exact)
        # the last block of each may still be in a register
        held = {name: 0 for name in KEPT}
        bias = {name: 0.0 for name in KEPT}
        for seed in range(1, seeds + 1):
            config = f"file={place.path}/h{seed},size=4MiB,mean=16KiB,seed={seed}"
            done = subprocess.run([MIX], env=dict(os.environ, LD_PRELOAD=AGENT, TIDEMARK_HEAP=config),
                                  check=False)
            expect(done.returncode == 0, "a program that goes on as before")
            file = [n for n in os.listdir(place.path) if n.startswith(f"h{seed}.")]
            found = sites_by_function(read_file(os.path.join(place.path, file[0])), "in_use")
            for name in KEPT:
                site, true = found[name], truth[name]["bytes"]
                held[name] += abs(site["bytes"] - true) <= 1.96 * site["bytes_error"]
                bias[name] += (site["bytes"] - true) / true / seeds
            os.remove(os.path.join(place.path, file[0]))
        least = smallest_likely(seeds, 0.95, 0.001)
        print(f"of {seeds} intervals hold the truth: {held} (at least {least}); bias {bias}")
        for name in KEPT:
            expect(held[name] >= least, f"{name} in its interval {least} times, not {held[name]}")
            # 16 KiB against 2 MB: 9 % each, so 0.6 % in the mean of 200
            expect(abs(bias[name]) < 0.03, f"no bias of {name}, not {bias[name]:.3f}")


def survives_sigkill():
    with Place() as place:
        process, _ = place.start("run", "-o", "run", "--with", "heap", "--mean", "16KiB",
                                 "--ready", "output:ready", "--", MIX, "on")
        raw = os.path.join(place.path, "run/raw")
        file = wait_until(lambda: files_in(raw), 30, "there is a heap file")[0]
        wait_until(lambda: kept(read_now(file)) == 3, 30, "the blocks are there")
        os.kill(int(file.split(".")[-2]), signal.SIGKILL)
        out, err = process.communicate(timeout=60)
        expect(process.returncode == 3 and "signal 9" in out, f"the reason: {out}{err}")
        found = json.loads(memprof("report", "--format", "json", place.path + "/run", code=3))
        expect(kept(found) == 3, f"what was in use when it was killed: {found['sites']}")


HEADER = struct.Struct("<8sIIQIIIIQQ256s256s256s18QQQQ")


def counts_of(path):
    """Samples and frees of the header, the sites' sums of both, and how many live blocks there
    are; None while the file is being made. See docs/formats/agent.md."""
    with open(path, "rb") as f:
        data = f.read()
    head = HEADER.unpack_from(data)
    state, sections, samples, freed = head[2], head[13:31], head[32], head[33]
    if state == 0:
        return None
    site_offset, site_count, site_size = sections[6:9]
    key_offset, key_count = sections[9:11]
    sites = [struct.unpack_from("<IIQQ", data, site_offset + i * site_size)
             for i in range(site_count)]
    keys = memoryview(data)[key_offset:key_offset + 8 * key_count].cast("Q")
    return {"samples": samples, "freed": freed, "of sites": sum(s[2] for s in sites if s[0]),
            "freed of sites": sum(s[3] for s in sites if s[0]), "live": sum(k > 1 for k in keys)}


def is_whole_after_sigkill_at_any_moment():
    """A hundred kills, from before main to the middle of its work."""
    random.seed(5)
    empty = 0
    with Place() as place:
        for i in range(100):
            config = f"file={place.path}/k{i},size=8MiB,mean=2KiB,seed={i + 1},overhead=0%"
            process = subprocess.Popen([MIX, "on"], stdout=subprocess.DEVNULL, env=dict(
                os.environ, LD_PRELOAD=AGENT, TIDEMARK_HEAP=config))
            time.sleep(random.uniform(0.0005, 0.03))  # the moment is what is being tried
            process.kill()
            process.wait()
            path = os.path.join(place.path, f"k{i}.{process.pid}.tmheap")
            counts = counts_of(path) if os.path.exists(path) and os.path.getsize(path) else None
            if counts is None:
                empty += 1
                continue
            expect(abs(counts["samples"] - counts["of sites"]) <= 1, f"kill {i}: {counts}")
            expect(abs(counts["freed"] - counts["freed of sites"]) <= 1, f"kill {i}: {counts}")
            expect(abs(counts["samples"] - counts["freed"] - counts["live"]) <= 1,
                   f"kill {i}: {counts}")
            found = read_now(path)
            expect(not found["partial"], f"kill {i}: nothing is missing: {found.get('warnings')}")
            os.remove(path)
    print(f"{100 - empty} files whole, {empty} killed before there was one")
    expect(empty < 60, f"kills while it works, not {empty} before")


def files_in(raw):
    if not os.path.isdir(raw):
        return []
    return [os.path.join(raw, n) for n in os.listdir(raw) if n.startswith("heap.")]


def kept(found):
    return len([n for n in sites_by_function(found, "in_use") if n in KEPT])


def read_now(file):
    done = subprocess.run([MEMPROF, "report", "--format", "json", file], capture_output=True,
                          text=True, check=False)
    return json.loads(done.stdout) if done.stdout else {"sites": []}


class Busy:
    """heap_mix at work with the agent in it."""

    def __init__(self, place, *before, mean="16KiB"):
        config = f"file={place.path}/live,mean={mean},size=8MiB,overhead=0%"
        self.process = subprocess.Popen(
            [*before, MIX, "on"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=dict(os.environ, LD_PRELOAD=AGENT, TIDEMARK_HEAP=config))

    def __enter__(self):
        expect(self.process.stdout.readline() == "ready\n", "a program that is ready")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def is_controlled():
    with Place() as place, Busy(place) as busy:
        pid = str(busy.process.pid)
        status = memprof("heap", pid)
        expect("sampling; there from the start" in status and "16.0 KiB" in status, status)
        expect("paused" in memprof("heap", pid, "pause"), "that it is paused")
        expect("sampling;" in memprof("heap", pid, "resume"), "that it samples again")
        expect("a sample every 64.0 KiB" in memprof("heap", "--mean", "64KiB", pid), "the rate")
        before = allocated(snapshot(place, pid, "before"))
        memprof("heap", pid, "reset")
        after = allocated(snapshot(place, pid, "after"))
        expect(after < before, f"less than {before} after a reset, not {after}")
        found = read_file(os.path.join(place.path, "after"))
        expect(kept(found) == 3, "that what lives is known after a reset")
        expect("stopped for good" in memprof("heap", pid, "stop"), "that it has stopped")
        expect("has ended" in failure("heap", pid, "resume"), "that nobody obeys any more")
        expect(busy.process.poll() is None, "a program that runs on")


def snapshot(place, pid, name):
    path = os.path.join(place.path, name)
    expect(memprof("heap", "-o", path, pid, "snapshot").strip() == path, "its name")
    return path


def allocated(path):
    return {t["name"]: t["value"] for t in read_file(path)["totals"]}["alloc_space"]


def failure(*arguments):
    done = subprocess.run([MEMPROF, *arguments], capture_output=True, text=True, check=False)
    expect(done.returncode != 0, f"that {arguments} fails")
    return done.stderr


def is_read_from_outside_its_namespaces():
    """A target with a /tmp and process numbers of its own, as in a container."""
    with Place() as place:
        inside = os.path.join(place.path, "inside")
        os.mkdir(inside)
        script = place.file("start.sh", f"""set -e
mount -t tmpfs none {inside}
cp {MIX} {inside}/mix
exec env LD_PRELOAD={AGENT} TIDEMARK_HEAP=file={inside}/heap,mean=16KiB,size=8MiB {inside}/mix on
""")
        as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        outer = subprocess.Popen(["unshare", *as_root, "--mount", "--pid", "--fork", "--kill-child", "sh", script],
                                 stdout=subprocess.PIPE, text=True)
        try:
            expect(outer.stdout.readline() == "ready\n", "a program that is ready")
            with open(f"/proc/{outer.pid}/task/{outer.pid}/children", encoding="utf-8") as f:
                pid = f.read().split()[0]
            expect(os.listdir(inside) == [], "a directory that is empty from here")
            status = memprof("heap", pid)
            expect(f"/proc/{pid}/root{inside}/heap.1.tmheap" in status, status)
            found = read_file(f"/proc/{pid}/root{inside}/heap.1.tmheap")
            expect(kept(found) == 3, "its leaks by name, though its executable is inside")
            folded = subprocess.run([FLAMEGRAPH, "fold", f"/proc/{pid}/root{inside}/heap.1.tmheap"],
                                    capture_output=True, text=True, check=True).stdout
            expect("keep_small" in folded, f"the same in a flame graph: {folded}")
            copy = snapshot(place, pid, "copy")
            bare = read_file(copy)
            expect(kept(bare) == 0 and "mix+0x" in bare["sites"][0]["title"], "bare places of a copy")
            found = json.loads(memprof("report", "--format", "json", "--root", f"/proc/{pid}/root",
                                       copy, code=4))
            expect(kept(found) == 3, "names where the root is given")
            expect("paused" in memprof("heap", pid, "pause"), "that it obeys")
        finally:
            outer.kill()
            outer.communicate()


def every_kind_of_memory_is_reported():
    with Place() as place:
        run = place.run("--with", "heap", "--mean", "16KiB", "--", MIX)
        for kind in ("in use", "allocated", "temporary", "at the peak"):
            expect(re.search(rf"\n  {kind} .*± ?[\d.]+ [KM]iB in [\d,]+ ±[\d,]+ blocks", run.out),
                   f"what is {kind}", run)
        again = memprof("report", run.directory, code=4)
        expect("temporary" in again and "±" in again, "the same from the run directory")
        page = memprof("report", "--format", "html", run.directory, code=4)
        expect("temporary_space" in page and "at the peak" in page, "the same as a page")
        totals = {t["name"]: t for t in run.findings["totals"]}
        # 40000 blocks of 64 bytes come and go: 2.56 MB, at 16 KiB a sample +- 8 %
        temporary = totals["temporary_space"]
        expect(abs(temporary["value"] - 2_560_000) < 4 * temporary["error"], f"2.56 MB: {temporary}")
        file = files_in(os.path.join(run.directory, "raw"))[0]
        for value in ("in-use", "allocated", "temporary", "peak", "temporary-objects"):
            text = subprocess.run([FLAMEGRAPH, "fold", "--value", value, file], capture_output=True,
                                  text=True, check=True).stdout
            wanted = "churn" if value.startswith("temporary") else "keep_small"
            expect(wanted in text, f"{wanted} among what is {value}, not {text}")


def two_moments_are_compared():
    with Place() as place, Busy(place) as busy:
        pid = str(busy.process.pid)
        first, second = snapshot(place, pid, "first"), snapshot(place, pid, "second")
        text = memprof("diff", first, second)
        # the buffer of stdout may be sampled too, and a block of churn() live at one of the moments
        for name in KEPT:
            expect(re.search(rf"known +±0 B  in use: .* from {name} ", text), f"{name}: {text}")


def forked_workers_have_files_of_their_own():
    with Place() as place:
        run = place.run("--with", "heap", "--mean", "1KiB", "--", "sh", "-c", f"{MIX} & {MIX}; wait")
        mixes = [p for p in run.findings["processes"] if p["command"].endswith("heap_mix")]
        expect(len(mixes) == 2, f"both of them, not {run.findings['processes']}", run)
        site = sites_by_function(run.findings, "in_use")["keep_large"]
        expect(len(site["pids"]) == 2, f"both processes at one place, not {site['pids']}", run)
        off = abs(site["bytes"] - 2 * 500 * 4096)
        expect(off < 5 * site["bytes_error"] + 8192, "the sum of both", run)


def what_cannot_be_is_refused():
    with Place() as place:
        expect("goes with --with heap only" in failure("run", "--mean", "1KiB", "--", "true"), "that")
        expect("at least 1MiB" in failure("run", "--with", "heap", "--heap-file", "4", "--", "true"), "it")
        expect("has no heap agent" in failure("heap", str(os.getpid())), "no agent in us")
        expect("not a heap file" in failure("heap", place.file("x", "text" * 2000)), "no heap file")
        run = place.run("--with", "heap", "--", "/sbin/ldconfig", "-p")  # linked statically
        expect(run.code == 3 and "linked statically" in run.out, "the likely reason", run)


TESTS = {test.__name__: test for test in (
    names_the_leak, intervals_hold_memchecks_truth, survives_sigkill,
    is_whole_after_sigkill_at_any_moment, is_controlled,
    is_read_from_outside_its_namespaces, every_kind_of_memory_is_reported,
    two_moments_are_compared, forked_workers_have_files_of_their_own, what_cannot_be_is_refused)}

if __name__ == "__main__":
    main(TESTS)
