#!/usr/bin/env python3
"""Alerts over several nights, against real servers.

    alert_test.py TELL_ALERTS CASE
    alert_test.py --cases
"""

import http.server
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3]))
from checking import check, wait_for

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


class Hook:
    """A server that keeps what is POSTed to it: the first `busy` get 503, `status` the others;
    one that hangs answers nothing until it ends."""

    def __init__(self, busy=0, status=204, hangs=False, tls=None, reason="x"):
        self.posted, self.keys, self.seen = [], [], 0
        self.over = threading.Event()
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.seen += 1
                if hangs:
                    hook.over.wait(60)
                    return
                code = 503 if hook.seen <= busy else status
                if code < 300:
                    hook.posted.append(json.loads(body))
                    hook.keys.append(self.headers["Idempotency-Key"])
                self.send_response(code, f"{reason} {self.path}")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # who was killed closes early
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://localhost:{self.server.server_address[1]}/hook/s3cret?key=s3cret"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


class Nights:
    """Nights of one campaign, each with a directory of its own and one history."""

    def __init__(self, tell, scratch, *plan, time_ms=20000, pause_ms=20):
        self.tell, self.scratch, self.plan = tell, scratch, plan
        self.time_ms, self.pause_ms, self.number = time_ms, pause_ms, 0
        self.environment = dict(os.environ)

    def directory(self):
        return self.scratch / f"night{self.number}"

    def begin(self, state, *rules):
        self.number += 1
        self.directory().mkdir()
        document = {
            "format": "tidemark-signoff", "version": 1, "campaign": "nightly", "product": "1.4.2",
            "started_ms": 1000 * self.number, "ended_ms": 1000 * self.number + 500, "state": state,
            "headline": f"{len(rules)} rules", "score": {"points": 61.5, "band": "not ready"},
            "phases": [{"name": "normal", "state": state, "title": "", "why": "because"}],
            "rules": [{"phase": "normal", "state": state,
                       "rule": {"text": rule, "id": rule, "metric": "p95", "compare": "<", "value": 1.0,
                                "unit": "ns", "owner": "search team"},
                       "decision": {"answer": "fail", "value": 2.0, "low": 1.9, "high": 2.1, "limit": 1.0,
                                    "why": "2 ns is more than 1 ns"}} for rule in rules]}
        (self.directory() / "signoff.json").write_text(json.dumps(document))

    def command(self):
        return [str(word) for word in
                [self.tell, self.directory(), self.scratch / "history.db", self.time_ms, self.pause_ms, *self.plan]]

    def speak(self):
        done = subprocess.run(self.command(), capture_output=True, text=True, timeout=100, check=False,
                              env=self.environment)
        check(done.returncode == 0, done.stderr)
        check("s3cret" not in done.stdout, done.stdout)
        for path in self.directory().glob("alert*"):
            check("s3cret" not in path.read_text(), path)
        return done.stdout

    def night(self, state, *rules):
        self.begin(state, *rules)
        return self.speak()

    def record(self):
        return json.loads((self.directory() / "alerts.json").read_text())["deliveries"]


USUAL = ["on=failed", "on=not done", "on=recovered"]


@case
def tells_once_and_of_changes_and_of_the_recovery(tell, scratch):
    with Hook() as hook:
        nights = Nights(tell, scratch, *USUAL, f"webhook={hook.url}")
        for state, *rules in [("passed",), ("failed", "a"), ("failed", "a"), ("inconclusive", "b"), ("failed", "a"),
                              ("failed", "a", "b"), ("passed",), ("passed",), ("failed", "a")]:
            check(nights.night(state, *rules) == "", f"a warning at night {nights.number}")
        events = [post["event"] for post in hook.posted]
        check(events == ["failed", "failed", "recovered", "failed"], events)
        first, changed, recovered, again = hook.posted
        check(first["id"] == changed["id"] == recovered["id"] != again["id"], "one incident, then another")
        check(changed["new"] == [{"phase": "normal", "rule": "b"}] and changed["gone"] == [], changed)
        check(recovered["status"] == "resolved" and len(recovered["gone"]) == 2, recovered)
        check(first["text"] == "nightly 1.4.2 failed: 1 rules", first)
        check(first["problems"] == [{"phase": "normal", "rule": "a", "why": "2 ns is more than 1 ns",
                                     "owner": "search team", "hard": False, "value": 2.0, "limit": 1.0,
                                     "unit": "ns"}], first)
        check(first["directory"] == str(scratch / "night2"), first)


