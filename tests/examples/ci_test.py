#!/usr/bin/env python3
"""The pipelines of examples/ci: they are what their programs take, and do what they say.

    ci_test.py ROOT BUILD CASE
    ci_test.py --cases
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from checking import check, wait_for

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


class Tree:
    def __init__(self, root, build):
        self.root, self.build = pathlib.Path(root), pathlib.Path(build)
        self.ci = self.root / "examples/ci"
        self.tools = {name: self.build / "tools" / name / name
                      for name in ("signoff", "pressure", "memprof", "leakwatch", "flamegraph")}

    def github(self):
        jobs = yaml.safe_load((self.ci / "github-actions.yml").read_text())["jobs"]
        return jobs["signoff"]

    def gitlab(self):
        return yaml.safe_load((self.ci / "gitlab-ci.yml").read_text())["signoff"]

    def texts(self):
        """Everything that a shell runs, by where it is from."""
        gitlab = self.gitlab()
        unit = (self.ci / "signoff@.service").read_text()
        return {
            "nightly.sh": (self.ci / "nightly.sh").read_text(),
            "github-actions.yml": "\n".join(step.get("run", "") for step in self.github()["steps"]),
            "gitlab-ci.yml": "\n".join(gitlab["before_script"] + gitlab["script"]),
            "signoff@.service": "\n".join(re.findall(r"^ExecStart=(.*)", unit, re.MULTILINE)),
        }


def signoff_calls(text):
    """["signoff", "run", ...] for each call in a shell's text."""
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if line.lstrip().startswith("#"):
            continue
        for part in re.split(r"[;|&]{1,2}", line):
            words = shlex.split(part, comments=False, posix=True) if part.count('"') % 2 == 0 else []
            for at, word in enumerate(words):
                if word.rpartition("/")[2] == "signoff" and words[at + 1:at + 2] in (["run"], ["report"]):
                    yield words[at:]


@case
def each_option_is_one_that_signoff_has(tree, _):
    for place, text in tree.texts().items():
        calls = list(signoff_calls(text))
        check(calls or place == "signoff@.service", f"{place}: no call of signoff")
        for call in calls:
            shown = subprocess.run([tree.tools["signoff"], call[1], "--help"], capture_output=True, text=True,
                                   check=True).stdout
            for word in call[2:]:
                if re.fullmatch(r"--?[a-z][a-z-]*", word):
                    check(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", shown), f"{place}: {word} in {call}")


@case
def each_file_that_they_keep_is_one_that_signoff_writes(tree, scratch):
    night = run_quick(tree, scratch)
    steps = tree.github()["steps"]
    kept = [path for step in steps if "upload-artifact" in step.get("uses", "") for path in step["with"]["path"].split()]
    for path in kept + tree.gitlab()["artifacts"]["paths"]:
        name = pathlib.Path(path).name
        # Nobody is to be told of it, so that there is no record of it.
        check(name == "alerts.json" or (night / name).exists(), f"{path}: signoff writes no such file")
    caches = [step["with"] for step in steps if "/cache/" in step.get("uses", "")]
    check(len(caches) == 2 and caches[0]["path"] == caches[1]["path"], "a cache is found again by its paths")


@case
def each_step_of_the_pipelines_is_shell(tree, scratch):
    script = scratch / "script.sh"
    for place, text in tree.texts().items():
        script.write_text(re.sub(r"\$\{\{.*?\}\}", "x", text) + "\n")
        subprocess.run(["sh", "-n", script], check=True)
        if place == "nightly.sh":
            subprocess.run(["shellcheck", script], check=True)
        for program in re.findall(r"(?:^|\s)(cmake/[a-z-]+|examples/[\w./-]+)", text):
            check((tree.root / program).exists(), f"{place}: no {program}")
    for job in (tree.github()["env"], tree.gitlab()["variables"]):
        check((tree.root / job["CAMPAIGN"]).exists(), "the campaign")


@case
def systemd_takes_the_units(tree, scratch):
    for kind in ("service", "timer"):
        shutil.copy(tree.ci / f"signoff@.{kind}", scratch / f"signoff@x.{kind}")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *sorted(scratch.glob("signoff@x.*"))],
                          capture_output=True, text=True, check=False,
                          env=os.environ | {"SYSTEMD_UNIT_PATH": f"{scratch}:"})
    said = [line for line in done.stderr.splitlines() if "signoff@" in line]
    check(not said, said)


def with_tools(tree):
    return os.environ | {"PATH": ":".join([str(path.parent) for path in tree.tools.values()] + [os.environ["PATH"]])}


def run_quick(tree, scratch, *options):
    done = subprocess.run([tree.tools["signoff"], "run", tree.ci / "quick.toml", "-o", scratch / "quick",
                           "--history", scratch / "history.db", *options],
                          capture_output=True, text=True, check=False, cwd=tree.root, timeout=100)
    # A busy machine may leave it undecided.
    check(done.returncode in (0, 4), f"{done.returncode}: {done.stdout}{done.stderr}")
    return scratch / "quick"


