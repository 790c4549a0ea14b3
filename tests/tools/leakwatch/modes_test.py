#!/usr/bin/env python3
"""The three growth modes of the example service, told apart for real.

    modes_test.py LEAKWATCH LEAKY_SERVICE

Watches the service with heap dumps while requests leak, fill a bounded cache and leave
holes at once. The site that leaks must be named, the others must not; and the service
that only fragments must have a heap that is flat.
"""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from checking import wait_for  # noqa: E402


def port_in(path):
    text = path.read_text() if path.exists() else ""
    return int(text.rsplit(":", 1)[1]) if text.endswith("\n") else 0


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.read()


class Load:
    """Requests at an even rate until it is told to stop: rounds of `often`, and in each
    tenth round `seldom` too."""

    def __init__(self, port, often, seldom):
        self.port, self.often, self.seldom = port, often, seldom
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        count = 0
        while not self.over.wait(0.02):
            count += 1
            for path in self.often + (self.seldom if count % 10 == 0 else []):
                try:
                    get(self.port, path)
                except OSError:
                    return  # the service ended

    def stop(self):
        self.over.set()
        self.thread.join()


def sites_of_soak(leakwatch, service, directory):
    """The sites.json of a soak with all three modes at once."""
    soak = directory / "soak"
    watcher = subprocess.Popen(
        [leakwatch, "watch", "--sites", "gperftools", "--sites-every", "500ms", "--for", "1h",
         "-o", soak, "--", service, "--port", "0"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port = wait_for(lambda: port_in(soak / "target.stdout"), "the start of the service")
        # The cache of 1000 entries must be full well before the middle.
        load = Load(port, ["/leak"] + 8 * ["/lru"], ["/holes"])
        wait_for(lambda: len(list((soak / "raw").glob("heap_*.heap"))) >= 28, "28 heap dumps", 60)
        live = json.loads((soak / "sites.json").read_text())
        assert live["snapshots"], "nothing was analysed while the target lived"
        watcher.send_signal(signal.SIGINT)
        watcher.wait(60)
        load.stop()
    finally:
        if watcher.poll() is None:
            watcher.terminate()
            watcher.wait()
    run = json.loads((soak / "run.json").read_text())
    assert "sites.json" in [file["path"] for file in run["files"]], run["files"]
    return json.loads((soak / "sites.json").read_text())


def check_sites(document):
    grows = [site for site in document["sites"] if site["trend"] == "grows"]
    names = [site["place"]["function"] for site in grows]
    assert len(grows) == 1 and "leak_session_token" in names[0], names
    assert grows[0]["kept"] > 0.99, grows[0]
    assert grows[0]["bytes_per_hour"]["low"] > 0, grows[0]
    assert grows[0]["place"]["file"].endswith("leaky_service.cpp"), grows[0]["place"]


def check_holes(leakwatch, service, directory):
    """Without any preloaded library: RSS grows, and the account says that malloc holds it."""
    out = directory / "out"
    with out.open("w") as stdout:
        process = subprocess.Popen([service, "--port", "0"], stdout=stdout)
    try:
        port = wait_for(lambda: port_in(out), "the start of the service")

        def account():
            text = subprocess.run([leakwatch, "account", str(process.pid), "--to", "json"],
                                  check=True, capture_output=True, text=True).stdout
            document = json.loads(text)
            assert sum(entry["bytes"] for entry in document["entries"]) == document["rss"]
            return document

        before = account()
        for _ in range(150):
            get(port, "/holes")
        after = account()
        heap = [{entry["what"]: entry["bytes"] for entry in document["entries"]}
                ["heap, live or free"] for document in (before, after)]
        grown = after["rss"] - before["rss"]
        assert grown > 4 << 20, grown
        assert heap[1] - heap[0] > 0.9 * grown, (heap, grown)
    finally:
        process.terminate()
        process.wait()


def main():
    leakwatch, service = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        check_sites(sites_of_soak(leakwatch, service, directory))
        check_holes(leakwatch, service, directory)


main()
