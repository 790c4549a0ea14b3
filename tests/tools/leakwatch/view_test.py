#!/usr/bin/env python3
"""view_test.py LEAKWATCH: the live view of `leakwatch watch`, read from a pseudo-terminal."""

import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

LEAKWATCH = ""
ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"
PATIENCE_S = 30


class Screen:
    """As much of a terminal as the view uses; anything else in what it gets is an error."""

    def __init__(self, rows, columns):
        self.resize(rows, columns)
        self.alternate = False

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.cells = [[" "] * columns for _ in range(rows)]
        self.row = self.column = 0

    def take(self, text):
        at = 0
        while at < len(text):
            cancelled = re.compile(r"\x1b(\[[?\d;]*)?\x18").match(text, at)
            if cancelled:  # what a full terminal cut off
                at = cancelled.end()
                continue
            match = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])").match(text, at)
            if match:
                self.control(match[1], match[2])
                at = match.end()
                continue
            self.put(text[at])
            at += 1

    def control(self, parameters, kind):
        if kind == "H":
            row, column = (parameters or "1;1").split(";")
            self.row, self.column = int(row) - 1, int(column) - 1
        elif kind == "K":
            self.cells[self.row][self.column:] = [" "] * (self.columns - self.column)
        elif kind == "J":
            self.cells = [[" "] * self.columns for _ in range(self.rows)]
        elif parameters == "?1049":
            self.alternate = kind == "h"
        elif kind not in "mhl":
            raise AssertionError(f"an escape that nobody asked for: {parameters}{kind}")

    def put(self, character):
        if character in "\x18\r\n":
            return
        if ord(character) < 32:
            raise AssertionError(f"a control character: {character!r}")
        if self.alternate and self.row < self.rows and self.column < self.columns:
            self.cells[self.row][self.column] = character
        self.column += 1

    def text(self):
        return "\n".join("".join(row).rstrip() for row in self.cells)


