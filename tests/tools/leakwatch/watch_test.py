#!/usr/bin/env python3
"""leakwatch watch on real programs: one test a case.

    watch_test.py LEAKWATCH BUILD CASE      runs one
    watch_test.py --cases quick|slow        lists those that are quick, or slow
"""

import os
import pathlib
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time

from watching import (Failed, Service, Watch, alive, check, column, events, free_port, run, run_json,
                      rows, verdict, wait_for)

FAST = ("--every", "20ms")
SLOW = {"redis_under_load", "disk_full_for_a_while", "finds_the_leak_of_the_example_service",
        "webhook_is_tried_again"}
CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def columns_named(directory, name):
    return [value for _, value in column(directory, name)]


@case
def follows_forks_and_exits(leakwatch, scratch, _):
    program = ("import os, time\n"
               "kids = [os.fork() for _ in range(2)]\n"
               "time.sleep(0.8)\n")
    code, _ = run(leakwatch, *FAST, "--", "python3", "-c", program, directory=scratch / "s")
    check(code == 4, f"exit code {code}")
    counts = columns_named(scratch / "s", "processes")
    # Each fork doubles them: 1, 2, 4; then all end.
    check(max(counts) == 4, f"at most {max(counts)} processes were seen")
    check(counts[-1] == 0, "it ended, and the last row does not say so")


@case
def an_orphan_stays_a_member(leakwatch, scratch, _):
    program = "sh -c 'sleep 30 & echo $!' ; sleep 30"
    with Watch(leakwatch, *FAST, "--", "sh", "-c", program, directory=scratch / "s") as watch:
        wait_for(lambda: len(columns_named(scratch / "s", "processes")) > 20
                 if (scratch / "s/series.db").exists() else False, "rows")
        orphan = int((scratch / "s/target.stdout").read_text())
        watch.end()
        check(columns_named(scratch / "s", "processes")[-1] == 3, "the orphan is not in the tree")
        check(not alive(orphan), "what we started outlived us")


@case
def a_signal_ends_what_we_started(leakwatch, scratch, _):
    with Watch(leakwatch, "--", "sh", "-c", "sleep 60 & echo $!; wait",
               directory=scratch / "s") as watch:
        text = scratch / "s/target.stdout"
        wait_for(lambda: text.exists() and text.read_text(), "the target's output")
        child = int(text.read_text())
        watch.kill()
        wait_for(lambda: not alive(child), "the end of the target after SIGKILL of the watcher")


@case
def never_ends_what_it_did_not_start(leakwatch, scratch, _):
    target = subprocess.Popen(["sleep", "60"])
    try:
        code, _ = run(leakwatch, *FAST, "--pid", target.pid, "--for", "300ms",
                      directory=scratch / "s")
        check(code == 4 and target.poll() is None, "the target was touched")
    finally:
        target.kill()
        target.wait()


@case
def says_how_the_target_ended(leakwatch, scratch, _):
    code, output = run(leakwatch, *FAST, "--", "sh", "-c", "sleep 0.2; kill -SEGV $$",
                       directory=scratch / "s")
    check(code == 3, f"exit code {code}")
    check("SIGSEGV" in output and "SIGSEGV" in verdict(scratch / "s")["failure"], output)
    check(run_json(scratch / "s")["end"]["kind"] == "signalled", "run.json does not say it")


@case
def a_restart_is_a_new_life(leakwatch, scratch, _):
    # A program of our own name, so that the test meets no other.
    program = scratch / f"soaked{os.getpid()}"
    program.symlink_to("/bin/sleep")
    first = subprocess.Popen([program, "60"])
    with Watch(leakwatch, *FAST, "--pid", first.pid, directory=scratch / "s") as watch:
        wait_for(lambda: events(scratch / "s", "life"), "the first life")
        first.kill()
        first.wait()
        wait_for(lambda: events(scratch / "s", "down"), "that it is down")
        other = subprocess.Popen([program, "61"])  # not the same command line
        second = subprocess.Popen([program, "60"])
        try:
            wait_for(lambda: len(events(scratch / "s", "life")) == 2, "the second life")
            watch.end()
        finally:
            for process in (other, second):
                process.kill()
                process.wait()
    check(events(scratch / "s", "life")[1][2] == second.pid, "another process was taken for it")
    check(verdict(scratch / "s")["lives"] == 2, "verdict.json")


