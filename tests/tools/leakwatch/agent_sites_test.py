#!/usr/bin/env python3
"""Allocation sites through our agent, on real services.

    agent_sites_test.py LEAKWATCH BUILD CASE

preloaded  the example service leaks and fills a bounded cache at once, with the agent preloaded
injected   the same, joined while it runs; the agent is taken out again
inside     a service that has the agent already: it is read, and goes on
nginx      joined while it runs, and started anew: workers come with the agent of their parent
redis      keys that become more and more, in a program on jemalloc without debug information
"""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from checking import wait_for  # noqa: E402

ROUNDS = 30  # snapshots, of 500 ms
LEAKS_A_SECOND = 60
LRU_FOR_EACH = 3  # the cache of 1000 entries is full after about 6 s
SAMPLING = 1  # State::kSampling of agent/heap_file.h


class Load:
    """Calls `step` so often until it is told to stop."""

    def __init__(self, often, step):
        self.often, self.step = often, step
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        due = time.monotonic()
        while not self.over.is_set():
            due += 1 / self.often
            try:
                self.step()
            except (OSError, http.client.HTTPException):
                return  # the service ended
            self.over.wait(max(0.0, due - time.monotonic()))

    def stop(self):
        self.over.set()
        self.thread.join()


def service_load(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def step():
        for path in ["/leak"] + LRU_FOR_EACH * ["/lru"]:
            connection.request("GET", path)
            connection.getresponse().read()

    return Load(LEAKS_A_SECOND, step)


class Bench:
    def __init__(self, leakwatch, build, directory):
        self.leakwatch, self.build, self.directory = leakwatch, pathlib.Path(build), directory
        self.service = str(self.build / "examples/leaky-service/leaky-service")
        self.agent = str(self.build / "agent/libtidemark_heap.so")
        self.soak = directory / "soak"
        self.children = []

    def end(self):
        for child in self.children:
            if child.poll() is None:
                child.terminate()
                child.wait()

    def start(self, *arguments, **more):
        self.children.append(subprocess.Popen([str(word) for word in arguments], **more))
        return self.children[-1]

    def watch(self, *arguments):
        return self.start(self.leakwatch, "watch", "--plain", "--sites-every", "500ms", "--max-overhead",
                          "100%", "--compress", "60", "--for", "1h", "-o", self.soak, *arguments,
                          stdout=(self.directory / "log").open("w"), stderr=subprocess.STDOUT)

    def start_service(self, environment=None):
        out = self.directory / "out"
        service = self.start(self.service, "--port", "0", stdout=out.open("w"), env=environment)
        return service, wait_for(lambda: port_in(out), "the start of the service")

    def rounds(self):
        return len({path.name.split(".")[1] for path in (self.soak / "raw").glob("heap_*.*.tmheap")})

    def finish(self, watcher):
        """sites.json and verdict.json."""
        watcher.send_signal(signal.SIGINT)
        watcher.wait(60)
        return (json.loads((self.soak / "sites.json").read_text()),
                json.loads((self.soak / "verdict.json").read_text()))

    def log(self):
        return (self.directory / "log").read_text()


def port_in(path):
    text = path.read_text() if path.exists() else ""
    return int(text.rsplit(":", 1)[1]) if text.endswith("\n") else 0


def check_service(sites, verdict):
    grows = [site for site in sites["sites"] if site["trend"] == "grows"]
    names = [site["place"]["function"] for site in grows]
    assert len(grows) == 1 and "leak_session_token" in names[0], names
    leak = grows[0]
    assert leak["fate"] == "leak", leak["fate_text"]
    assert leak["place"]["file"].endswith("leaky_service.cpp") and leak["place"]["line"] > 0, leak["place"]
    rate = leak["bytes_per_hour"]
    true_rate = 100 * LEAKS_A_SECOND * 3600  # the load may be slower than asked for
    assert rate["low"] > 0 and rate["low"] < 1.3 * true_rate, rate
    assert leak["survival"]["steps"][10][1] > 0.95, leak["survival"]
    caches = [site for site in sites["sites"] if "LruCache" in site["place"]["function"]]
    assert caches, [site["place"] for site in sites["sites"]]
    assert all(site["fate"] in ("cache", "temporary") for site in caches), caches
    assert any(site["fate"] == "cache" for site in caches), caches
    assert "leaky_service.cpp:" in verdict["sites"] and "leak_session_token" in verdict["sites"], verdict
    assert "ever freed" in verdict["sites"] or "do not die" in verdict["sites"], verdict["sites"]


def preloaded(bench):
    watcher = bench.watch("--sites", "heap", "--sites-mean", "1KiB", "--", bench.service, "--port", "0")
    load = service_load(wait_for(lambda: port_in(bench.soak / "target.stdout"), "the start of the service"))
    wait_for(lambda: bench.rounds() >= ROUNDS, f"{ROUNDS} heap profiles")
    sites, verdict = bench.finish(watcher)
    load.stop()
    assert sites["sampled"], sites
    check_service(sites, verdict)
    assert not (bench.soak / "raw" / "live").exists(), "live files were left"
    page = (bench.soak / "report.html").read_text()
    assert 'class="survival"' in page and "leak_session_token" in page


def injected(bench):
    service, port = bench.start_service()
    load = service_load(port)
    watcher = bench.watch("--sites", "auto", "--sites-mean", "1KiB", "--pid", service.pid)
    wait_for(lambda: bench.rounds() >= ROUNDS, f"{ROUNDS} heap profiles")
    assert has_agent(service.pid)
    sites, verdict = bench.finish(watcher)
    check_service(sites, verdict)
    log = bench.log()
    assert "rung 3 of 5, injection" in log and "taken out" in log, log
    assert not has_agent(service.pid)
    load.stop()
    assert service.poll() is None, "the service ended"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/leak", timeout=20) as answer:
        assert answer.status == 200, answer.status
    report = subprocess.run([bench.leakwatch, "report", "--format", "html", bench.soak],
                            capture_output=True, text=True).stdout
    assert "rung 3 of 5, injection" in report


def inside(bench):
    environment = dict(os.environ, LD_PRELOAD=bench.agent,
                       TIDEMARK_HEAP=f"file={bench.directory}/own,mean=1KiB,overhead=100%")
    service, port = bench.start_service(environment)
    load = service_load(port)
    wait_for(lambda: list(bench.directory.glob("own.*.tmheap")), "the agent's file")
    watcher = bench.watch("--sites", "auto", "--pid", service.pid)
    wait_for(lambda: bench.rounds() >= ROUNDS, f"{ROUNDS} heap profiles")
    sites, verdict = bench.finish(watcher)
    load.stop()
    check_service(sites, verdict)
    assert "rung 1 of 5, agent" in bench.log(), bench.log()
    assert "taken out" not in bench.log(), bench.log()
    own = next(bench.directory.glob("own.*.tmheap"))
    assert struct.unpack_from("<I", own.read_bytes(), 12)[0] == SAMPLING, "the agent was stopped"


class Keys:
    """More and more keys, each of its own."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.count = 0

    def step(self):
        most = 20
        text = "".join(f"SET key:{self.count + i} {'x' * 400}\r\n" for i in range(most))
        self.count += most
        self.socket.sendall(text.encode())
        got = b""
        while got.count(b"\r\n") < most:
            part = self.socket.recv(4096)
            if not part:
                raise ConnectionError("redis ended")
            got += part


def redis(bench):
    path = bench.directory / "redis.sock"
    watcher = bench.watch("--sites", "heap", "--sites-mean", "16KiB", "--", shutil.which("redis-server"),
                          "--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no")
    wait_for(path.exists, "the start of redis")
    keys = wait_for(lambda: answering(path), "redis' answer")
    load = Load(50, keys.step)
    wait_for(lambda: bench.rounds() >= ROUNDS, f"{ROUNDS} heap profiles")
    sites, verdict = bench.finish(watcher)
    load.stop()
    grows = [site for site in sites["sites"] if site["trend"] == "grows"]
    assert grows, sites
    leak = grows[0]
    assert leak["fate"] == "leak", leak["fate_text"]
    assert leak["bytes_per_hour"]["low"] > 0, leak
    # redis-server is redis-check-rdb; without debug information there is a module and an offset.
    place = leak["place"]
    assert "redis" in place.get("module", "") and ("offset" in place or place["function"]), place
    assert "redis" in verdict["sites"] or place["function"] in verdict["sites"], verdict["sites"]
    assert len(leak["stack"]) >= 5, leak["stack"]


NGINX = """daemon off; worker_processes 2; pid {0}/nginx.pid; error_log {0}/error.log;
events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {0}/body; proxy_temp_path {0}/proxy; fastcgi_temp_path {0}/fcgi;
        uwsgi_temp_path {0}/uwsgi; scgi_temp_path {0}/scgi;
        server {{ listen unix:{0}/http.sock; location / {{ return 200 "ok"; }} }} }}
