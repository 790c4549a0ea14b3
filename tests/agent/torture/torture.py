#!/usr/bin/env python3
"""Real programs under the agent must give what they give natively, to the byte.

    torture.py AGENT CASE [TIMES]     one case, with TIMES the work
    torture.py AGENT all [TIMES]      every case
    torture.py --cases                their names

Each case runs twice, natively and with the agent preloaded at a mean of 4 KiB between two samples, a 128th of its
default, so that what is rare in life happens all the time. Both must leave the same results, and the agent must
have sampled. TIDEMARK_TORTURE_MEAN gives another mean; AGENT may also be a peer's library, which then must not
be asked for samples (TIDEMARK_TORTURE_MEAN=none).
"""

import os
import pathlib
import struct
import sys
import time

import programs
import servers
from services import Failed, check, scratch

CASES = {**servers.CASES, **programs.CASES}
MEAN = os.environ.get("TIDEMARK_TORTURE_MEAN", "4KiB")
# Of Header in agent/heap_file.h: `samples`, and the first of what was lost.
AT_SAMPLES, AT_TROUBLE = 976, 568


def counted(directory):
    """Files, samples, and what the agent says it could not do."""
    files = samples = 0
    troubles = set()
    for path in pathlib.Path(directory).glob("*.tmheap"):
        with open(path, "rb") as file:
            head = file.read(4096)
        check(head.startswith(b"TMHEAP\r\n"), f"{path} is no heap file")
        files += 1
        samples += struct.unpack_from("<Q", head, AT_SAMPLES)[0]
        troubles.add(head[AT_TROUBLE:AT_TROUBLE + 256].split(b"\0")[0].decode())
    return files, samples, troubles - {""}


def differs(native, agent):
    """Names of the results that are not the same, with where they part."""
    for name in native:
        one, other = native[name], agent.get(name)
        if one != other:
            at = next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
            yield f"{name}: from byte {at}: natively {one[at:at + 200]!r}, with the agent {other[at:at + 200]!r}"


def torture(agent, name, times):
    """Runs one case both ways, and says what it took."""
    with scratch() as place, scratch("/var/tmp") as heaps:
        results, seconds = [], []
        preload = {"LD_PRELOAD": agent, "TIDEMARK_HEAP": f"file={heaps}/heap,mean={MEAN},size=16MiB,overhead=0%"}
        for way, env in (("plain", {}), ("agent", preload)):
            directory = pathlib.Path(place) / way
            directory.mkdir(mode=0o1777)
            directory.chmod(0o1777)
            started = time.monotonic()
            results.append(CASES[name](directory, env, times))
            seconds.append(time.monotonic() - started)
        check(results[0] and all(results[0].values()), f"an empty result: {[k for k, v in results[0].items() if not v]}")
        found = list(differs(*results))
        check(not found, "\n".join(found))
        files, samples, troubles = counted(heaps)
        size = sum(len(value) for value in results[0].values())
        print(f"{name}: {len(results[0])} results of {size} bytes the same; {files} heap files, {samples} samples"
              f"{'; ' + '; '.join(sorted(troubles)) if troubles else ''}; "
              f"native {seconds[0]:.1f} s, agent {seconds[1]:.1f} s", flush=True)
        check(MEAN == "none" or samples > 0, "the agent has sampled nothing")


def main():
    if sys.argv[1:] == ["--cases"]:
        print("\n".join(CASES))
        return
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    agent, asked, times = os.path.abspath(sys.argv[1]), sys.argv[2], int((sys.argv + ["1"])[3])
    failed = False
    for name in CASES if asked == "all" else [asked]:
        try:
            torture(agent, name, times)
        except Failed as failure:
            failed = True
            print(f"{name} FAILED: {failure}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