@case
def a_name_finds_whoever_comes(leakwatch, scratch, _):
    program = scratch / f"named{os.getpid() % 10000}"
    program.symlink_to("/bin/sleep")
    with Watch(leakwatch, *FAST, "--name", program.name, directory=scratch / "s") as watch:
        wait_for(lambda: (scratch / "s/series.db").exists(), "the soak")
        for expected in (1, 2):
            target = subprocess.Popen([program, "60"])
            wait_for(lambda: len(events(scratch / "s", "life")) == expected, f"life {expected}")
            target.kill()
            target.wait()
            wait_for(lambda: len(events(scratch / "s", "down")) == expected, f"end {expected}")
        watch.end()


@case
def gives_up_on_a_target_that_stays_away(leakwatch, scratch, _):
    target = subprocess.Popen(["sleep", "0.3"])
    code, output = run(leakwatch, *FAST, "--pid", target.pid, "--restart-within", "300ms",
                       directory=scratch / "s", limit=10)
    target.wait()
    check(code == 4, f"exit code {code}: {output}")


@case
def limits_are_alarms(leakwatch, scratch, _):
    with Service() as service:
        started = time.monotonic()
        code, output = run(
            leakwatch, *FAST, "--for", "60s", "--max-anon", "30MB", "--stop-on", "limit",
            "--webhook", service.url + "/hook", "--evidence", "snapshot",
            "--on-alarm", 'sh -c "echo $TIDEMARK_ALARM"', "--",
            "python3", "-c", "import time\nheld=[]\nfor i in range(400):\n held.append(b'x'*1000000)\n"
            " time.sleep(0.01)", directory=scratch / "s")
        check(time.monotonic() - started < 30, "it was not stopped by the limit")
        check(code == 1, f"exit code {code}: {output}")
        check(service.posted and service.posted[0]["limits_exceeded"][0]["limit"] == "--max-anon",
              f"the webhook got {service.posted}")
    check("anon reached" in (scratch / "s/alarm-1.log").read_text(), "--on-alarm")
    check(list((scratch / "s/raw/alarm-1").glob("*.smaps")), "no evidence was taken")
    check("anon reached" in run_json(scratch / "s")["cut_short"], "run.json")


@case
def webhook_is_tried_again(leakwatch, scratch, _):
    with Service(refuse=2) as service:
        code, output = run(leakwatch, *FAST, "--for", "200ms", "--max-fds", "1", "--webhook",
                           service.url, "--", "sleep", "60", directory=scratch / "s")
        check(code == 1 and len(service.posted) == 1, f"{code}, {service.posted}")
        check("the webhook was told, at attempt 3" in output, output)


@case
def metrics_are_on_the_same_clock(leakwatch, scratch, _):
    with Service() as service:
        code, output = run(leakwatch, *FAST, "--for", "1s",
                           "--metric", f"requests={service.url}#/served/1/total",
                           "--metric", f"hits={service.url}/metrics#hits_total",
                           "--metric", f"none={service.url}/metrics#absent",
                           "--", "sleep", "60", directory=scratch / "s")
        check(code == 4, f"{code}: {output}")
        requests = columns_named(scratch / "s", "requests")
        check(len(requests) > 20 and requests == sorted(requests), f"{requests[:5]}")
        check(columns_named(scratch / "s", "metric:hits")[-1] % 1000 == 0, "hits")
        check("--metric none: no sample of 'absent'" in output, output)


@case
def without_smaps_it_never_reads_them(leakwatch, scratch, _):
    for words, expected in ((["--no-smaps"], 0), ([], 1)):
        trace = scratch / f"trace{expected}"
        command = ["strace", "-f", "-e", "trace=openat", "-o", trace, leakwatch, "watch",
                   *FAST, "--for", "300ms", *words, "-o", scratch / f"s{expected}", "--", "sleep",
                   "60"]
        subprocess.run([str(word) for word in command], stdout=subprocess.DEVNULL, check=False)
        reads = sum("smaps" in line for line in trace.read_text().splitlines())
        check((reads > 0) == bool(expected), f"{reads} reads of smaps with {words}")


@case
def resumes_and_marks_the_gap(leakwatch, scratch, _):
    target = subprocess.Popen(["sleep", "60"])
    try:
        with Watch(leakwatch, *FAST, "--pid", target.pid, "--for", "2s",
                   directory=scratch / "s") as watch:
            wait_for(lambda: events(scratch / "s", "life") and len(rows(scratch / "s")) > 20,
                     "rows")
            watch.kill()
        before = len(rows(scratch / "s"))
        code, output = run(leakwatch, "--resume", scratch / "s")
        check(code == 4, f"{code}: {output}")
    finally:
        target.kill()
        target.wait()
    check(len(events(scratch / "s", "gap")) == 1, "the gap is not marked")
    check(len(events(scratch / "s", "life")) == 1, "it is the same life")
    times = [at for at, _ in rows(scratch / "s")]
    check(len(times) > before and times == sorted(set(times)), "rows out of order")
    watched = verdict(scratch / "s")["watched_ms"]
    check(1900 <= watched <= 2600, f"watched for {watched} ms in all")
    code, output = run(leakwatch, "--resume", scratch / "s")
    check(code == 2 and "came to its end" in output, output)


