#!/usr/bin/env python3
"""Campaigns from end to end, on programs that end well, badly, late or never.

    run_test.py BUILD SIGNOFF NAME
"""

import json
import os
import pathlib
import pty
import random
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT / "tests"))
from checking import check, wait_for  # noqa: E402

BUILD = pathlib.Path(sys.argv[1]).resolve()
SIGNOFF = pathlib.Path(sys.argv[2]).resolve()
ACTOR = BUILD / "tests/programs/process_actor"

HEAD = """name = "try"
[target.app]
command = ["/bin/sleep", "1000"]
env = { TIDEMARK_MARK = "@" }
"""


def phase(name, *script, **keys):
    """A phase that runs a shell script, or a program with its arguments."""
    args = ["/bin/sh", "-c", script[0]] if len(script) == 1 else [str(word) for word in script]
    lines = [f"[[phase]]\nname = {json.dumps(name)}\ntool = 'command'\nargs = {json.dumps(args)}"]
    return "\n".join(lines + [f"{key} = {json.dumps(value)}" for key, value in keys.items()]) + "\n"


class Campaign:
    """A campaign file in a directory of its own, and the one that it is run into."""

    def __init__(self, place, *sections, head=HEAD):
        self.place = pathlib.Path(place)
        self.mark = f"{os.getpid()}-{random.random()}"
        self.file = self.place / "c.toml"
        self.out = self.place / "out"
        self.file.write_text(head.replace("@", self.mark) + "".join(sections))

    def words(self, verb, *words):
        return [str(word) for word in [SIGNOFF, verb, *words]]

    def start(self, *words):
        return subprocess.Popen(self.words("run", "-o", self.out, self.file, *words), cwd=self.place,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def go_on(self):
        return subprocess.Popen(self.words("run", "--resume", self.out), cwd="/",
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *words, code=0):
        return finish(self.start(*words), code)

    def journal(self):
        try:
            return json.loads((self.out / "signoff.json").read_text())
        except FileNotFoundError:
            return {"phases": []}

    def phase(self, name):
        found = [one for one in self.journal()["phases"] if one["name"] == name]
        check(found, f"there is a phase {name}")
        return found[0]

    def runs(self, name):
        return self.phase(name)["runs"]

    def under_way(self, name):
        """Whether the phase has a run that has started in earnest."""
        return any(one["name"] == name and any(run["ended_ms"] == 0 for run in one["runs"])
                   for one in self.journal()["phases"]) and self.processes()

    def processes(self):
        """All that has the mark of the target in its environment, however far from us."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                if f"TIDEMARK_MARK={self.mark}".encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                pass
        return found

    def expect_nothing_left(self, limit=20):
        wait_for(lambda: not self.processes(), "no process stays behind", limit)


def finish(process, code):
    out, err = process.communicate(timeout=120)
    check(process.returncode == code, f"exit {code}, not {process.returncode}\n{out}\n{err}")
    return out + err


def states(runs):
    return [(run["attempt"], run["state"], run["superseded"]) for run in runs]


def a_campaign_that_is_well(place):
    campaign = Campaign(place, phase("a", "echo one", repeat=2), phase("b", "echo two", needs=["a"]))
    said = campaign.run()
    check(campaign.journal()["state"] == "passed", "it passed")
    check([run["repetition"] for run in campaign.runs("a")] == [1, 2], "both repetitions are there")
    check((campaign.out / "runs/app/a/command.2.log").read_text() == "one\n", "what it said is kept")
    check("[1/2] a: command.2 passed in" in said, f"a line for each run that ended:\n{said}")
    check("\x1b" not in said and "\r" not in said, "plain lines in a pipe")
    check(campaign.runs("a")[1]["ended_ms"] <= campaign.runs("b")[0]["started_ms"], "in their order")


def a_finding_is_a_failure(place):
    campaign = Campaign(place, phase("a", "echo bad; exit 1", retries=3), phase("b", ":", needs=["a"]),
                        phase("c", ":", after=["a"]))
    campaign.run(code=1)
    check(states(campaign.runs("a")) == [(1, "failed", False)], "a finding is not tried again")
    check(campaign.runs("a")[0]["why"] == "exit code 1: bad", "what it said last is the reason")
    check(campaign.phase("b")["why"] == "it needs a, which failed", campaign.phase("b")["why"])
    check(campaign.phase("c")["state"] == "passed", "what only comes after it is done")


def retries_are_shown(place):
    script = "echo x >> {campaign}/tries; test $(wc -l < {campaign}/tries) = 3 || exit 3"
    campaign = Campaign(place, phase("a", script, retries=2), phase("b", "exit 3", retries=1),
                        phase("c", ":", after=["b"]))
    said = campaign.run(code=3)
    check(states(campaign.runs("a")) == [(1, "not done", True), (2, "not done", True), (3, "passed", False)],
          f"{states(campaign.runs('a'))}")
    check(campaign.phase("a")["state"] == "passed", "the last attempt counts")
    check(states(campaign.runs("b")) == [(1, "not done", True), (2, "not done", False)], "no more than declared")
    check(campaign.phase("c")["why"] == "it comes after b, which was not done", campaign.phase("c")["why"])
    check("once more" in said, said)


def a_missing_tool_is_not_done(place):
    campaign = Campaign(place, phase("a", "no-such-program", "x"), phase("b", ":", requires={}),
                        phase("c", ":").replace("tool", "requires = { programs = ['no-such-needed'] }\ntool"))
    said = campaign.run(code=3)
    check(campaign.phase("a")["state"] == "not done", "never passed")
    check("apt-get install no-such-program" in campaign.phase("a")["why"], campaign.phase("a")["why"])
    check("no-such-needed is not installed" in campaign.phase("c")["why"], "what a phase requires too")
    check(campaign.phase("b")["state"] == "passed", "others go on")
    check(said.index("a cannot be done here") < said.index("b: command started"), "said before all else")


def parallel_phases_overlap(place):
    wait = "sleep 1"
    campaign = Campaign(place, phase("a", wait, parallel=True), phase("b", wait, parallel=True),
                        phase("c", wait, parallel=True, cpus=os.cpu_count()), phase("d", wait))
    campaign.run()
    a, b, c, d = (campaign.phase(name) for name in "abcd")
    if os.cpu_count() > 1:
        check(b["started_ms"] < a["ended_ms"], "two beside each other")
    check(c["started_ms"] >= max(a["ended_ms"], b["ended_ms"]), "one that takes all CPUs is alone")
    check(d["started_ms"] >= c["ended_ms"], "one that is not parallel is alone")


def a_selection(place):
    head = HEAD + "[target.other]\n"
    campaign = Campaign(place, phase("a", ":"), phase("b", ":", needs=["a"]), phase("c", ":"), head=head)
    campaign.run("--only", "b*", "--only", "other/c", "--skip", "app/b")
    found = {f"{one['target']}/{one['name']}": one["state"] for one in campaign.journal()["phases"]}
    check(found == {"app/a": "skipped", "other/a": "skipped", "app/b": "skipped", "other/b": "passed",
                    "app/c": "skipped", "other/c": "passed"}, f"{found}")
    said = finish(campaign.start("--only", "d"), 2)
    check("--only 'd': there is no such phase" in said, said)


def a_time_out_ends_the_whole_tree(place):
    campaign = Campaign(place, phase("a", ACTOR, "family", 2, "stubborn", timeout="1s"), phase("b", ":"))
    campaign.run(code=3)
    run = campaign.runs("a")[0]
    check("it took longer than its time-out of 1s" in run["why"], run["why"])
    check(run["state"] == "not done" and run["exit_code"] == -1, "not done")
    check(run["ended_ms"] - run["started_ms"] < 15000, "ended in time")
    check(not campaign.processes(), "all of it is gone")
    check(campaign.phase("b")["state"] == "passed", "the rest goes on")


WAITS = "test -e {campaign}/go || exec %s family 2 sleep" % ACTOR


def an_interrupt_keeps_what_was_done(place):
    campaign = Campaign(place, phase("a", ":"), phase("b", WAITS), phase("c", ":"))
    process = campaign.start()
    wait_for(lambda: campaign.under_way("b"), "b runs")
    process.send_signal(signal.SIGINT)
    said = finish(process, 3)
    check("goes on" in said, said)
    check(not campaign.processes(), "no process is left when it ends")
    before = campaign.phase("a")
    check(before["state"] == "passed", "what was done is kept")
    check(campaign.runs("b")[0]["why"].startswith("interrupted by SIGINT"), campaign.runs("b")[0]["why"])
    check(campaign.phase("c")["why"] == "not begun: interrupted", campaign.phase("c")["why"])
    (campaign.place / "go").touch()
    finish(campaign.go_on(), 0)
    check(campaign.phase("a") == before, "a phase that ended is not done again")
    check(states(campaign.runs("b")) == [(1, "not done", True), (2, "passed", False)], "in a fresh directory")
    check(campaign.phase("c")["state"] == "passed", "to the end")


def a_second_signal_ends_it_at_once(place):
    campaign = Campaign(place, phase("a", ACTOR, "family", 2, "stubborn"))
    process = campaign.start()
    wait_for(lambda: campaign.under_way("a"), "a runs")
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)  # the first is being obeyed
    check(process.poll() is None, "the first waits for what is stubborn")
    sent = time.monotonic()
    process.send_signal(signal.SIGTERM)
    finish(process, 3)
    check(time.monotonic() - sent < 3, "the second does not")
    check(not campaign.processes(), "no process is left")


def a_kill_leaves_nothing_and_is_resumed(place):
    campaign = Campaign(place, phase("a", ":"), phase("b", WAITS), phase("c", ":", needs=["b"]))
    process = campaign.start()
    wait_for(lambda: len(campaign.processes()) > 4, "all of b runs")
    process.kill()
    process.communicate()
    (campaign.place / "go").touch()
    campaign.file.unlink()  # its copy is enough
    before = campaign.phase("a")
    check(campaign.runs("b")[0]["ended_ms"] == 0, "the journal knows what was under way")
    finish(campaign.go_on(), 0)
    campaign.expect_nothing_left()
    check(campaign.phase("a") == before, "a phase that ended is not done again")
    check(states(campaign.runs("b")) == [(1, "not done", True), (2, "passed", False)], "in a fresh directory")
    check(campaign.runs("b")[0]["why"] == "interrupted: signoff was killed", campaign.runs("b")[0]["why"])
    check(campaign.journal()["state"] == "passed", "to the end")


def killed_again_and_again(place):
    """At any moment: each execution is counted once in the end, and none twice."""
    campaign = Campaign(place, *(phase(f"p{i}", "echo x >> {dir}/did; sleep 0.05", repeat=3) for i in range(6)))
    chance = random.Random(7)
    process = campaign.start()
    kills = 0
    while True:
        try:
            process.communicate(timeout=0.1 + chance.random() * 0.5)
            break
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
            begun = campaign.journal()["phases"]
            process = campaign.go_on() if begun else campaign.start()
    check(process.returncode == 0, f"exit {process.returncode}")
    check(kills > 2, f"it was killed {kills} times")
    for one in campaign.journal()["phases"]:
        count = [run["repetition"] for run in one["runs"] if not run["superseded"]]
        check(count == [1, 2, 3], f"{one['name']}: {count}")
        for run in one["runs"]:
            did = campaign.out / run["directory"] / "did"
            # The shell may have been killed between making the file and writing to it.
            check(not did.exists() or did.read_text() in ("", "x\n"), f"{did}: no directory is used twice")
    campaign.expect_nothing_left()
    check(not list(campaign.out.glob("**/*.scratch")), "no scratch directory is left")


def two_in_one_directory(place):
    campaign = Campaign(place, phase("a", WAITS))
    process = campaign.start()
    wait_for(lambda: campaign.under_way("a"), "a runs")
    said = finish(campaign.go_on(), 3)
    check(f"another signoff writes there (process {process.pid})" in said, said)
    said = finish(campaign.start(), 3)
    check("a campaign is there already" in said, said)
    process.send_signal(signal.SIGINT)
    finish(process, 3)


def the_guard_stops_what_runs(place):
    campaign = Campaign(place, phase("a", "sleep 1000"), phase("b", ":"))
    campaign.run("--max-memory", "1", "--only", "a", code=3)
    check("the guard stopped it: " in campaign.runs("a")[0]["why"], campaign.runs("a")[0]["why"])
    check(not campaign.processes(), "it is gone")


def on_a_terminal_a_line_changes(place):
    campaign = Campaign(place, phase("a", "sleep 1"))
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["LC_ALL"] = "C"
        os.execv(SIGNOFF, campaign.words("run", "-o", campaign.out, campaign.file))
    shown = b""
    while True:
        try:
            shown += os.read(terminal, 65536)
        except OSError:
            break
    check(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, "it passed")
    text = shown.decode(errors="replace")
    check("] 0 %, 10s left  a: command 0s of about 10s" in text, f"{text!r}")
    check("[1/1] a: command passed in" in text, "what ended stays above")


def a_wrong_baseline_leaves_no_directory(place):
    campaign = Campaign(place, phase("a", ":"))
    for baseline in ("nowhere", "last", place):
        done = campaign.start("--baseline", baseline)
        said = done.communicate(timeout=60)
        check(done.returncode in (2, 3) and "baseline" in said[1] or "directory" in said[1], f"{said}")
        check(not campaign.out.exists(), f"{baseline} left {campaign.out}")
    campaign.run()


def check_says_it_in_words(place):
    campaign = Campaign(place, phase("a", "no-such-program", "x", repeat=2),
                        phase("b", ":", needs=["a"], timeout="5m"), "[budget.b]\nlimits = ['errors < 1%']\n")
    done = subprocess.run(campaign.words("check", campaign.file, "--scale", "0.5"), capture_output=True,
                          text=True, check=False)
    check(done.returncode == 1, "something is missing")
    for line in ["1 target, 2 phases, about 30s one after the other; a rehearsal: all times are multiplied by 0.5",
                 " 1. a", "    command: command, 2 times, about 10s, 30m at most", "    only if a passed",
                 "    command: command, about 10s, 2m30s at most", "    errors < 1%, in b", "Missing here:",
                 "    no-such-program is not installed: apt-get install no-such-program", "        for a"]:
        check(f"{line}\n" in done.stdout, f"{line!r} in\n{done.stdout}")
    done = subprocess.run(campaign.words("check", campaign.file, "--only", "b"), capture_output=True,
                          text=True, check=False)
    check(done.returncode == 0 and "Nothing that it needs is missing here." in done.stdout, done.stdout)
    campaign = Campaign(place, "[[phase]]\nname = 'a'\ntool = 'command'\nargs = ['env', '{command}']\n",
                        head=HEAD.replace('"1000"', '"{env.HOW_LONG}"'))
    done = subprocess.run(campaign.words("check", campaign.file), capture_output=True, text=True, check=False)
    check(done.returncode == 1 and "the variable HOW_LONG is not set\n        for a\n" in done.stdout, done.stdout)


def check_knows_what_a_profiler_needs(place):
    """memprof itself says so, before anything runs."""
    runs = "".join(f"""[[phase.run]]
name = '{name}'
tool = 'memprof'
args = ["run", {with_} "--for", "{{time 1s}}", "--", "{{command}}"]
""" for name, with_ in (("default", ""), ("massif", '"--with=massif",'), ("asan", '"--with", "lsan-log",')))
    campaign = Campaign(place, "[[phase]]\nname = 'memory'\n", runs)
    bare = {**os.environ, "PATH": str(campaign.place)}
    done = subprocess.run(campaign.words("check", campaign.file), env=bare, capture_output=True, text=True,
                          check=False)
    check(done.returncode == 1, done.stdout + done.stderr)
    for line in ["    memcheck is not installed: valgrind was not found; apt install valgrind",
                 "    massif is not installed: valgrind was not found; apt install valgrind",
                 "    lsan-log needs a target built with a sanitizer, and /bin/sleep is not"]:
        check(line in done.stdout, f"{line!r} in\n{done.stdout}")
    done = subprocess.run(campaign.words("check", campaign.file), capture_output=True, text=True, check=False)
    check("valgrind was not found" not in done.stdout, done.stdout)
    said = campaign.run(code=3)
    check(said.index("needs a target built with a sanitizer") < said.index("memory: default started"),
          f"said before all else\n{said}")


def a_flame_graph_of_what_ran_before_it(place):
    """Of redis under massif: drawn by flamegraph in the same phase, held to a budget, and in the report."""
    head = """name = "real"
[target.redis]
command = ["redis-server", "--port", "{port}", "--save", "", "--dir", "{scratch}"]
ready = "tcp:{port}"
url = "redis://127.0.0.1:{port}"
load = { fill = "redis-benchmark -p {port} -t set -n 2000 -r 1000 -d 200 -q" }

[[phase]]
name = "memory"
[[phase.run]]
name = "massif"
tool = "memprof"
args = ["run", "--with", "massif", "--load", "{load.fill}", "--ready", "{ready}", "--", "{command}"]
verdict = false
[[phase.run]]
name = "page"
tool = "flamegraph"
args = ["html", "{dir}/../massif.1/profile.pb.gz", "-o", "{dir}/flame.html"]
[[phase.run]]
name = "picture"
tool = "flamegraph"
args = ["svg", "{dir}/../massif.1/profile.pb.gz", "--title", "Redis", "-o", "{dir}/flame.svg"]

[[phase]]
name = "broken"
tool = "flamegraph"
args = ["svg", "{dir}/nothing.pb.gz", "-o", "{dir}/flame.svg"]

[budget.memory]
limits = ['"main" < 64MiB', '"main" > 100KiB']
"""
    campaign = Campaign(place, head=head)
    campaign.run(code=3)
    check(campaign.phase("memory")["state"] == "passed", campaign.phase("memory"))
    for rule in campaign.journal()["rules"]:
        check(rule["state"] == "passed" and rule["run"] in ("", "massif"), rule)
    runs = campaign.out / "runs/redis/memory"
    picture = (runs / "picture.1/flame.svg").read_text()
    check(">Redis<" in picture and "main (" in picture, "functions of redis in the picture")
    check("<script" in (runs / "page.1/flame.html").read_text(), "the page is whole")
    page = (campaign.out / "report.html").read_text()
    for link in ("page.1/flame.html", "picture.1/flame.svg"):
        check(f'href="./runs/redis/memory/{link}"' in page, f"no link to {link}")
    check('<svg class="flame"' in page, "the picture itself")
    broken = campaign.phase("broken")
    check(broken["state"] == "not done", broken)


def our_tools_write_where_they_are_told(place):
    head = f"""name = "real"
[target.service]
command = ["{BUILD}/examples/leaky-service/leaky-service", "--port", "{{port}}"]
ready = "http://127.0.0.1:{{port}}/health"
url = "http://127.0.0.1:{{port}}"
load = {{ normal = "s.toml" }}
"""
    run = "[[phase]]\nname = '{0}'\ntool = '{0}'\nverdict = {1}\nparallel = true\nargs = {2}\n".format
    (pathlib.Path(place) / "s.toml").write_text(
        "[load]\nstages = [{ rate = 20, hold = '100s' }]\n[mix]\na = { get = '/health' }\n")
    campaign = Campaign(
        place,
        run("pressure", "true", ["run", "{load.normal}", "--target", "{url}", "{rehearse}", "--", "{command}"]),
        run("memprof", "false", ["run", "--with", "massif", "--ready", "{ready}", "--for", "{time 100s}", "--",
                                 "{command}"]),
        run("leakwatch", "false", ["watch", "--for", "{time 100s}", "--plain", "--", "{command}"]), head=head)
    done = campaign.start("--scale", "0.02")
    said = done.communicate(timeout=120)
    # On a machine that others use pressure may not have been punctual enough to measure.
    check(done.returncode in (0, 4), f"{said}")
    for tool in ("pressure", "memprof", "leakwatch"):
        directory = campaign.out / "runs/service" / tool / f"{tool}.1"
        made = json.loads((directory / "run.json").read_text())
        check(made["tool"] == tool and made["state"] == "ended", f"{tool}: {made}")
        check(campaign.runs(tool)[0]["directory"] == f"runs/service/{tool}/{tool}.1", "as the journal says")
        check(campaign.runs(tool)[0]["exit_code"] in (0, 4), f"{campaign.runs(tool)[0]}")


def the_last_that_passed_is_the_baseline(place):
    head = "name = 'real'\nhistory = 'h.db'\n[target.app]\ncommand = ['/bin/true']\nflavour = '{}'\n"
    run = "[[phase]]\nname = 'a'\ntool = 'memprof'\nargs = ['run', '--with', 'memcheck', '--', '{command}']\n"
    campaign = Campaign(place, run, head=head.format("release"))
    first = campaign.out.with_name("first")
    campaign.run()
    campaign.out.rename(first)
    said = finish(campaign.start("--baseline", "last"), 2)
    check("with its directory still there" in said, f"it was moved away:\n{said}")
    first.rename(campaign.out)
    again = Campaign(place, run, head=head.format("release"))
    again.out = again.place / "again"
    again.run("--baseline", "last")
    check(again.journal()["baseline"] == str(campaign.out), f"{again.journal()['baseline']}")
    finish(again.go_on(), 0)
    check(again.journal()["baseline"] == str(campaign.out), "what goes on is not its own baseline")
    other = Campaign(place, run, head=head.format("asan"))
    other.out = other.place / "other"
    said = finish(other.start("--baseline", "last"), 2)
    check("of this flavour" in said, f"another flavour is no baseline:\n{said}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="tidemark-signoff-") as directory:
        os.environ["XDG_STATE_HOME"] = directory  # where its history goes
        globals()[sys.argv[3]](directory)
