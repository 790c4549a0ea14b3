"""The live view on real terminals of several sizes, and in a pipe: view_test.py PLAY_VIEW"""

import os
import subprocess
import sys
import tempfile
import time

PLAY = sys.argv[1]


class Terminal:
    """A tmux server of our own, with one window."""

    def __init__(self, columns, rows, command, environment=()):
        self.directory = tempfile.TemporaryDirectory()
        self.socket = os.path.join(self.directory.name, "tmux")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
                  "env", "LANG=C.UTF-8", *environment, "sh", "-c", command + "; sleep 60")

    def tmux(self, *words):
        return subprocess.run(["tmux", "-u", "-S", self.socket, *words], check=True,
                              capture_output=True, text=True).stdout

    def screen(self, *options):
        return self.tmux("capture-pane", "-p", *options)

    def wait_for(self, text, *options):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            shown = self.screen(*options)
            if text in shown:
                return shown
            time.sleep(0.02)
        raise SystemExit(f"not on the screen: {text}\n{shown}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True)
        self.directory.cleanup()


def check(what, held):
    if not held:
        raise SystemExit(f"not so: {what}")


def main():
    for columns, rows in ((80, 24), (200, 50), (40, 15)):
        with Terminal(columns, rows, f"{PLAY} 40 100") as terminal:
            shown = terminal.wait_for("normal 2 of 2")
            check(f"{columns}x{rows} has the rate", "of 200/s" in shown)
            check(f"{columns}x{rows} has the labels", "search" in shown)
            check("names are text", r"\x1b" in shown or rows < 20)
            if len(sys.argv) > 2:
                print(shown)
            shown = terminal.wait_for("normal is over")
            check("the page is gone", "under way" not in shown)
    with Terminal(80, 24, f"{PLAY} 40 100", ["NO_COLOR=1"]) as terminal:
        terminal.wait_for("normal 2 of 2")
        shown = terminal.screen("-e")
        check("NO_COLOR has no colours", "\x1b[36m" not in shown and "\x1b[31m" not in shown)
    with Terminal(80, 24, f"{PLAY} 40 100 800") as terminal:
        terminal.wait_for("near its limit")
    lines = subprocess.run([PLAY, "40", "1"], stdin=subprocess.PIPE, capture_output=True,
                           text=True, check=True).stdout.splitlines()
    check("a pipe gets a line every 10 s and at the ends of stages",
          [line.split(" ")[0] for line in lines] ==
          ["00:00:10", "fault:", "00:00:20", "warm-up", "00:00:30", "00:00:40", "normal"])
    check("a pipe gets no escapes", not any("\x1b" in line for line in lines))
    if len(sys.argv) > 2:
        print("\n".join(lines))


main()