@case
def resumes_a_command_as_a_new_life(leakwatch, scratch, _):
    with Watch(leakwatch, *FAST, "--", "sleep", "60", directory=scratch / "s") as watch:
        wait_for(lambda: events(scratch / "s", "life"), "the first life")
        code, output = run(leakwatch, "--resume", scratch / "s")
        check(code == 3 and "is writing this run now" in output, output)
        watch.kill()
    with Watch(leakwatch, "--resume", scratch / "s", directory=scratch / "s") as watch:
        wait_for(lambda: len(events(scratch / "s", "life")) == 2, "the second life")
        watch.end()


class Small:
    """A file system of a few MB that is really full when it is; else a limit of file sizes."""

    def __init__(self, path, megabytes):
        self.path = path
        path.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", path],
                       check=True)

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.path], check=True)


def full_disk_by_mount(leakwatch, scratch):
    with Small(scratch / "small", 4) as place:
        filler = place / "filler"
        with Watch(leakwatch, "--every", "10ms", "--", "sleep", "60", directory=place / "s") as watch:
            wait_for(lambda: len(rows(place / "s")) > 50 if events(place / "s") else False, "rows")
            with open(filler, "wb", buffering=0) as file:
                try:
                    while True:
                        file.write(b"x" * 4096)
                except OSError:
                    pass
            full_since = time.time() * 1000
            stuck = len(rows(place / "s"))
            wait_for(lambda: time.time() * 1000 - full_since > 1500, "a while")
            filler.unlink(missing_ok=True)
            wait_for(lambda: events(place / "s", "trouble"), "that it says what it could not write")
            watch.end()
        after = rows(place / "s")
        check("none was lost" in events(place / "s", "trouble")[0][3], "trouble")
        check("cannot write: " in watch.output, watch.output)
        during = [at for at, _ in after if full_since < at < full_since + 1400]
        check(len(during) > 50, f"{len(during)} rows from when the disk was full, {stuck} before")