class Nights:
    """Nights of nightly.sh with a campaign that looks at a process for a moment, and then does what a
    file says: pass, fail, or take long."""

    def __init__(self, tree, scratch):
        self.script, self.directory, self.scratch = tree.ci / "nightly.sh", scratch / "state", scratch
        self.environment = with_tools(tree)
        self.program = scratch / "program"
        (scratch / "tiny.toml").write_text(
            'name = "tiny"\n[target.sh]\ncommand = ["/bin/sh", "-c", ":"]\n'
            '[[phase]]\nname = "look"\ntool = "leakwatch"\nverdict = false\n'
            'args = ["watch", "--every", "20ms", "--for", "300ms", "--plain", "--", "sleep", "60"]\n'
            f'[[phase]]\nname = "say"\ntool = "command"\nargs = ["{self.program}"]\n')
        self.does("true")

    def does(self, what):
        self.program.write_text(f"#!/bin/sh\n{what}\n")
        self.program.chmod(0o755)

    def command(self, *options):
        return [str(word) for word in [self.script, self.directory, self.scratch / "tiny.toml", *options]]

    def night(self, *options, **environment):
        """The exit code and what was said. Directories have the second in their name."""
        before = set(self.kept())
        done = subprocess.run(self.command(*options), capture_output=True, text=True, check=False, timeout=60,
                              env=self.environment | environment)
        if set(self.kept()) - before:
            name = max(self.kept())
            wait_for(lambda: subprocess.run(["date", "-u", "+%Y-%m-%dT%H%M%SZ"], capture_output=True, text=True,
                                            check=True).stdout.strip() > name, "the next second")
        return done.returncode, done.stdout + done.stderr

    def kept(self):
        return sorted(path.name for path in (self.directory / "nights").glob("*"))

    def points_to(self, link):
        return (self.directory / link).resolve().name


@case
def a_night_leaves_its_reports(tree, scratch):
    nights = Nights(tree, scratch)
    code, said = nights.night()
    check(code == 0 and "signoff tiny: passed: " in said, f"{code}: {said}")
    for name in ("report.html", "junit.xml", "signoff.sarif", "summary.md", "metrics.prom", "signoff.json"):
        check((nights.directory / "latest" / name).stat().st_size > 0, name)
    check((nights.directory / "history.db").exists() and (nights.directory / "last.log").exists(), "history and log")
    check(nights.points_to("good") == nights.points_to("latest") == nights.kept()[0], "links")
    check(not (nights.directory / "current").exists(), "it is over")


@case
def a_night_exits_as_signoff_does(tree, scratch):
    nights = Nights(tree, scratch)
    nights.night()
    nights.does("exit 1")
    code, said = nights.night()
    check(code == 1 and "signoff tiny: FAILED: " in said, f"{code}: {said}")
    check(nights.points_to("good") != nights.points_to("latest"), "one that failed is not good")
    nights.does("exit 0")
    check(nights.night()[0] == 0, "it passes again")
    with (nights.directory / "latest/signoff.json").open() as file:
        check(json.load(file)["baseline"], "the good night was its baseline")
    code, said = nights.night("--no-such-option")
    check(code == 2 and "an option is wrong" in said and "no-such-option" in said, f"{code}: {said}")
    check(not (nights.directory / "current").exists(), "which is over")


@case
def it_keeps_as_many_nights_as_it_is_told(tree, scratch):
    nights = Nights(tree, scratch)
    nights.night()
    good = nights.kept()[0]
    nights.does("exit 1")
    for _ in range(3):
        nights.night(SIGNOFF_KEEP="2")
    check(len(nights.kept()) == 3 and nights.kept()[0] == good, f"two, and the good one {good}: {nights.kept()}")


@case
def one_that_was_killed_is_gone_on_with(tree, scratch):
    nights = Nights(tree, scratch)
    nights.does(f"touch {scratch}/there; sleep 60")
    script = subprocess.Popen(nights.command(), env=nights.environment, start_new_session=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for((scratch / "there").exists, "the phase has started")
    code, said = nights.night()
    check(code == 3 and "another night is still running" in said, f"{code}: {said}")
    os.killpg(script.pid, signal.SIGKILL)
    script.wait()
    check((nights.directory / "current").exists(), "where to go on is marked")
    nights.does("exit 0")
    code, said = wait_for(lambda: (lambda done: done[0] != 3 and done)(nights.night()), "the lock is free", 20)
    check(code == 0, f"{code}: {said}")
    check(len(nights.kept()) == 1, "the same night")
    with (nights.directory / "latest/signoff.json").open() as file:
        runs = json.load(file)["phases"][1]["runs"]
    check([run.get("superseded", False) for run in runs] == [True, False], "what was cut off is shown")


@case
def one_that_was_asked_to_stop_is_gone_on_with(tree, scratch):
    nights = Nights(tree, scratch)
    nights.does(f"touch {scratch}/there; sleep 60")
    script = subprocess.Popen(nights.command(), env=nights.environment, start_new_session=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for((scratch / "there").exists, "the phase has started")
    os.killpg(script.pid, signal.SIGTERM)  # as systemctl stop does
    check(script.wait(30) == 3, f"exit code {script.returncode}")
    nights.does("exit 0")
    code, said = nights.night()
    check(code == 0 and len(nights.kept()) == 1, f"{code}: {said}: {nights.kept()}")


if __name__ == "__main__":
    if sys.argv[1] == "--cases":
        print("\n".join(CASES))
    else:
        with tempfile.TemporaryDirectory() as directory:
            CASES[sys.argv[3]](Tree(sys.argv[1], sys.argv[2]), pathlib.Path(directory))
