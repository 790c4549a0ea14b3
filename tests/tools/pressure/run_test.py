#!/usr/bin/env python3
"""pressure from end to end: the scenarios that we ship, on real services; exit codes; being ended.

    run_test.py BUILD NAME
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/agent/torture")]
from checking import check, free_port, wait_for  # noqa: E402
from services import POSTGRES, Nginx, Postgres, Redis, Service, scratch  # noqa: E402

BUILD = pathlib.Path(sys.argv[1]).resolve()
PRESSURE = BUILD / "tools/pressure/pressure"
SCENARIOS = ROOT / "examples/scenarios"


class Example(Service):
    """The example service; `watch`: a directory that it watches."""

    def command(self):
        words = [BUILD / "examples/leaky-service/leaky-service", "--port", self.port]
        return words + (["--watch", self.options["watch"]] if "watch" in self.options else [])


class Run:
    """A pressure that ended, and its load.json."""

    def __init__(self, place, words, tool=PRESSURE, before=()):
        self.directory = pathlib.Path(place) / "run"
        words = [str(word) for word in [*before, tool, "run", "-o", self.directory, "--replace", *words]]
        done = subprocess.run(words, capture_output=True, text=True, cwd=place, check=False, timeout=240)
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        load = self.directory / "load.json"
        self.load = json.loads(load.read_text()) if load.exists() else {}

    def label(self, name, stage=""):
        found = [one for one in self.load["labels"] if one["label"] == name and one["stage"] == stage]
        check(found, f"{name}@{stage} was counted: {[(one['label'], one['stage']) for one in self.load['labels']]}")
        return found[0]

    def state(self, limit):
        return {one["limit"]: one["state"] for one in self.load["limits"]}[limit]

    def expect(self, code):
        check(self.code == code, f"exit {code}, not {self.code}\n{self.out}\n{self.err}")
        return self

    def expect_held(self):
        """Passed; or, on a machine that others use, not punctual enough to be a measurement."""
        late = self.code == 4 and "too late to send" in self.out
        check(self.code == 0 or late, f"exit 0, not {self.code}\n{self.out}\n{self.err}")
        errors = [one for one in self.load["limits"] if "errors" in one["limit"]]
        check(all(one["state"] == "passed" for one in errors), f"no errors: {errors}\n{self.out}")
        return self


def scenario(place, name, **changes):
    """A shipped scenario with other addresses; the files that it names beside it."""
    text = (SCENARIOS / name).read_text()
    for old, new in changes.values():
        check(old in text, f"{name} has {old}")
        text = text.replace(old, str(new))
    for sql in SCENARIOS.glob("*.sql"):
        (pathlib.Path(place) / sql.name).write_bytes(sql.read_bytes())
    path = pathlib.Path(place) / name
    path.write_text(text)
    return path


def on_example(name, share, **options):
    """Runs a shipped scenario on the example service."""
    with scratch() as place, Example(place, **options) as service:
        path = scenario(place, name, port=("127.0.0.1:8080", f"127.0.0.1:{service.port}"))
        return Run(place, [path, "--rehearse", share]).expect_held()


def http():
    run = on_example("http.toml", 0.2)
    check(600 < run.label("")["done"] < 1100, f"about 840 requests: {run.label('')['done']}")


def mcp():
    run = on_example("mcp.toml", 0.2)
    shares = [run.label(name)["done"] / run.label("")["done"] for name in ("search", "add", "list", "status")]
    wanted = (0.4, 0.3, 0.2, 0.1)
    check(all(abs(a - b) < 0.1 for a, b in zip(shares, wanted)), f"40/30/20/10: {shares}")


def mcp_x10():
    run = on_example("mcp-x10.toml", 0.1)
    check(run.label("", "x10")["done"] > 3 * run.label("", "normal")["done"], "ten times the rate")


def connections_1000():
    run = on_example("connections-1000.toml", 0.2)
    check(run.label("")["done"] > 4000, f"a thousand clients at work: {run.label('')['done']}")


def live_data():
    run = on_example("live-data.toml", 0.2)
    check(run.label("feed.delivery")["done"] > 500, "events were read")
    check(run.label("chat.ack")["done"] > 500, "messages were acknowledged")


def ladder():
    run = on_example("ladder.toml", 0.25)
    law = run.load["scalability"]
    check(len(law["rungs"]) >= 6 and law["rungs"][0]["throughput"] > 0, f"a rung each: {law}")


def bursts():
    run = on_example("bursts-31.toml", 0.25)
    for burst in range(1, 6):
        check(run.label("", f"burst-{burst}")["done"] > 100, f"burst {burst} had answers")


def file_churn():
    with scratch() as place, scratch() as watched:
        with Example(place, watch=watched) as service:
            path = scenario(place, "file-churn.toml", port=("127.0.0.1:8080", f"127.0.0.1:{service.port}"),
                            watched=("/tmp/pressure-churn", watched))
            run = Run(place, [path, "--rehearse", 0.3]).expect_held()
            check(run.label("edit.visible")["done"] > 0, "a change was seen by the service")
            check(run.label("branch.commit")["done"] > 0, "a repository was worked in")
        left = [str(one) for one in pathlib.Path(watched).glob("*/*")]
        check(not left, f"nothing is left: {left}")


def redis():
    with scratch() as place, Redis(place) as service:
        path = scenario(place, "redis.toml", port=("127.0.0.1:6379", f"127.0.0.1:{service.port}"))
        run = Run(place, [path, "--rehearse", 0.1]).expect_held()
        check(run.label("get")["done"] > run.label("set")["done"] > 0, "gets and sets")


def postgres():
    with scratch() as place:
        Postgres.template(place, 1)
        with Postgres(place) as service:
            path = scenario(place, "postgres-personas.toml",
                            port=("port=5432 dbname=postgres", f"port={service.port} dbname=postgres user=postgres"))
            run = Run(place, [path, "--rehearse", 0.2]).expect_held()
            check(run.label("reader.balance")["done"] > 100, "readers read")
            check(run.label("clerk.check")["done"] > 0, "what a clerk found goes into its next requests")
            check(run.label("ledger.pay")["done"] > 0, "transactions beside them")


SQL = """
target = "host=127.0.0.1 port={port} dbname=postgres user=postgres"
[load]
arrivals = "constant"
limits = {{ connections = 10, timeout = "5s", send_lag = "p99 < 10s" }}
stages = [{{ rate = 200, hold = "2s" }}]
[mix]
look = {{ sql = "select count(*) from pgbench_branches", expect = 1 }}
[pass]
limits = ["errors == 0"]
"""


def postgres_that_recovers_is_waited_for():
    with scratch() as place:
        Postgres.template(place, 1)
        crashed = pathlib.Path(place) / "crashed"
        with Postgres(place) as service:
            service.pgbench("-c", 2, "-t", 500)
            subprocess.run(["cp", "-a", service.directory / "data", crashed], check=True)
        (crashed / "postmaster.pid").unlink()
        port = free_port()
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        run = Run(place, [written(place, SQL.format(port=port)), "--", *user, f"{POSTGRES}/postgres", "-D", crashed,
                          "-h", "127.0.0.1", "-p", port, "-k", ""]).expect(0)
        said = (run.directory / "target.stderr").read_text()
        check("was not properly shut down" in said, f"it had to recover: {said}")
        check("database system is shut down" in said, f"and ended in order, its clients gone: {said}")


def nginx():
    with scratch() as place, Nginx(place) as service:
        run = Run(place, [f"http://127.0.0.1:{service.port}/page.html", "--rate", 500, "--for", "3s"]).expect_held()
        check(1200 < run.label("")["done"] < 1800, f"about 1500: {run.label('')['done']}")
        check((run.directory / "report.html").stat().st_size > 20000, "a page")


def written(place, text):
    path = pathlib.Path(place) / "scenario.toml"
    path.write_text(text)
    return path


SIMPLE = """target = "http://127.0.0.1:{port}"
{more}
[load]
arrivals = "{arrivals}"
limits = {{ connections = 16, timeout = "1s", send_lag = "p99 < {lag}" }}
stages = [{{ name = "load", {rate}, hold = "3s" }}]
[mix]
health = {{ get = "/health", expect = 200 }}
[pass]
limits = ["{limit}"]
"""


def simple(port, limit="errors < 1%", arrivals="poisson", rate="rate = 100", lag="10s", more=""):
    return SIMPLE.format(port=port, limit=limit, arrivals=arrivals, rate=rate, lag=lag, more=more)


def a_limit_that_is_crossed():
    with scratch() as place, Example(place) as service:
        run = Run(place, [written(place, simple(service.port, "p50 < 1us"))]).expect(1)
        check(run.state("p50 < 1us") == "crossed" and "p50 < 1us" in run.out, run.out)


def a_mistake_has_a_place_and_a_remedy():
    with scratch() as place:
        path = written(place, simple(1).replace("timeout", "timeuot"))
        run = Run(place, [path]).expect(2)
        check(re.search(r"scenario\.toml:\d+:\d+: .*timeuot", run.err) and "timeout" in run.err, run.err)
        check(not run.directory.exists(), "no run directory for a run that never was")


def somebody_elses_server_is_left_alone():
    with scratch() as place:
        run = Run(place, ["http://192.0.2.1/"]).expect(2)
        check("--i-own-this-target 192.0.2.1" in run.err, run.err)


def nobody_listens():
    with scratch() as place:
        port = free_port()
        text = simple(port, more=f'[launch]\ncmd = ["sleep", "60"]\nready = {{ get = "/health", within = "1s" }}')
        Run(place, [written(place, text)]).expect(3)


def launched(place, port, **more):
    """A scenario that starts the example service itself."""
    service = BUILD / "examples/leaky-service/leaky-service"
    command = f'[launch]\ncmd = ["{service}", "--port", "{port}"]\nready = {{ get = "/health", within = "20s" }}\n'
    return written(place, simple(port, more=command + more.pop("faults", ""), **more))


def listens(port):
    done = subprocess.run(["ss", "-Hltn", f"sport = :{port}"], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip())


def a_target_after_the_options_is_started_and_ended():
    with scratch() as place:
        port, service = free_port(), BUILD / "examples/leaky-service/leaky-service"
        path = written(place, simple(1))
        run = Run(place, [path, "--target", f"http://127.0.0.1:{port}", "--", service, "--port", port]).expect_held()
        check(not listens(port), "it is gone")
        check(json.loads((run.directory / "run.json").read_text())["target"][0] == str(service), "it is named")


def a_target_that_dies_is_a_failure():
    with scratch() as place:
        port = free_port()
        text = simple(port, rate="rate = 100", more=f'[launch]\ncmd = ["timeout", "3", '
                      f'"{BUILD}/examples/leaky-service/leaky-service", "--port", "{port}"]\n'
                      'ready = { get = "/health", within = "20s" }').replace('"3s" }]', '"30s" }]')
        run = Run(place, [written(place, text)]).expect(3)
        check(not listens(port), "it is gone")
        check(run.load["ending"] == "target failed", run.load["ending"])


def a_driver_that_is_late_does_not_measure():
    with scratch() as place, Example(place) as service:
        Run(place, [written(place, simple(service.port, lag="1ns"))]).expect(4)


def the_guard_ends_it():
    with scratch() as place, Example(place) as service:
        text = simple(service.port, more='[guard]\nstop = { mem = "1%", for = "1s" }').replace('"3s" }]', '"60s" }]')
        run = Run(place, [written(place, text)]).expect(5)
        check(run.load["ending"] == "guard", run.load["ending"])


def a_fault_and_the_way_back():
    with scratch() as place:
        faults = '[[fault]]\nat = "1s"\ninject = ["pause 500ms"]\n'
        path = launched(place, free_port(), limit="recover < 20s", faults=faults)
        path.write_text(path.read_text().replace('"3s" }]', '"10s" }]'))
        run = Run(place, [path]).expect(0)
        check(len(run.load["faults"]) == 1, f"one fault: {run.load['faults']}")
        check(run.label("")["response"]["max"] > 200e6, "requests waited while it was paused")


def started(place, words):
    words = [str(word) for word in [PRESSURE, "run", *words, "-o", pathlib.Path(place) / "run"]]
    return subprocess.Popen(words, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def an_interrupt_leaves_a_whole_run():
    with scratch() as place:
        port = free_port()
        path = launched(place, port)
        path.write_text(path.read_text().replace('"3s" }]', '"60s" }]'))
        process = started(place, [path])
        log = pathlib.Path(place) / "run/load.hlog"
        wait_for(lambda: log.exists() and len(log.read_text().splitlines()) > 7, "some seconds are logged")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        check(process.returncode == 4, f"exit 4, not {process.returncode}: {out} {err}")
        load = json.loads((pathlib.Path(place) / "run/load.json").read_text())
        check(load["ending"] == "interrupted" and load["labels"], load["ending"])
        check(not listens(port), "what it started is gone")


def a_kill_leaves_nothing_running():
    with scratch() as place:
        port = free_port()
        path = launched(place, port)
        path.write_text(path.read_text().replace('"3s" }]', '"60s" }]'))
        process = started(place, [path])
        log = pathlib.Path(place) / "run/load.hlog"
        wait_for(lambda: log.exists() and len(log.read_text().splitlines()) > 6, "some seconds are logged")
        process.kill()
        process.communicate(timeout=30)
        wait_for(lambda: not listens(port), "what it started is gone")


def under_memcheck():
    for service in (Nginx, Example):
        with scratch() as place:
            words = [str(BUILD / "tools/memprof/memprof"), "run", "--with", "memcheck", "--load"]
            with service(place) as made:  # for its files and port
                port, command = made.port, [str(word) for word in made.command()]
            path = written(place, simple(port, "p95 < 1us").replace("/health", "/page.html" if service is Nginx else "/health"))
            directory = pathlib.Path(place) / "memprof"
            done = subprocess.run([*words, f"{path} --rehearse 0.9", "-o", str(directory), "--", *command], cwd=place, timeout=240,
                                  capture_output=True, text=True, check=False)
            check(done.returncode in (0, 1), f"exit {done.returncode}: {done.stdout}\n{done.stderr}")
            load = json.loads((directory / "load.json").read_text())
            check(load["ending"] == "passed", f"{load['ending']}: {load['why']}")
            check(load["limits"][0]["state"] == "not applicable", "no latency limit under a profiler")
            done = [one for one in load["labels"] if one["label"] == "" and one["stage"] == ""][0]["done"]
            check(done > 10, f"requests were answered: {done}")
            files = [one["path"] for one in json.loads((directory / "run.json").read_text())["files"]]
            check("load.json" in files and "load.hlog" in files, f"listed: {files}")


def under_leakwatch():
    with scratch() as place, Example(place) as service:
        path = written(place, simple(service.port))
        directory = pathlib.Path(place) / "soak"
        words = [BUILD / "tools/leakwatch/leakwatch", "watch", "--pid", service.pid, "--for", "6s", "--plain",
                 "--load", path, "-o", directory]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, cwd=place, check=False)
        check(done.returncode in (0, 4), f"exit {done.returncode}: {done.stdout}\n{done.stderr}")
        check(json.loads((directory / "load.json").read_text())["labels"], "the load's results are there")


if __name__ == "__main__":
    globals()[sys.argv[2]]()
    print(f"{sys.argv[2]}: passed")