class Session:
    """leakwatch watch on a terminal of its own."""

    def __init__(self, directory, arguments, rows=24, columns=80, environment=None):
        self.raw = b""
        self.screen = Screen(rows, columns)
        self.status = None
        command = [LEAKWATCH, "watch", "-o", str(directory), *arguments]
        wanted = {"TERM": "xterm", "LANG": "C.UTF-8", "PATH": os.environ["PATH"], **(environment or {})}
        # The terminal has its size before anybody looks.
        ready, go = os.pipe()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.close(go)
            os.read(ready, 1)
            os.execve(LEAKWATCH, command, wanted)
        os.close(ready)
        self.before = termios.tcgetattr(self.terminal)
        self.resize(rows, columns)
        os.write(go, b"x")
        os.close(go)
        self.decoder = b""

    def resize(self, rows, columns):
        self.screen.resize(rows, columns)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, wait_s):
        if not select.select([self.terminal], [], [], wait_s)[0]:
            return False
        try:
            more = os.read(self.terminal, 65536)
        except OSError:  # nobody holds the other side any more
            return False
        self.raw += more
        self.decoder += more
        # A sequence that is cut off waits for its rest.
        cut = re.search(rb"\x1b(\[[?\d;]*)?$|[\xc0-\xff][\x80-\xbf]{0,2}$", self.decoder)
        whole = self.decoder
        if cut:
            tail = self.decoder[cut.start():]
            try:
                tail.decode()
                complete = tail[:1] != b"\x1b"
            except UnicodeDecodeError:
                complete = False
            if not complete:
                whole = self.decoder[:cut.start()]
        self.decoder = self.decoder[len(whole):]
        self.screen.take(whole.decode(errors="replace"))
        return True

    def until(self, condition, what):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} never came:\n{self.screen.text()}\n{self.raw[-400:]}")
            self.read(0.1)
        return self

    def shows(self, text):
        return self.until(lambda: self.screen.alternate and text in self.screen.text(), repr(text))

    def is_over(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
        return self.status is not None

    def end(self):
        self.until(self.is_over, "the end")
        while self.read(0.3):
            pass
        os.close(self.terminal)

    def modes_are_back(self):
        return termios.tcgetattr(self.terminal)[3] == self.before[3]


class LiveView(unittest.TestCase):
    def setUp(self):
        self.place = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.place)
        self.target = subprocess.Popen(["sleep", "600"])
        self.addCleanup(self.target.wait)
        self.addCleanup(self.target.kill)

    def session(self, *more, pid=None, every="100ms", **kinds):
        arguments = ["--pid", str(pid or self.target.pid), "--every", every, *more]
        return Session(self.place / "soak", arguments, **kinds)

    def test_shows_the_soak_and_leaves_the_terminal_as_it_was(self):
        view = self.session("--for", "2s").shows("not enough data:").shows("sleep").shows("own cost")
        self.assertIn("leakwatch --pid", view.screen.text())
        self.assertRegex(view.screen.text(), "anon .* rss .* 1 process")
        view.end()
        self.assertFalse(view.screen.alternate)
        self.assertEqual(view.raw.count(ENTER), 1)
        # What it came to stays readable.
        after = view.raw[view.raw.rindex(LEAVE):].decode()
        self.assertIn("not enough data:", after)
        self.assertIn("\x1b[?25h", view.raw[view.raw.rindex(LEAVE) - 30:].decode())

    def test_follows_the_size(self):
        view = self.session().shows("own cost")
        self.assertTrue(view.screen.cells[23][0] == "o")
        view.resize(40, 120)
        view.until(lambda: view.screen.cells[39][0] == "o", "the foot in row 40")
        self.assertIn("Ctrl-C ends the soak", view.screen.text())
        view.resize(8, 30)
        view.until(lambda: view.screen.cells[7][0] == "o", "the foot in row 8")
        os.kill(view.pid, signal.SIGTERM)
        view.end()

    def test_follows_the_size_between_rows(self):
        view = self.session(every="1h").shows("own cost")
        view.resize(30, 100)
        view.until(lambda: view.screen.cells[29][0] == "o", "the foot in row 30")
        os.kill(view.pid, signal.SIGTERM)
        view.end()

    def test_sends_only_what_changed(self):
        view = self.session().shows("own cost")
        self.assertEqual(view.raw.count(b"\x1b[2J"), 2)  # at its start
        before = len(view.raw)
        view.until(lambda: len(view.raw) > before + 500, "more")
        self.assertEqual(view.raw.count(b"\x1b[2J"), 2)
        self.assertNotIn(b"leakwatch", view.raw[before + 50:].replace(b"leakwatch --pid", b"", 1))
        os.kill(view.pid, signal.SIGTERM)
        view.end()

    def test_gives_the_terminal_back_whatever_ends_it(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT,
                       signal.SIGSEGV, signal.SIGKILL):
            with self.subTest(signal=number.name):
                view = self.session("--force").shows("own cost")
                self.assertFalse(view.modes_are_back())
                os.kill(view.pid, number)
                view.until(lambda v=view: not v.screen.alternate, "the terminal")
                view.until(view.modes_are_back, "the terminal's modes")
                view.end()

    def test_leaves_the_terminal_to_the_shell_while_it_is_stopped(self):
        view = self.session().shows("own cost")
        os.kill(view.pid, signal.SIGTSTP)
        view.until(lambda: not view.screen.alternate, "the terminal")
        view.until(view.modes_are_back, "the terminal's modes")
        view.screen.resize(24, 80)
        os.kill(view.pid, signal.SIGCONT)
        view.shows("own cost")
        os.kill(view.pid, signal.SIGTERM)
        view.end()

    def test_a_terminal_that_takes_nothing_holds_nothing_up(self):
        view = self.session(every="10ms").shows("own cost")
        series = f"file:{self.place}/soak/series.db?mode=ro"

        def rows():
            with sqlite3.connect(series, uri=True) as database:
                return database.execute("SELECT count(*) FROM rows").fetchone()[0]
        start = rows()
        deadline = time.monotonic() + PATIENCE_S
        while rows() < start + 300:  # far more than the terminal's buffer holds
            self.assertLess(time.monotonic(), deadline, "the soak stands still")
            time.sleep(0.1)
        view.shows("own cost")  # and it is whole again when somebody reads
        view.until(lambda: view.screen.cells[23][0] == "o", "the foot")
        os.kill(view.pid, signal.SIGTERM)
        view.end()

    def test_names_of_processes_are_text(self):
        program = self.place / "e\x1b[2J\x07\u202el"
        shutil.copy("/bin/sleep", program)
        hostile = subprocess.Popen([str(program), "600"])
        self.addCleanup(hostile.wait)
        self.addCleanup(hostile.kill)
        # The screen would refuse a bell.
        view = self.session(pid=hostile.pid).shows("e\\x1b[2J\\x07")
        os.kill(view.pid, signal.SIGTERM)
        view.end()

    def test_has_no_colour_with_no_color(self):
        for colour, environment in ((True, {}), (False, {"NO_COLOR": "1"})):
            view = self.session("--force", environment=environment).shows("own cost")
            os.kill(view.pid, signal.SIGTERM)
            view.end()
            self.assertEqual(bool(re.search(rb"\x1b\[(\d;)?3\dm", view.raw)), colour)

    def test_prints_plain_lines_when_asked_and_on_a_dumb_terminal(self):
        for more, environment in ((("--plain",), {}), ((), {"TERM": "dumb"})):
            view = self.session("--force", "--for", "1s", *more, environment=environment)
            view.end()
            self.assertNotIn(b"\x1b", view.raw)
            self.assertIn(b"not enough data", view.raw)

    def test_prints_plain_lines_into_a_pipe(self):
        done = subprocess.run([LEAKWATCH, "watch", "--pid", str(self.target.pid), "--every", "100ms",
                               "--for", "1s", "-o", str(self.place / "soak")],
                              capture_output=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 4)
        self.assertNotIn(b"\x1b", done.stdout)
        self.assertRegex(done.stdout, rb"(?m)^\d\d:\d\d:\d\d .*not enough data")


if __name__ == "__main__":
    LEAKWATCH = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=1)
