#!/usr/bin/env python3
"""Runs clang-tidy over our sources, two at a time, and skips what has not changed.

    cmake/tidy.py BUILD_DIRECTORY

A file that was clean leaves a stamp in BUILD_DIRECTORY/tidy, named by the hash of all
that its result depends on: its own text, every header of ours, and the configuration.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys

CHECKED = ("lib", "parsers", "tools", "agent")


def digest(*texts):
    whole = hashlib.sha256()
    for text in texts:
        whole.update(hashlib.sha256(text).digest())
    return whole.hexdigest()


def headers_of(source, build):
    """Our headers that `source` includes, directly or not."""
    root, seen, wanted = pathlib.Path.cwd(), set(), [source]
    while wanted:
        path = wanted.pop()
        if path in seen or not path.exists():
            continue
        seen.add(path)
        for line in path.read_text(errors="replace").splitlines():
            if line.startswith('#include "'):
                name = line.split('"')[1]
                wanted += [place for place in (root / name, build / name) if place.exists()]
    return sorted(seen)


def check(source, build, configuration):
    contents = [path.read_bytes() for path in headers_of(source, build)]
    stamp = build / "tidy" / digest(configuration, str(source).encode(), *contents)
    if stamp.exists():
        return 0, ""
    run = subprocess.run(["clang-tidy", "--quiet", "-p", str(build), str(source)],
                         capture_output=True, text=True, check=False)
    if run.returncode == 0:
        stamp.touch()
        return 0, ""
    return 1, run.stdout + run.stderr


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    (build / "tidy").mkdir(exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    configuration = digest(pathlib.Path(".clang-tidy").read_bytes(), version).encode()
    compiled = {entry["file"] for entry in json.loads((build / "compile_commands.json").read_text())}
    root = pathlib.Path.cwd()
    sources = sorted(pathlib.Path(name) for name in compiled
                     if name.startswith(tuple(f"{root}/{top}/" for top in CHECKED)))
    if not sources:
        sys.exit("tidy: no source file found")
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for bad, text in pool.map(lambda source: check(source, build, configuration), sources):
            failed += bad
            print(text, end="", flush=True)
    print(f"tidy: {len(sources)} files, {failed} with findings")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
