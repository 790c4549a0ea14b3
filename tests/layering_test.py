#!/usr/bin/env python3
"""Reads the includes of our sources and fails where an arrow of STYLE.md points the wrong way.

    layering_test.py ROOT        checks the tree at ROOT; prints FILE:LINE for each wrong include
    layering_test.py --self      checks that wrong includes are noticed
"""

import pathlib
import re
import sys
import tempfile

# What each box may include, besides itself. A box is the directory of a file.
ARROWS = {
    "lib/base": [],
    "lib/toml": ["lib/base"],
    "lib/model": ["lib/base"],
    "lib/analyze": ["lib/base", "lib/model"],
    "lib/suppress": ["lib/base", "lib/toml", "lib/model", "lib/analyze"],
    "lib/report": ["lib/base", "lib/model", "lib/analyze"],
    "lib/http": ["lib/base"],
    "lib/process": ["lib/base", "lib/model", "lib/http", "agent/heap_file"],
    "lib/inject": ["lib/base", "lib/model", "lib/process", "agent/heap_file"],
    "lib/run": ["lib/base", "lib/model", "lib/load"],
    "lib/symbolize": ["lib/base", "lib/model"],
    "lib/verdict": ["lib/base", "lib/model"],
    "lib/soak": ["lib/base", "lib/model", "lib/run", "lib/verdict"],
    "lib/budget": ["lib/base", "lib/toml"],
    "lib/load": ["lib/base", "lib/model", "lib/toml", "lib/budget"],
    "lib/cli": ["lib/base"],
    "parsers": ["lib/base", "lib/model", "agent/heap_file"],
    "agent": [],
    "examples": [],
    "tools": ["lib", "parsers"],
}

# Each package's door: who may include its headers.
DOORS = {
    r"pugixml\.hpp": ["parsers"],
    r"boost/.*": ["lib/process", "lib/http", "examples"],
    r"nlohmann/.*": ["lib/report", "lib/run", "parsers/json_walk", "tools/pressure/engine/json",
                      "tools/signoff/report/result_json"],
    r"(openssl/.*|libpq-fe\.h|nghttp2/.*|hiredis/.*|wslay/.*)": ["tools/pressure/protocols"],
    r"sqlite3\.h": ["lib/run"],
    r"(elfutils/.*|dwarf\.h|libelf\.h|gelf\.h)": ["lib/symbolize"],
    r"CLI/.*": ["lib/cli"],
    r"toml\+\+/.*": ["lib/toml"],
    r"(zstd|xxhash)\.h": ["lib/base"],
    r"zlib\.h": ["lib/base", "lib/symbolize", "lib/load/hlog"],  # there for the CRC of a .gnu_debuglink
    r"libunwind.*": ["agent"],
    r"(gtest|gmock)/.*": ["tests"],
    r"benchmark/.*": ["bench"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
SOURCES = ["lib", "parsers", "tools", "agent", "examples", "tests", "bench"]


def box_of(path):
    """"lib/base" for lib/base/error.h, "tools/memprof" for tools/memprof/backends/perf.cpp."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] in ("lib", "tools") else parts[0]


def inside(path, place):
    return path == place or path.startswith(place + "/") or (
        path.startswith(place) and "/" in place and path[len(place)] in "._")


def arrow_problem(root, path, target):
    """Why `path` must not include our file `target`, or nothing."""
    if not (root / target).exists():
        return f'no such file from the repository root: "{target}"'
    source, wanted = box_of(path), box_of(target)
    if source == wanted or source in ("tests", "bench"):
        return None
    if wanted in ("tests", "bench"):
        return f"{source} must not depend on {wanted}"
    if source.startswith("tools/") and wanted.startswith("tools/"):
        return f"{source} must not depend on {wanted}: tools cooperate through files"
    arrows = ARROWS.get(source.split("/")[0] if source.startswith("tools") else source)
    if arrows is None:
        return f"{source} is not in the table of layers: add it to ARROWS and to STYLE.md"
    if any(inside(wanted, arrow) or inside(target, arrow) for arrow in arrows):
        return None
    return f"{source} must not depend on {wanted}"


def door_problem(path, target):
    for pattern, places in DOORS.items():
        if not re.fullmatch(pattern, target):
            continue
        if any(inside(path, place) for place in places) or path.startswith("tests/"):
            return None
        return f"<{target}> has its door in {', '.join(places)}"
    return None


def problems(root):
    found, files = [], 0
    for top in SOURCES:
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in (".h", ".hpp", ".c", ".cpp", ".cc"):
                continue
            files += 1
            path = file.relative_to(root).as_posix()
            for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                ours = match[1] == '"'
                problem = (arrow_problem(root, path, match[2]) if ours
                           else door_problem(path, match[2]))
                if problem:
                    found.append(f"{path}:{number}: {problem}")
    if files == 0:
        found.append(f"{root}: no source file found")
    return found, files


def self_test():
    """Each line: a file, its only include, and what must be said about it."""
    rows = [
        ("lib/base/a.h", '"lib/model/a.h"', "lib/base must not depend on lib/model"),
        ("lib/model/a.h", '"lib/base/a.h"', None),
        ("parsers/a.cpp", '"lib/process/a.h"', "parsers must not depend on lib/process"),
        ("lib/process/a.h", "<boost/process.hpp>", None),
        ("parsers/b.cpp", "<boost/process.hpp>", "has its door in lib/process"),
        ("parsers/json_walk.cpp", "<nlohmann/json.hpp>", None),
        ("parsers/massif.cpp", "<nlohmann/json.hpp>", "has its door in lib/report"),
        ("tools/memprof/a.cpp", '"tools/signoff/a.h"', "tools cooperate through files"),
        ("tools/signoff/a.h", '"lib/process/a.h"', None),
        ("lib/run/a.cpp", '"error.h"', "no such file from the repository root"),
        ("lib/util/a.cpp", '"lib/base/a.h"', "not in the table of layers"),
        ("lib/cli/a.cpp", "<gtest/gtest.h>", "has its door in tests"),
        ("agent/a.cpp", '"lib/base/a.h"', "agent must not depend on lib/base"),
        ("tests/a.cpp", '"lib/base/a.h"', None),
    ]
    failures = 0
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        for path, include, _ in rows:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(f"#pragma once\n#include {include}\n")
        found, _ = problems(root)
        for path, include, expected in rows:
            said = [line for line in found if line.startswith(path + ":2: ")]
            right = expected in said[0] if expected and said else not expected and not said
            if not right:
                print(f"{path} with {include}: expected {expected}, found {said}")
                failures += 1
    return failures


def main():
    if sys.argv[1:] == ["--self"]:
        sys.exit(1 if self_test() else 0)
    if len(sys.argv) != 2:
        sys.exit("usage: layering_test.py ROOT | --self")
    found, files = problems(pathlib.Path(sys.argv[1]))
    print("\n".join(found) or f"{files} files, every arrow points the right way")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