def documented(format):
    """The example of a format in the documentation."""
    text = (pathlib.Path(__file__).parents[4] / "docs/signoff-ci.md").read_text()
    blocks = [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]
    return next(block for block in blocks if block["format"] == format)


@case
def what_is_written_is_as_documented(tell, scratch):
    with Hook() as hook:
        nights = Nights(tell, scratch, *USUAL, f"webhook={hook.url}")
        nights.night("failed", "a")
        example = documented("tidemark-alert")
        check(list(hook.posted[0]) == list(example), hook.posted[0])
        check(list(hook.posted[0]["problems"][0]) == list(example["problems"][0]), hook.posted[0])
        example, record = documented("tidemark-alerts"), json.loads((nights.directory() / "alerts.json").read_text())
        check(list(record) == list(example), record)
        check(list(record["deliveries"][0]) == list(example["deliveries"][0]), record)


@case
def records_what_became_of_each(tell, scratch):
    with Hook(busy=2) as busy, Hook(status=404) as wrong:
        nights = Nights(tell, scratch, *USUAL, f"webhook={busy.url}", f"webhook={wrong.url}", "command=false",
                        "command=no-such-program-here")
        said = nights.night("failed", "a")
        first, second, third, fourth = nights.record()
        check((first["outcome"], first["attempts"], first["status"], first["why"]) == ("delivered", 3, 204, ""), first)
        check((second["outcome"], second["attempts"], second["status"]) == ("failed", 1, 404), second)
        check((third["kind"], third["to"], third["outcome"], third["status"]) == ("command", "false", "failed", 1), third)
        check("no-such-program-here" in fourth["why"], fourth)
        check(len(said.splitlines()) == 3 and 'nobody was told "failed" by webhook: answered with 404' in said, said)
        check(busy.seen == 3 and wrong.seen == 1, "a refusal is not asked again")
        nights.night("failed", "a")
        check([each["outcome"] for each in nights.record()] == ["not told", "failed", "failed", "failed"],
              "who was not told is told the next night")
        check(nights.record()[0]["why"] == "it was told before, and nothing has changed", nights.record()[0])


@case
def gives_up_in_time(tell, scratch):
    with Hook(hangs=True) as silent, Hook(status=500) as broken, Hook() as good:
        nights = Nights(tell, scratch, *USUAL, f"webhook={silent.url}", f"webhook={broken.url}",
                        f"webhook={good.url}", "command=sleep 60", "command=true", time_ms=3000)
        start = time.monotonic()
        said = nights.night("failed", "a")
        took = time.monotonic() - start
        check(2 < took < 8, f"took {took} s")
        outcomes = [each["outcome"] for each in nights.record()]
        check(outcomes[:4] == ["failed", "failed", "delivered", "failed"], outcomes)
        check(nights.record()[1]["attempts"] > 3 and broken.seen > 3, "it was asked again and again")
        check("no whole answer within" in said, said)
        check(len(good.posted) == 1, "who is there is told, whoever hangs")


@case
def a_command_has_all_that_it_needs(tell, scratch):
    script = scratch / "notify"
    script.write_text('#!/bin/sh\necho "$# $1" > "$3"\nenv | grep ^TIDEMARK_ | sort >> "$3"\n'
                      'cat "$TIDEMARK_SIGNOFF_JSON" >> "$3"; echo heard; echo too >&2\n')
    script.chmod(0o755)
    nights = Nights(tell, scratch, *USUAL, f"command={script} {{text}} s3cret {scratch}/said")
    nights.night("failed", "a b; rm -rf $HOME")
    said = (scratch / "said").read_text().splitlines()
    check(said[0] == "3 nightly 1.4.2 failed: 1 rules", said)
    check("TIDEMARK_SIGNOFF_STATE=failed" in said and "TIDEMARK_SIGNOFF_VERSION=1.4.2" in said, said)
    check(f"TIDEMARK_SIGNOFF_REPORT={nights.directory()}/report.html" in said, said)
    check(json.loads(said[-1])["problems"][0]["rule"] == "a b; rm -rf $HOME", said)
    check((nights.directory() / "alert-1.log").read_text() == "heard\ntoo\n", "its output is kept")


