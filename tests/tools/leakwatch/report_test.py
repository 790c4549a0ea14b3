#!/usr/bin/env python3
"""report_test.py LEAKWATCH RECORD_SOAK: `leakwatch report`, of one soak and of several."""

import html.parser
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree as ElementTree

LEAKWATCH = RECORD_SOAK = ""
VOID = {"meta", "link", "br", "input"}


class Page(html.parser.HTMLParser):
    """Text by heading; refuses a page that is not well formed or loads anything."""

    def __init__(self, text):
        super().__init__()
        self.open, self.text, self.classes, self.scripts = [], "", [], 0
        self.feed(text)
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        assert "style" not in attributes and not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "xlink:href"):
            value = attributes.get(name, "")
            assert not re.match(r"(https?:)?//", value), f"<{tag} {name}={value}>"
        assert tag not in ("img", "iframe", "object", "embed"), tag
        self.scripts += tag == "script"
        self.classes += attributes.get("class", "").split()
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> in {self.open}"
        self.open.pop()

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.text += " " + data


def run(*arguments):
    done = subprocess.run([LEAKWATCH, "report", *map(str, arguments)], capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = pathlib.Path(tempfile.mkdtemp())
        cls.soaks = cls.place / "soaks"
        cls.soaks.mkdir()
        # Three nights of one service, each a day later than the one before, and a strange one.
        for name, shape, days_ago, target in (("mon", "flat", 2, "service"), ("tue", "cache", 1, "service"),
                                              ("wed", "leak", 0, "service"), ("odd", "flat", 0, "<b>\x1b[2J'\"&")):
            subprocess.run([RECORD_SOAK, str(cls.soaks / name), shape, "24", target], check=True,
                           stdin=subprocess.DEVNULL)
            cls.move(cls.soaks / name, days_ago * 86_400_000)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.place)

    @staticmethod
    def move(soak, back_ms):
        """As if it had been so much earlier."""
        path = soak / "run.json"
        text = json.loads(path.read_text())
        for key in ("started_ms", "ended_ms"):
            text[key] -= back_ms
        path.write_text(json.dumps(text))
        with sqlite3.connect(soak / "series.db") as database:
            database.execute("UPDATE rows SET at_ms = at_ms - ?", (back_ms,))
            database.execute("UPDATE events SET at_ms = at_ms - ?", (back_ms,))
        database.close()

    def copy(self, name):
        path = self.place / f"copy-{self.id()}" / name
        shutil.copytree(self.soaks / name, path)
        self.addCleanup(shutil.rmtree, path.parent)
        return path

    def event(self, soak, kind, text):
        with sqlite3.connect(soak / "series.db") as database:
            at = database.execute("SELECT max(at_ms) FROM rows").fetchone()[0]
            database.execute("INSERT INTO events (at_ms, kind, pid, text) VALUES (?, ?, 0, ?)", (at, kind, text))
        database.close()

    def test_exits_as_watch_does(self):
        self.assertEqual([run(self.soaks / name)[0] for name in ("mon", "tue", "wed")], [0, 0, 1])

    def test_says_the_verdict_first(self):
        code, text, said = run(self.soaks / "wed")
        self.assertRegex(text, r"^leak: grows \d+ MB (± |\()")
        self.assertRegex(text, r"Growth in 24 h +\d+ MB (± |\()")
        self.assertEqual(said, "")

    def test_the_page_has_verdict_and_evidence_and_loads_nothing(self):
        page = self.place / "wed.html"
        self.assertEqual(run("-o", page, self.soaks / "wed")[0], 1)
        shown = Page(page.read_text())
        # Change point, interval, both lines, load underneath, and points for a pointer.
        for kind in ("onset", "fan", "trend", "spread", "load", "dots", "found"):
            self.assertIn(kind, shown.classes)
        for text in ("leak: grows", "Memory over the soak", "What the memory is", "95 % interval",
                     "Largest processes", "4711", "What happened", "What watching cost", "% of a core"):
            self.assertIn(text, shown.text)
        self.assertLess(shown.text.index("leak: grows"), shown.text.index("Memory over the soak"))
        self.assertLess(page.stat().st_size, 400_000)

    def test_the_same_soak_gives_the_same_bytes(self):
        for kind in ("html", "json", "junit", "markdown", "text"):
            self.assertEqual(run("--format", kind, self.soaks / "wed"), run("--format", kind, self.soaks / "wed"))

    def test_names_are_text_in_every_format(self):
        for kind in ("html", "json", "junit", "markdown", "text"):
            _, text, _ = run("--format", kind, self.soaks / "odd")
            self.assertNotIn("\x1b", text)
            if kind == "html":
                shown = Page(text)
                self.assertIn("<b>\\x1b[2J", shown.text)
            elif kind == "junit":
                ElementTree.fromstring(text)
            elif kind == "json":
                json.loads(text)
            elif kind == "markdown":
                self.assertNotIn("<b>", text)

    def test_json_has_verdict_and_interval(self):
        report = json.loads(run("--format", "json", self.soaks / "wed")[1])
        self.assertEqual((report["schema"], report["exit_code"]), ("tidemark.soaks/1", 1))
        verdict = report["soaks"][0]["soak"]["verdict"]
        self.assertEqual(verdict["answer"], "leak")
        growth = verdict["growth_per_day"]
        self.assertLess(growth["low"], growth["value"])
        self.assertLess(growth["value"], growth["high"])

    def test_junit_fails_for_a_leak_and_passes_without(self):
        leak = ElementTree.fromstring(run("--format", "junit", self.soaks / "wed")[1])
        self.assertEqual((leak.get("failures"), leak.get("errors")), ("1", "0"))
        self.assertIn("leak: grows", leak.find(".//failure").get("message"))
        clean = ElementTree.fromstring(run("--format", "junit", self.soaks / "mon")[1])
        self.assertEqual((clean.get("failures"), clean.get("errors"), clean.get("tests")), ("0", "0", "2"))

    def test_markdown_is_a_table(self):
        text = run("--format", "markdown", self.soaks / "wed")[1]
        self.assertRegex(text, r"^### 🔴 leak: grows")
        self.assertIn("| Growth in 24 h |", text)

    def test_the_format_follows_the_name_of_the_output(self):
        for name, start in (("a.json", '{"schema"'), ("a.xml", "<?xml"), ("a.md", "### "), ("a.html", "<!doctype")):
            run("-o", self.place / name, self.soaks / "mon")
            self.assertTrue((self.place / name).read_text().startswith(start), name)

    def test_a_limit_that_was_reached_is_found(self):
        soak = self.copy("mon")
        self.event(soak, "alarm", "rss reached 1.2 GiB, and --max-rss is 1.0 GiB")
        code, text, _ = run(soak)
        self.assertEqual(code, 1)
        self.assertTrue(text.startswith("rss reached 1.2 GiB, and --max-rss is 1.0 GiB; no leak"), text)

    def test_a_target_that_crashed_comes_first(self):
        soak = self.copy("wed")
        path = soak / "run.json"
        text = json.loads(path.read_text())
        text["target_end"] = text["end"] = {"kind": "signalled", "code": 11, "why": ""}
        path.write_text(json.dumps(text))
        code, text, _ = run(soak)
        self.assertEqual((code, text.startswith("the target died of signal 11")), (3, True), text)

    def test_a_watcher_that_died_is_said(self):
        soak = self.copy("mon")
        path = soak / "run.json"
        text = json.loads(path.read_text())
        text.update({"state": "running", "writer": {"pid": 1, "boot_id": "another"}, "writer_pid": 1,
                     "boot_id": "another", "ended_ms": 0})
        path.write_text(json.dumps(text))
        self.assertIn("its watcher died", run(soak)[1])

    def test_sites_and_their_trouble_are_shown(self):
        soak = self.copy("wed")
        (soak / "sites.json").write_text(json.dumps({
            "schema": "tidemark.sites/1", "source": "raw", "sampled": False, "first_bytes": 0,
            "last_bytes": 900, "false_rate": 0.05, "sites_seen": 41, "growing": 1, "snapshots_missing": 0,
            "warnings": [], "snapshots": [{"at_ms": 1795273200000, "life": 0, "complete": True},
                                          {"at_ms": 1795359600000, "life": 0, "complete": True}],
            "sites": [{"fingerprint": "0123456789abcdef", "trend": "grows",
                       "bytes_per_hour": {"value": 5100000, "low": 4700000, "high": 5500000},
                       "share": 0.96, "false_rate": 0.00001, "since_ms": 1795273200000, "since_start": True,
                       "kept": 1, "first_bytes": 0, "last_bytes": 351600, "fate": "leak",
                       "survival": {"blocks": 96, "deaths": 2, "watched_s": 7200,
                                    "steps": [[0, 1, 1, 1], [3600, 0.98, 0.93, 0.99], [7200, 0.98, 0.9, 1]]},
                       "place": {"function": "leak<T>", "file": "/src/s.cpp", "line": 41},
                       "stack": [{"function": "leak<T>", "file": "/src/s.cpp", "line": 41}],
                       "points": [[1795273200000, 0], [1795359600000, 351600]]}]}))
        shown = Page(run("--format", "html", soak)[1])
        self.assertIn("Allocation sites", shown.text)
        self.assertIn("leak<T> (s.cpp:41)", shown.text)
        self.assertIn("blocks there do not die: 98 % (90 to 100) live after 2 h 00 min", shown.text)
        (soak / "sites.json").write_text("{")
        code, text, _ = run(soak)
        self.assertEqual(code, 1)
        self.assertIn("sites.json", text)

    def test_the_account_of_resident_memory_is_shown(self):
        soak = self.copy("wed")
        (soak / "account.json").write_text(json.dumps({
            "schema": "tidemark.account/1", "target": "process 1 (<i>)", "rss": 2, "sentence": "61 % is kept",
            "growth": "the heap is flat", "entries": [{"what": "live heap", "bytes": 2048}]}))
        shown = Page(run("--format", "html", soak)[1])
        for text in ("Where resident memory is", "process 1 (<i>)", "61 % is kept", "the heap is flat", "2.0 KiB"):
            self.assertIn(text, shown.text)
        (soak / "account.json").write_text('{"schema": "tidemark.account/2"}')
        self.assertIn("expected schema tidemark.account/1", run(soak)[1])

    def test_a_failure_that_the_watcher_saw_counts(self):
        soak = self.copy("mon")
        verdict = {"format": "tidemark-soak-verdict", "version": 1, "final": True, "failure": "the kernel killed it"}
        (soak / "verdict.json").write_text(json.dumps(verdict))
        code, text, _ = run(soak)
        self.assertEqual((code, text.startswith("the kernel killed it; no leak")), (3, True), text)
        (soak / "verdict.json").write_text(json.dumps(verdict | {"version": 7}))
        code, text, _ = run(soak)
        self.assertEqual(code, 0)
        self.assertIn("version 7, and this tool knows 1", text)

    def test_nights_lie_side_by_side_with_regressions_marked(self):
        code, text, _ = run("--since", "7d", self.soaks)
        self.assertEqual(code, 1)
        self.assertIn("4 soaks: 1 bounded, 1 leak, 2 no leak; 1 regression", text)
        order = [text.index(f"  {name}\n") for name in ("mon", "tue", "wed")]
        self.assertEqual(order, sorted(order))
        self.assertRegex(text, r"REGRESSION +wed")
        self.assertRegex(text, r"wed: leaks, and tue did not: grows .* MB ± .* MB more in 24 h than tue")
        shown = Page(run("--format", "html", self.soaks)[1])
        self.assertEqual(shown.classes.count("mini"), 4)
        self.assertIn("regression", shown.classes)
        suites = ElementTree.fromstring(run("--format", "junit", self.soaks)[1])
        self.assertEqual(len(suites), 4)
        self.assertEqual(len(json.loads(run("--format", "json", self.soaks)[1])["soaks"]), 4)
        self.assertIn("**regression**", run("--format", "markdown", self.soaks)[1])

    def test_since_leaves_out_older_ones(self):
        # They began a day before they end: today's at -24 h, the others earlier.
        _, text, _ = run("--since", "30h", self.soaks)
        self.assertNotIn("mon", text)
        self.assertIn("wed", text)
        code, _, said = run("--since", "1m", self.soaks)
        self.assertEqual(code, 3)
        self.assertIn("no soak that is young enough", said)

    def test_a_broken_night_is_named_and_does_not_hide_the_others(self):
        soaks = self.place / "some"
        shutil.copytree(self.soaks / "mon", soaks / "mon")
        shutil.copytree(self.soaks / "tue", soaks / "tue")
        (soaks / "tue" / "series.db").write_bytes(b"nothing" * 1000)
        code, text, _ = run(soaks)
        self.assertIn("1 soak could not be read", text)
        self.assertIn("series.db", text)
        self.assertIn("mon", text)

    def test_what_is_no_soak_is_an_error_with_a_name(self):
        empty = self.place / "empty"
        empty.mkdir()
        self.assertEqual(run(empty)[0], 3)
        self.assertIn("no soak in this directory", run(empty)[2])
        self.assertEqual(run(self.place / "none")[0], 3)
        self.assertEqual(run("--since", "soon", self.soaks)[0], 2)
        self.assertEqual(run("--since", "1d", self.soaks / "mon")[0], 2)
        self.assertEqual(run("--format", "pdf", self.soaks)[0], 2)

    def test_watch_leaves_the_page(self):
        soak = self.place / "watched"
        done = subprocess.run([LEAKWATCH, "watch", "--for", "1s", "--every", "100ms", "-o", str(soak), "--",
                               "sleep", "60"], capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 4)
        shown = Page((soak / "report.html").read_text())
        self.assertIn("not enough data", shown.text)
        self.assertIn("ended", shown.text)
        files = [file["path"] for file in json.loads((soak / "run.json").read_text())["files"]]
        self.assertIn("report.html", files)
        self.assertIn(b"report.html", done.stdout)


if __name__ == "__main__":
    RECORD_SOAK = str(pathlib.Path(sys.argv.pop(2)).resolve())
    LEAKWATCH = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=1)
