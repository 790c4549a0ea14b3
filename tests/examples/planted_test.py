#!/usr/bin/env python3
"""The builds of leaky-service with a planted fault have that fault and no other.

    planted_test.py DIRECTORY-OF-THE-BUILDS
"""

import contextlib
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from checking import check

BUILDS = pathlib.Path(sys.argv[1])


@contextlib.contextmanager
def serving(build, under=()):
    """The process and its port; ended in good order afterwards."""
    service = subprocess.Popen([*under, BUILDS / build, "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        yield service, service.stdout.readline().strip().rpartition(":")[2]
    finally:
        service.terminate()
        code = service.wait(60)
    check(code == 0, f"{build} ended with {code}")


def read_documents(port, requests):
    subprocess.run(["ab", "-q", "-l", "-k", "-c", "4", "-n", str(requests), f"http://127.0.0.1:{port}/documents"],
                   check=True, stdout=subprocess.DEVNULL)


def resident(service):
    return int(re.search(r"^Rss: +(\d+)", pathlib.Path(f"/proc/{service.pid}/smaps_rollup").read_text(), re.M)[1])


def footprint(build):
    """kB after it settled, and 10000 requests later."""
    with serving(build) as (service, port):
        read_documents(port, 10000)
        settled = resident(service)
        read_documents(port, 10000)
        return settled, resident(service)


def lost_bytes(build, requests):
    with tempfile.TemporaryDirectory() as directory:
        log = pathlib.Path(directory) / "memcheck.log"
        with serving(build, ["valgrind", "--leak-check=full", f"--log-file={log}"]) as (_, port):
            read_documents(port, requests)
        found = re.search(r"definitely lost: ([\d,]+) bytes", log.read_text())
        return int(found[1].replace(",", "")) if found else 0


healthy, later = footprint("leaky-service-clean")
check(abs(footprint("leaky-service")[0] / healthy - 1) < 0.005, "nothing is planted in leaky-service itself")
check(later / healthy < 1.002, f"a healthy build stays as it is: {healthy} kB, then {later} kB")

larger, later = footprint("leaky-service-grown")
check(1.025 < larger / healthy < 1.035, f"3 % larger: {healthy} kB, {larger} kB")
check(later / larger < 1.002, f"which does not grow any more: {larger} kB, then {later} kB")

settled, later = footprint("leaky-service-leak100")
check(1000 < later - settled < 1500, f"10000 blocks of 100 bytes and what malloc adds: {settled} kB, then {later} kB")
check(lost_bytes("leaky-service-leak100", 200) == 20000, "100 bytes a request are lost for good")
check(lost_bytes("leaky-service-grown", 200) == 0, "what is only larger loses nothing")
