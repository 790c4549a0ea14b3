#!/usr/bin/env python3
"""Comparisons of runs that memprof made of the example service.

    compare_test.py COMPARE_DRIVER MEMPROF LEAKY_SERVICE
"""

import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3]))
from checking import check, free_port

DRIVER, MEMPROF, SERVICE = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:4])

# What it asks for stands in a file, so that the command of every load is the same.
# Then it looks at the service for a while, as loads do.
LOAD = """
import pathlib, sys, time, urllib.request
def ask(path):
    urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}{path}").read()
for path in pathlib.Path("paths").read_text().split():
    for _ in range(40):
        ask(path)
end = time.monotonic() + 2
while time.monotonic() < end:
    ask("/health")
"""


class Runs:
    """Run directories, made when they are first asked for."""

    def __init__(self, place):
        self.place = place
        (place / "load.py").write_text(LOAD)

    def make(self, name, profiler, *paths):
        port = free_port()
        (self.place / "paths").write_text(" ".join(paths))
        done = subprocess.run(
            [MEMPROF, "run", "--with", profiler, "-o", name,
             "--ready", f"http://127.0.0.1:{port}/health",
             "--load", f"python3 load.py {port}", "--", SERVICE, "--port", str(port)],
            cwd=self.place, capture_output=True, text=True, timeout=240)
        check((self.place / name / "findings.json").exists(), f"{name}: {done.stdout}{done.stderr}")

    def compare(self, *arguments):
        done = subprocess.run([DRIVER, "compare", *arguments], cwd=self.place,
                              capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def compared(self, *arguments):
        code, out, err = self.compare("--format", "json", *arguments)
        check(out, f"compare {arguments}: {err}")
        return code, json.loads(out)["pairs"][0]


def metric(pair, name):
    return next(m for m in pair["metrics"] if m["metric"] == name)


def a_new_leak_is_named(runs):
    code, pair = runs.compared("memcheck-plain", "memcheck-leak")
    check(code == 1, f"exit code {code}")
    new = [f for f in pair["findings"] if f["status"] == "new"]
    check(len(new) == 1 and "leak_session_token" in new[0]["title"], new)
    leaked = metric(pair, "leaks.bytes")
    check((leaked["verdict"], leaked["after"]["mean"]) == ("worse", 4000), leaked)


def a_leak_that_is_gone_is_fixed(runs):
    code, pair = runs.compared("memcheck-leak", "memcheck-plain")
    check(code == 0, f"exit code {code}")
    check(["leak_session_token" in f["title"] for f in pair["fixed"]
           if f["kind"] == "definite_leak"] == [True], pair["fixed"])


def a_run_is_not_worse_than_itself(runs):
    code, pair = runs.compared("memcheck-leak", "memcheck-leak")
    check(code == 0, f"exit code {code}")
    check(not pair["environment"], pair["environment"])
    check(all(f["status"] == "known" for f in pair["findings"]), pair["findings"])


def the_site_that_grew_is_named_first(runs):
    code, pair = runs.compared(*(f"massif-plain.{n}" for n in (1, 2, 3)), "--",
                               *(f"massif-cache.{n}" for n in (1, 2, 3)))
    check(code == 1, f"exit code {code}")
    check(pair["sites"], f"no site differs; of memory: {metric(pair, 'heap.peak')}")
    first = pair["sites"][0]
    check(first["functions"][0].endswith("remember_for_ever"), first)
    check(first["verdict"] == "worse", first)


def runs_of_one_build_name_no_site(runs):
    for build in ("plain", "cache"):
        for before, after in ((1, 2), (2, 3), (3, 1)):
            _, out, _ = runs.compare(f"massif-{build}.{before}", f"massif-{build}.{after}")
            check("grew" not in out.splitlines()[0], f"{build}, {before} and {after}: {out}")


def two_backends_are_not_compared(runs):
    code, out, _ = runs.compare("memcheck-plain", "massif-plain.1")
    check(code == 4, f"exit code {code}")
    check(out.startswith("not comparable: different backends: memcheck and massif"), out)
    check(" worse " not in out and " better " not in out, out)


def the_page_has_its_flame_graph_beside_it(runs):
    code, _, err = runs.compare("--format", "html", "-o", "change.html", "massif-plain.1",
                                "massif-cache.1")
    check(code in (0, 1), err)
    page = (runs.place / "change.html").read_text()
    check('href="change-flame.html"' in page, "no link to the flame graph")
    check("data:image/svg+xml" in page, "no picture of it")
    check("remember_for_ever" in (runs.place / "change-flame.html").read_text(), "not in the graph")


def what_cannot_be_read_is_an_error(runs):
    code, out, err = runs.compare("memcheck-plain", "missing")
    check(code == 3 and not out, f"exit code {code}: {out}")
    check("missing: expected a directory" in err, err)
    code, _, err = runs.compare("memcheck-plain")
    check(code == 2 and "needs two sides" in err, err)


def main():
    with tempfile.TemporaryDirectory(prefix="signoff-compare-") as place:
        runs = Runs(pathlib.Path(place))
        runs.make("memcheck-plain", "memcheck", "/health", "/cache")
        runs.make("memcheck-leak", "memcheck", "/health", "/cache", "/leak")
        for n in (1, 2, 3):
            runs.make(f"massif-plain.{n}", "massif", "/health")
            # Enough of them that the threads which still live at the end do not matter.
            runs.make(f"massif-cache.{n}", "massif", *["/cache"] * 8)
        for case in (a_new_leak_is_named, a_leak_that_is_gone_is_fixed,
                     a_run_is_not_worse_than_itself, the_site_that_grew_is_named_first,
                     runs_of_one_build_name_no_site,
                     two_backends_are_not_compared, the_page_has_its_flame_graph_beside_it,
                     what_cannot_be_read_is_an_error):
            case(runs)
            print(f"ok: {case.__name__}")


if __name__ == "__main__":
    main()
