#!/usr/bin/env python3
"""`signoff history` on a history of simulated nights: exit codes, messages, formats.

    verb_test.py HISTORY_TOOL
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(sys.argv[1])


class Verb(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.place = pathlib.Path(cls.directory.name)
        cls.file = cls.place / "h.db"
        subprocess.run([TOOL, "fill", cls.file], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def run_tool(self, *words, file=None, **environment):
        history = [] if file == "" else ["--history", file or self.file]
        return subprocess.run([TOOL, "history", *history, *words], capture_output=True, text=True,
                              env={**os.environ, **environment})

    def test_reports_and_ends_with_0(self):
        done = self.run_tool()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("4 of 8 metrics changed, 3 for the worse", done.stdout)
        self.assertNotIn("\x1b", done.stdout)

    def test_too_little_ends_with_4(self):
        done = self.run_tool("--last", "3")
        self.assertEqual(done.returncode, 4)
        self.assertIn("too few versions", done.stdout)

    def test_nothing_that_fits_ends_with_4_and_says_so(self):
        for words in (["--metric", "none*"], ["--campaign", "x"], ["--host", "x"],
                      ["--phase", "x"], ["--since", "2099-01-01"]):
            done = self.run_tool(*words)
            self.assertEqual((done.returncode, done.stdout), (4, ""))
            self.assertRegex(done.stderr, r"h\.db: no metric of its (100|0) campaigns fits")

    def test_since_takes_a_date(self):
        done = self.run_tool("--since", "2025-01-01", "--format", "json", "--metric", "rate")
        points = json.loads(done.stdout)["lines"][0]["points"]
        self.assertTrue(all(point["started_ms"] >= 1735689600000 for point in points))
        self.assertLess(len(points), 50)

    def test_mistakes_end_with_2_and_name_the_option(self):
        for words in (["--since", "soon"], ["--since", "2026-13-01"], ["--last", "0"],
                      ["--prune", "x"], ["--format", "pdf"]):
            done = self.run_tool(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(words[0], done.stderr)

    def test_a_history_that_is_not_there_is_not_made(self):
        for words in ([], ["--prune", "1d"]):
            done = self.run_tool(*words, file=self.place / "none.db")
            self.assertEqual(done.returncode, 3)
            self.assertIn("none.db: no such history", done.stderr)
            self.assertFalse((self.place / "none.db").exists())

    def test_without_a_name_it_is_that_of_the_user(self):
        (self.place / "tidemark").mkdir()
        subprocess.run([TOOL, "fill", self.place / "tidemark" / "history.db"], check=True)
        done = self.run_tool(file="", XDG_STATE_HOME=str(self.place))
        self.assertEqual(done.returncode, 0)

    def test_the_name_of_the_output_says_the_format(self):
        for name, start in (("a.html", "<!doctype html>"), ("a.json", '{"format":"tidemark-history"'),
                            ("a.csv", "campaign,phase,"), ("a.txt", "normal: leaks.bytes == 0\n")):
            self.assertEqual(self.run_tool("-o", self.place / name).returncode, 0)
            self.assertTrue((self.place / name).read_text().startswith(start))

    def test_changed_leaves_out_what_did_not(self):
        done = self.run_tool("--changed", "--format", "json")
        metrics = [line["metric"] for line in json.loads(done.stdout)["lines"]]
        self.assertEqual(metrics, ["leaks.bytes", "rss.steady", "rss.peak", "search.p95"])
        quiet = self.run_tool("--changed", "--metric", "rate")
        self.assertEqual((quiet.returncode, quiet.stdout), (0, ""))
        self.assertIn("nothing changed", quiet.stderr)

    def test_pruning_forgets(self):
        file = self.place / "prune.db"
        subprocess.run([TOOL, "fill", file], check=True)
        done = self.run_tool("--prune", "1d", file=file)
        self.assertEqual(done.returncode, 0)
        self.assertIn("removed 100 campaigns", done.stderr)
        self.assertEqual(self.run_tool(file=file).returncode, 4)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