"""


def nginx(bench):
    configuration = bench.directory / "nginx.conf"
    configuration.write_text(NGINX.format(bench.directory))
    master = bench.start(shutil.which("nginx") or "/usr/sbin/nginx", "-c", configuration, "-p", bench.directory)
    path = bench.directory / "http.sock"

    def step():
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = b""
            while chunk := connection.recv(4096):
                answer += chunk
        assert answer.startswith(b"HTTP/1.1 200"), answer
        bench.answers += 1

    def tree():
        return [master.pid] + children_of(master.pid)

    def inside():
        return [pid for pid in tree() if has_agent(pid)]

    wait_for(lambda: path.exists() and len(tree()) == 3, "the start of nginx")
    bench.answers = 0
    load = Load(100, step)
    watcher = bench.watch("--sites", "auto", "--sites-mean", "4KiB", "--pid", master.pid)
    wait_for(lambda: len(inside()) == 3, "the agent in all three")
    before = set(children_of(master.pid))
    master.send_signal(signal.SIGHUP)  # new workers, with the agent of their parent
    fresh = lambda: set(children_of(master.pid)) - before
    wait_for(lambda: len(fresh()) == 2 and fresh() <= set(inside()), "the agent in the new workers")
    rounds = bench.rounds()
    wait_for(lambda: bench.rounds() >= rounds + 4, "heap profiles of the new workers")
    bench.finish(watcher)
    assert not inside(), (inside(), bench.log())
    assert bench.log().count("taken out") >= 3, bench.log()
    answers = bench.answers
    wait_for(lambda: bench.answers > answers + 50, "answers afterwards")
    assert load.thread.is_alive(), "a request failed"
    load.stop()


def has_agent(pid):
    try:
        return ".tmheap" in pathlib.Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return False  # a worker that ended meanwhile


def children_of(pid):
    return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def answering(path):
    try:
        keys = Keys(path)
        keys.step()
        return keys
    except OSError:
        return None


def main():
    leakwatch, build, case = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(leakwatch, build, pathlib.Path(name))
        try:
            {"preloaded": preloaded, "injected": injected, "inside": inside, "nginx": nginx,
             "redis": redis}[case](bench)
        except AssertionError:
            log = bench.directory / "log"
            sys.stderr.write(log.read_text() if log.exists() else "")
            raise
        finally:
            bench.end()


main()
