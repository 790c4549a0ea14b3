"""What is acknowledged is on disk: in the order of system calls, as strace shows them, nothing of
the history is left in the kernel's memory when an entry is acknowledged.

What a loss of power may undo, until it was synced: bytes written to a file (fsync or fdatasync of
that file), and the name of a file or directory that was made (fsync of the directory that it is in).
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

CALL = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)(?:<(.*)>)?")
FD = re.compile(r"^\d+<([^>]*)>")
WRITES = {"write", "pwrite64", "pwritev", "writev", "ftruncate", "fallocate"}
TRACED = "openat,mkdir,mkdirat,fsync,fdatasync,unlink,rename,renameat2," + ",".join(sorted(WRITES))


def check(condition, message):
    if not condition:
        sys.exit(f"FAILED: {message}")


def calls(trace):
    """(name, arguments, file that it is about or that it gave) of each call that succeeded."""
    for line in trace.read_text(errors="replace").splitlines():
        call = CALL.match(line)
        if not call or int(call[4]) < 0:
            continue
        fd = FD.match(call[3])
        yield call[2], call[3], call[5] or (fd[1] if fd else "")


def held_back(trace, place, acknowledged):
    """What was not synced yet at each acknowledgement: files by what they lack."""
    dirty, names, known = set(), set(), set()
    at_each = []
    for name, arguments, path in calls(trace):
        if path == str(acknowledged):
            if name == "write":
                at_each.append((sorted(dirty), sorted(names)))
            continue
        if name in ("mkdir", "openat"):
            made = re.search(r'"([^"]*)"', arguments)[1] if name == "mkdir" else path
            new = name == "mkdir" or "O_CREAT" in arguments
            # The log's index is made anew after a crash: it need not be there.
            if new and made.startswith(str(place)) and not made.endswith("-shm") and made not in known:
                names.add(made)
                known.add(made)
        elif name in WRITES and path.startswith(str(place)) and not path.endswith("-shm"):
            dirty.add(path)
        elif name in ("fsync", "fdatasync"):
            dirty.discard(path)
            names = {made for made in names if os.path.dirname(made) != path}
        elif name == "unlink":
            gone = re.search(r'"([^"]*)"', arguments)[1]
            dirty.discard(gone)
            names.discard(gone)
            known.discard(gone)
    return at_each


def traced(writer, place, history, first):
    trace = place / f"trace.{first}"
    done = subprocess.run(
        ["strace", "-f", "-y", "-o", trace, "-e", f"trace={TRACED}", writer, "write", history,
         place / "acknowledged", "1", str(first), "4"], capture_output=True, text=True, timeout=60)
    check(done.returncode == 0, done.stderr)
    return held_back(trace, place, place / "acknowledged")


def main():
    writer = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="history-power-") as name:
        place = pathlib.Path(name).resolve()
        history = place / "new" / "directory" / "history.db"
        for first, what in ((0, "a new history"), (4, "one that is there")):
            at_each = traced(writer, place, history, first)
            check(len(at_each) == 4, f"{what}: {len(at_each)} acknowledgements were seen")
            for dirty, names in at_each:
                check(not dirty, f"{what}: acknowledged before it was synced: {dirty}")
                check(not names, f"{what}: acknowledged before its directory was synced: {names}")


main()
