#!/usr/bin/env python3
"""Faults of the network, from end to end: what docs/pressure-faults.md says of them is what happens on this machine.

    network_faults_test.py BUILD NAME
"""

import json
import pathlib
import socketserver
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/agent/torture")]
from checking import check, free_port  # noqa: E402
from services import scratch  # noqa: E402

PRESSURE = pathlib.Path(sys.argv[1]).resolve() / "tools/pressure/pressure"
NAME_SERVER = "127.53.53.53"  # a loopback address of its own: a resolver knows no port but 53

SCENARIO = """target = "http://127.0.0.1:{port}"
[launch]
cmd = ["python3", "service.py", "{port}"]
ready = {{ get = "/here", within = "20s" }}
[load]
arrivals = "constant"
stages = [{{ name = "all", rate = 20, hold = "12s" }}]
[mix]
{mix}
[[fault]]
at = "4s"
inject = ["{fault}"]
[pass]
limits = ["recover < 8s"]
"""

# Looks a name up for each request of /name: 200 when it is found, else 502.
SERVICE = """
import http.server, socket, sys

class Look(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = 200
        if self.path == "/name":
            try:
                socket.getaddrinfo("backend.test", 80, socket.AF_INET)
            except socket.gaierror:
                status = 502
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Look).serve_forever()
"""


class NameServer(socketserver.BaseRequestHandler):
    """Says of every name that it is 127.0.0.1 (RFC 1035: the question again, and one A record)."""

    def handle(self):
        asked, wire = self.request
        question = asked[12 : asked.index(b"\0", 12) + 5]
        answer = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\x7f\0\0\1"
        wire.sendto(asked[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question + answer, self.client_address)


def written(place, fault, mix):
    (place / "service.py").write_text(SERVICE)
    path = place / "scenario.toml"
    path.write_text(SCENARIO.format(port=free_port(), fault=fault, mix=mix))
    return path


def pressure(place, *words, before=()):
    return subprocess.run([*before, str(PRESSURE), *map(str, words)], capture_output=True, text=True, cwd=place,
                          check=False, timeout=120)


def result_of(done, directory, code=0):
    check(done.returncode == code, f"exit {code}, not {done.returncode}\n{done.stdout}\n{done.stderr}")
    return json.loads((directory / "load.json").read_text())


def failed(load, label):
    return sum(next(one for one in load["labels"] if one["label"] == label and not one["stage"])["failures"].values())


def names_are_not_found_and_then_found_again():
    with scratch() as directory, socketserver.UDPServer((NAME_SERVER, 53), NameServer) as server:
        place = pathlib.Path(directory)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        (place / "resolv.conf").write_text(f"nameserver {NAME_SERVER}\noptions timeout:1 attempts:1\n")
        path = written(place, "dns 2s", 'look = { get = "/name", expect = 200 }\nhere = { get = "/here", expect = 200 }')
        # Our name server is that of a mount namespace, and of nobody else on the machine.
        mounted = ["unshare", "--mount", "sh", "-c", 'mount --bind resolv.conf /etc/resolv.conf && exec "$@"', "sh"]
        done = pressure(place, "run", "-o", "run", path, before=mounted)
        server.shutdown()
        load = result_of(done, place / "run")
        (fault,) = load["faults"]
        check(not fault["trouble"], f"it was injected: {fault}")
        # 2 s at half of 20 a second: 20 of 120.
        lost = failed(load, "look")
        check(8 <= lost <= 40, f"names were lost for 2 s: {lost} of 120 failed\n{done.stdout}")
        check(failed(load, "here") == 0, "what needs no name was answered")
        check(0 <= fault["recovered_ms"] < 8000, f"it came back: {fault}")


def has_netem():
    words = ["unshare", "--net", "tc", "qdisc", "replace", "dev", "lo", "root", "netem", "delay", "1ms"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def a_delay_is_felt_or_said_to_be_impossible_before_the_run():
    with scratch() as directory:
        place = pathlib.Path(directory)
        path = written(place, "delay 200ms 2s", 'here = { get = "/here", expect = 200 }')
        looked = pressure(place, "check", path)
        if has_netem():
            check(looked.returncode == 0, looked.stdout)
            load = result_of(pressure(place, "run", "-o", "run", path), place / "run")
            check(load["faults"][0]["lasted_ms"] > 1500, f"it lasted: {load['faults']}")
            slowest = next(one for one in load["labels"] if not one["label"] and not one["stage"])["response"]["max"]
            check(slowest > 190e6, f"answers took 200 ms longer: {slowest / 1e6} ms")
            return
        why = "this kernel cannot delay packets (tc's netem)"
        check(looked.returncode == 1 and f'missing  the fault "delay 200ms 2s": {why}' in looked.stdout, looked.stdout)
        refused = pressure(place, "run", "-o", "run", path)
        check(refused.returncode == 3 and why in refused.stderr, f"{refused.returncode}: {refused.stderr}")
        check("--skip-impossible-faults" in refused.stderr, f"the remedy is said: {refused.stderr}")
        check(not (place / "run/load.json").exists(), "nothing ran")
        left = pressure(place, "run", "--skip-impossible-faults", "-o", "left", path)
        # Its limit on recovery was not measured, so the whole is no measurement.
        load = result_of(left, place / "left", code=4)
        (fault,) = load["faults"]
        check(fault["at_ms"] - load["started_ms"] >= 4000, f"it stands where it would have been: {fault}")
        check("left out" in left.stdout and why in fault["trouble"], f"{left.stdout}\n{fault}")


if __name__ == "__main__":
    globals()[sys.argv[2]]()
    print(f"{sys.argv[2]}: passed")
