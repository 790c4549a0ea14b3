"""What the end-to-end tests of memprof share: running it, reading what it left,
and finding what it left running. Python's standard library only."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
from checking import free_port, wait_for  # noqa: E402

MEMPROF = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""
PROGRAMS = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else ""
MARK = "TIDEMARK_TEST_RUN"  # what every process of a run has in its environment


def processes_with(mark):
    """The pids of all processes whose environment has our mark, zombies left out."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as f:
                if f"{MARK}={mark}".encode() in f.read():
                    found.append(int(pid))
        except OSError:
            pass
    return [pid for pid in found if pid != os.getpid()]


def wait_until(condition, seconds, what):
    return wait_for(condition, what, seconds)


class Run:
    """One finished memprof: exit code, output, and the run directory."""

    def __init__(self, code, out, err, directory):
        self.code, self.out, self.err, self.directory = code, out, err, directory

    def json(self, name):
        with open(os.path.join(self.directory, name), encoding="utf-8") as f:
            return json.load(f)

    @property
    def verdict(self):
        return self.json("verdict.json")

    @property
    def findings(self):
        return self.json("findings.json")

    @property
    def notes(self):
        return "\n".join(self.json("run.json")["notes"])


class Place:
    """A temporary directory of its own for one test, gone afterwards."""

    def __init__(self, user=None):
        self.user = user
        self.path = tempfile.mkdtemp(prefix="memprof-test-")
        os.chmod(self.path, 0o755)
        if user:
            shutil.chown(self.path, user)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def file(self, name, text=""):
        path = os.path.join(self.path, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def start(self, *arguments, environment=None):
        """Starts memprof; gives the process and its mark."""
        mark = uuid.uuid4().hex
        env = dict(os.environ, **{MARK: mark}, **(environment or {}))
        env.pop("VALGRIND_OPTS", None)
        return subprocess.Popen(
            [MEMPROF, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=self.path, env=env, user=self.user, errors="replace",
            group=self.user, extra_groups=[] if self.user else None), mark

    def run(self, *arguments, limit=120, environment=None):
        """`memprof run` to its end; fails when it left anything running."""
        directory = os.path.join(self.path, "run")
        shutil.rmtree(directory, ignore_errors=True)
        process, mark = self.start("run", "-o", directory, *arguments, environment=environment)
        try:
            out, err = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"memprof run {arguments} did not end within {limit} s") from None
        left = processes_with(mark)
        assert not left, f"left running: {left}"
        return Run(process.returncode, out, err, directory)


def expect(condition, what, run=None):
    if not condition:
        text = f"expected {what}"
        if run is not None:
            text += f"\nexit code {run.code}\n--- stdout\n{run.out[:4000]}\n--- stderr\n{run.err[:2000]}"
        raise AssertionError(text)


def main(tests):
    """Runs the test that the command line names."""
    name = sys.argv[3]
    begin = time.monotonic()
    tests[name]()
    print(f"{name}: passed in {time.monotonic() - begin:.1f} s")