@case
def disk_full_for_a_while(leakwatch, scratch, _):
    if os.geteuid() == 0:
        full_disk_by_mount(leakwatch, scratch)
        return
    # Without root: files may not grow for a while.
    def no_room():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, resource.RLIM_INFINITY))
    with Watch(leakwatch, "--every", "10ms", "--", "sleep", "60", directory=scratch / "s",
               preexec_fn=no_room) as watch:
        wait_for(lambda: watch.process.stdout.readline().find("cannot write") >= 0, "a full disk")
        resource.prlimit(watch.process.pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        wait_for(lambda: events(scratch / "s", "trouble"), "that it says what it could not write")
        watch.end()


@case
def a_cgroup_and_what_the_kernel_accounts_to_it(leakwatch, scratch, _):
    root = next((pathlib.Path(place) for place in ("/sys/fs/cgroup/memory", "/sys/fs/cgroup")
                 if (pathlib.Path(place) / "cgroup.procs").exists()), None)
    check(root is not None, "no cgroups here")
    group = root / f"leakwatch{os.getpid()}.service"
    group.mkdir()
    # What it had before it came is accounted to the cgroup that it came from.
    target = subprocess.Popen([sys.executable, "-c", "input(); held = b'x' * 10**7; input(); input()"],
                              stdin=subprocess.PIPE)
    try:
        (group / "cgroup.procs").write_text(str(target.pid))
        target.stdin.write(b"\n")
        target.stdin.flush()
        wait_for(lambda: "VmRSS" in pathlib.Path(f"/proc/{target.pid}/status").read_text(), "it")
        for words in (["--cgroup", "/" + group.name], ["--unit", group.name]):
            place = scratch / words[0].strip("-")
            code, output = run(leakwatch, *FAST, *words, "--for", "300ms", directory=place)
            check(code == 4, f"{code}: {output}")
            check(columns_named(place, "processes")[-1] == 1, "processes")
            check(columns_named(place, "cgroup_current")[-1] > 9_000_000, "memory.current")
            check(columns_named(place, "oom_kills")[-1] == 0, "oom_kills")
    finally:
        target.kill()
        target.wait()
        group.rmdir()


@case
def says_what_is_wrong_with_the_command_line(leakwatch, scratch, _):
    for words, expected_code, message in (
            ([], 2, "nothing to watch"),
            (["--pid", "1", "--name", "x"], 2, "more than one target"),
            (["--pid", "0"], 2, "--pid: expected"),
            (["--pid", str(2 ** 22 - 1)], 3, "there is no process"),
            (["--name", "("], 2, "("),
            (["--cgroup", "/no/such"], 2, "no cgroup '/no/such'"),
            (["--unit", "nosuch"], 3, "no unit 'nosuch' runs"),
            (["--container", "xyz"], 2, "--container: expected the id"),
            (["--every", "1ms", "--pid", "1"], 2, "--every: expected from 10ms"),
            (["--stop-on", "noon", "--pid", "1"], 2, "--stop-on: expected leak"),
            (["--metric", "x", "--pid", "1"], 2, "--metric: expected NAME=URL"),
            (["--evidence", "tea", "--pid", "1"], 2, "--evidence: expected snapshot"),
            (["--resume", str(scratch / "no")], 3, "no such run"),
            (["--resume", "x", "--every", "1s"], 2, "takes nothing else"),
            (["--", "/no/such/program"], 3, "/no/such/program")):
        code, output = run(leakwatch, *words, directory=None if "--resume" in words
                           else scratch / f"s{len(list(scratch.iterdir()))}")
        check(code == expected_code and message in output, f"{words}: {code}, {output}")


@case
def redis_under_load(leakwatch, scratch, _):
    port = free_port()
    with Watch(leakwatch, "--every", "100ms", "--", "redis-server", "--port", port, "--save", "",
               directory=scratch / "s") as watch:
        listening = lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0
        wait_for(listening, "redis")
        subprocess.run(["redis-benchmark", "-p", str(port), "-n", "200000", "-r", "50000", "-q",
                        "-t", "set,get"], stdout=subprocess.DEVNULL, check=True)
        code = watch.end()
    check(code == 4, f"exit code {code}")
    anon = columns_named(scratch / "s", "anon")
    check(max(anon) - anon[0] > 2_000_000, "redis grew, and it was not seen")
    check(columns_named(scratch / "s", "cpu")[-1] > 500, "CPU time")
    loss = columns_named(scratch / "s", "smaps_loss")
    check(max(loss) < 1000, f"smaps may have cost redis {max(loss)} ppm")
    heap = {name: columns_named(scratch / "s", name)[-1] for name in ("heap", "anon_maps", "pss")}
    check(heap["heap"] + heap["anon_maps"] > 2_000_000 and heap["pss"] > 0, f"{heap}")


def soak_of_the_service(leakwatch, scratch, build, path):
    """A compressed soak of the example service under steady load on one path."""
    port = free_port()
    load = None
    with Watch(leakwatch, "--every", "50ms", "--compress", "2000", "--for", "25s",
               "--max-growth", "1MB/24h", "--stop-on", "leak:0.999", "--",
               f"{build}/examples/leaky-service/leaky-service", "--port", port,
               directory=scratch / path) as watch:
        try:
            listening = lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0
            wait_for(listening, "the service")
            program = ("import http.client, time\n"
                       f"c = http.client.HTTPConnection('127.0.0.1', {port})\n"
                       "while True:\n"
                       f"  c.request('GET', '/{path}'); c.getresponse().read(); time.sleep(0.001)\n")
            load = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
            return watch.wait(), watch.output, verdict(scratch / path)
        finally:
            if load:
                load.kill()
                load.wait()


@case
def finds_the_leak_of_the_example_service(leakwatch, scratch, build):
    code, output, said = soak_of_the_service(leakwatch, scratch, build, "leak")
    check(code == 1 and said["verdict"] == "leak", f"{code}: {output}")
    check(said["first_alarm_ms"] is not None, "no alarm")
    code, output, said = soak_of_the_service(leakwatch, scratch, build, "health")
    check(code in (0, 4) and said["verdict"] != "leak", f"{code}: {output}")


def main():
    if sys.argv[1] == "--cases":
        slow = sys.argv[2:] == ["slow"]
        print("\n".join(name for name in CASES if (name in SLOW) == slow))
        return
    leakwatch, build, name = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="leakwatch-") as scratch:
        try:
            CASES[name](leakwatch, pathlib.Path(scratch), build)
        except Failed as failed:
            sys.exit(f"{name}: {failed}")


if __name__ == "__main__":
    main()