@case
def killed_between_two_it_tells_the_other(tell, scratch):
    with Hook() as quick, Hook(hangs=True) as slow:
        nights = Nights(tell, scratch, *USUAL, f"webhook={quick.url}", f"webhook={slow.url}")
        nights.begin("failed", "a")
        process = subprocess.Popen(nights.command())
        memory = scratch / "history.db.alerts"
        wait_for(lambda: slow.seen and any("failed" in path.read_text() for path in memory.glob("*.json")),
                 "one was told and the other is being told")
        process.send_signal(signal.SIGKILL)
        process.wait()
        check(not (nights.directory() / "alerts.json").exists(), "it could not say what became of it")
    with Hook() as quick_again, Hook() as slow_again:
        # The same places, with servers that are there again.
        mapped = {quick.url: quick_again, slow.url: slow_again}
        for hook in mapped.values():
            hook.server.shutdown()
        for url, hook in mapped.items():
            port = int(url.split(":")[2].split("/")[0])
            hook.server.socket.close()
            hook.server.socket = socket.create_server(("127.0.0.1", port))
            threading.Thread(target=hook.server.serve_forever, daemon=True).start()
        nights.speak()
        check([each["outcome"] for each in nights.record()] == ["not told", "delivered"], nights.record())
        check(len(quick.posted) == 1 and not quick_again.posted and len(slow_again.posted) == 1, "each was told once")


@case
def the_same_letter_has_the_same_key(tell, scratch):
    with Hook() as hook:
        nights = Nights(tell, scratch, *USUAL, f"webhook={hook.url}")
        nights.night("failed", "a")
        for path in (scratch / "history.db.alerts").glob("*.json"):
            path.unlink()
        nights.speak()
        check(len(hook.keys) == 2 and hook.keys[0] == hook.keys[1], hook.keys)
        check(hook.posted[0] == hook.posted[1], "byte by byte what was sent before")


@case
def ten_runs_at_once_tell_once(tell, scratch):
    with Hook() as hook:
        nights = Nights(tell, scratch, *USUAL, f"webhook={hook.url}")
        commands = []
        for _ in range(10):
            nights.begin("failed", "a")
            commands.append(nights.command())
        for process in [subprocess.Popen(command) for command in commands]:
            check(process.wait(60) == 0, "a run of ten")
        check(len(hook.posted) == 1, f"told {len(hook.posted)} times")


@case
def speaks_tls_through_curl(tell, scratch):
    pem = scratch / "server.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", pem, "-out", scratch / "cert.pem"],
                   check=True, capture_output=True)
    with pem.open("a") as file:
        file.write((scratch / "cert.pem").read_text())
    with Hook(busy=1, tls=pem) as hook:
        nights = Nights(tell, scratch, *USUAL, "webhook={env.HOOK}")
        nights.environment.update(HOOK=hook.url, CURL_CA_BUNDLE=str(scratch / "cert.pem"))
        check(nights.night("failed", "a") == "", "a warning")
        check(nights.record()[0]["attempts"] == 2 and nights.record()[0]["to"].startswith("https://localhost:"),
              nights.record())
        check(hook.posted[0]["event"] == "failed" and hook.keys[0], hook.posted)
        del nights.environment["CURL_CA_BUNDLE"]
        nights.time_ms = 5000
        said = nights.night("passed")
        check("certificate" in said, said)
        nights.environment["PATH"] = str(scratch)
        check("curl, which speaks TLS for us, is not installed" in nights.night("passed"), "no curl")
        del nights.environment["HOOK"]
        check("the environment has no HOOK" in nights.night("passed"), "no variable")


if __name__ == "__main__":
    if sys.argv[1] == "--cases":
        print("\n".join(CASES))
    else:
        with tempfile.TemporaryDirectory() as directory:
            CASES[sys.argv[2]](sys.argv[1], pathlib.Path(directory))
