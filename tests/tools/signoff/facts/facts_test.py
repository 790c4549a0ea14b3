#!/usr/bin/env python3
"""What signoff reads from run directories that our own tools left.

    facts_test.py BUILD PRINT_FACTS CASE
"""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[4]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/agent/torture")]
from checking import check, wait_for  # noqa: E402
from services import Service, free_port, scratch  # noqa: E402

BUILD = pathlib.Path(sys.argv[1]).resolve()
SERVICE = BUILD / "examples/leaky-service/leaky-service"
PROGRAMS = BUILD / "tests/programs"

SCENARIO = """target = "http://127.0.0.1:{port}"
[load]
arrivals = "poisson"
limits = {{ connections = 16, timeout = "5s", send_lag = "p99 < 10s" }}
stages = [{{ name = "low", rate = {rate}, hold = "{hold}s" }}, {{ name = "high", rate = {twice}, hold = "{hold}s" }}]
[mix]
health = {{ weight = 80, get = "/health", expect = 200 }}
leak = {{ weight = 20, get = "/leak", expect = 200 }}
[pass]
limits = ["errors < 50%"]
"""


class Example(Service):
    def command(self):
        return [SERVICE, "--port", self.port]


def scenario(place, port, rate=40, hold=4):
    path = pathlib.Path(place) / "scenario.toml"
    path.write_text(SCENARIO.format(port=port, rate=rate, twice=2 * rate, hold=hold))
    return path


def ran(tool, *words):
    command = [str(BUILD / "tools" / tool / tool), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    check(done.returncode in (0, 1, 4), f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}")


class Facts:
    def __init__(self, directory, *words):
        done = subprocess.run([sys.argv[2], directory, *words], capture_output=True, text=True, check=False)
        check(done.returncode == 0, done.stderr)
        self.text = done.stdout
        lines = [line.split("\t") for line in done.stdout.splitlines()]
        self.verdict = next(line[1] for line in lines if line[0] == "verdict")
        self.warnings = [line[1] for line in lines if line[0] == "warning"]
        self.charts = [line[1] for line in lines if line[0] == "chart"]
        self.measures = {(line[1], line[2]): line[3:] for line in lines if line[0] == "measure"}

    def value(self, metric, stage=""):
        check((metric, stage) in self.measures, f"{metric}@{stage} was measured:\n{self.text}")
        return float(self.measures[metric, stage][0])

    def error(self, metric, stage=""):
        return float(self.measures[metric, stage][1])

    def excuse(self, metric, stage=""):
        return self.measures[metric, stage][3]

    def lacks(self, metric):
        check(not any(one == metric for one, _ in self.measures), f"{metric} was not measured:\n{self.text}")


def memcheck():
    """A program that leaks 3 blocks of 100 bytes and one that leaks none that it has lost."""
    with scratch() as place:
        directory = pathlib.Path(place) / "leaks"
        ran("memprof", "run", "--with", "memcheck", "-o", directory, "--", PROGRAMS / "leak_three")
        facts = Facts(directory)
        check(facts.verdict == "failed", facts.verdict)
        check(facts.value("leaks.bytes") == 300 and facts.value("leaks.blocks") == 3, facts.text)
        check(facts.value("memory_errors") == 0, "nothing else")
        check("valgrind" in facts.excuse("rss.peak"), "its memory is valgrind's")
        facts.lacks("races")


def memcheck_of_a_service():
    with scratch() as place:
        port = free_port()
        directory = pathlib.Path(place) / "run"
        ran("memprof", "run", "--with", "memcheck", "--load", scenario(place, port, rate=10), "-o", directory,
            "--", SERVICE, "--port", port)
        facts = Facts(directory)
        check(facts.value("leaks.bytes") > 0 and facts.value("leaks.bytes") % 100 == 0, facts.text)
        check("memcheck" in facts.excuse("p95"), "latency under memcheck is not the target's")
        check(facts.value("errors") == 0 and not facts.excuse("errors"), "errors are")


def races():
    with scratch() as place:
        directory = pathlib.Path(place) / "run"
        ran("memprof", "run", "--with", "helgrind", "-o", directory, "--", PROGRAMS / "race")
        facts = Facts(directory)
        check(facts.value("races") >= 1 and facts.verdict == "failed", facts.text)
        facts.lacks("leaks.bytes")


def massif():
    with scratch() as place:
        port = free_port()
        directory = pathlib.Path(place) / "run"
        ran("memprof", "run", "--with", "massif", "--load", scenario(place, port), "-o", directory,
            "--", SERVICE, "--port", port)
        facts = Facts(directory, "*leak_session_token*")
        check(facts.verdict == "not applicable", facts.verdict)
        check(facts.value("heap.peak") > 50_000, facts.text)
        held = facts.value('"*leak_session_token*"')
        check(0 < held <= facts.value("heap.peak"), f"below that function: {held}")
        facts.lacks("leaks.bytes")


def pressure():
    with scratch() as place, Example(place) as service:
        directory = pathlib.Path(place) / "run"
        ran("pressure", "run", scenario(place, service.port, rate=150, hold=8), "-o", directory, "--plain")
        facts = Facts(directory)
        check(130 < facts.value("rate", "low") < 170, facts.text)
        check(260 < facts.value("rate", "high") < 340, facts.text)
        check(0 < facts.value("leak.p50") <= facts.value("leak.p95"), facts.text)
        check(0 < facts.error("p95") < 100 * facts.value("p95"), "and how sure it is")
        check(facts.value("connected") == 1, facts.text)
        check(facts.charts[0] == "p95" and "rate" in facts.charts, facts.charts)


def leakwatch():
    with scratch() as place, Example(place) as service:
        for seconds in (16, 60):
            directory = pathlib.Path(place) / f"run{seconds}"
            ran("leakwatch", "watch", "--pid", service.pid, "--for", f"{seconds}s", "--plain", "--every", "200ms",
                "--compress", "3600", "--load", scenario(place, service.port, rate=100, hold=seconds + 4),
                "-o", directory)
            facts = Facts(directory)
            # On a busy machine smaps costs more and is read more rarely, as it should be.
            if ("pss.steady", "") in facts.measures:
                break
        for metric in ("rss", "pss", "uss", "fds", "threads", "swap"):
            check(facts.value(f"{metric}.peak") >= facts.value(f"{metric}.steady") - 1, facts.text)
        check(facts.value("rss.steady") > facts.value("uss.steady") > 0, facts.text)
        check(facts.error("rss.steady") > 0, "and how sure it is")
        check(facts.error("growth") > 0, facts.text)
        check("rss" in facts.charts and "rate" in facts.charts, facts.charts)
        facts.lacks("leaks.bytes")


def a_run_that_is_killed_measures_no_leaks():
    with scratch() as place:
        directory = pathlib.Path(place) / "run"
        words = [str(BUILD / "tools/memprof/memprof"), "run", "--with", "memcheck", "--for", "60s", "-o",
                 str(directory), "--", str(SERVICE), "--port", str(free_port())]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            wait_for(lambda: (directory / "series.db").exists(), "it runs")
            check(Facts(directory).verdict == "not done", "while it goes on")
            process.kill()
        facts = Facts(directory)
        check(facts.verdict == "not done", facts.verdict)
        check(any("no more" in warning for warning in facts.warnings), facts.warnings)
        facts.lacks("leaks.bytes")


if __name__ == "__main__":
    globals()[sys.argv[3]]()
    print(f"{sys.argv[3]}: passed")
