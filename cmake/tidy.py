#!/usr/bin/env python3
"""Runs clang-tidy over our sources, and skips what has not changed.

    cmake/tidy.py BUILD_DIRECTORY

Most of clang-tidy's time goes into the headers of the C++ library. So sources that are compiled
alike are read several in one, where their names do not collide; where something is found, file by
file.

A file that was clean leaves a stamp in BUILD_DIRECTORY/tidy, named by the hash of all
that its result depends on: its own text, every header of ours, and the configuration.
"""

import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

CHECKED = ("lib", "parsers", "tools", "agent")
MOST_TOGETHER = 24

# A declaration at the start of a line, by the name that it makes.
TYPE = re.compile(r"(?:template <[^>]*> )?(?:struct|class|enum class|enum|union) (\w+)")
# Brings names that collide with those of others.
APART = re.compile(r"^#include <(?:asm|libiberty)/|^using enum ", re.MULTILINE)
USING = re.compile(r"using (?:namespace )?(?:[\w:]*::)?(\w+)( = .*)?;?$")  # of a name, or an alias
SPACE = re.compile(r"namespace (\w+(?:::\w+)*) {$")
ENUMERATOR = re.compile(r"  (k[A-Z]\w*)\b[^(]*[,{]?$")  # of an enum without a scope
THING = re.compile(r"[^(={;]*?(\w+)\s*(?:[({=;\[]|$)")


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


def stamp_of(source, build, configuration):
    contents = [path.read_bytes() for path in headers_of(source, build)]
    return build / "tidy" / digest(configuration, str(source).encode(), *contents)


def flags_of(entry):
    """How a source is compiled, without what is its own, and without gcc's precompiled header."""
    words, flags = shlex.split(entry["command"]), []
    words = words[1:] if words[0].endswith("ccache") else words
    own = False
    for word in words[1:]:
        if own or word in ("-c", "-Winvalid-pch", entry["file"]):
            own = False
        elif word in ("-o", "-include"):
            own = True
        else:
            flags.append(word)
    return tuple(flags)


@functools.cache
def names_in(path):
    """What `path` declares for itself alone, and what for all: only collisions with the former matter.

    By namespace and name: the declaration where it is a using, which may stand there twice, or "".
    """
    own, shared, alone, space = {}, {}, False, ""
    if path.name.endswith("main.cpp"):
        own["", "main"] = ""
    for line in path.read_text(errors="replace").splitlines():
        here = own if alone or path.suffix == ".cpp" and line.startswith("using ") else shared
        if line in ("namespace {", "}  // namespace"):
            alone = line == "namespace {"
        elif opened := SPACE.match(line):
            space = opened[1]
        elif used := USING.match(line):
            here[space, used[1]] = line
        elif match := line[:1].isalpha() and (TYPE.match(line) or THING.match(line)):
            here[space, match[1]] = ""
        elif alone and (value := ENUMERATOR.match(line)):
            own[space, value[1]] = ""
    return own, shared


def collide(own, others):
    return any(name in others and not (text and text == others[name]) for name, text in own.items())


def together(entries, build):
    """Lists of sources that can be read in one: compiled alike, in directories near each other."""
    groups = []
    for flags, source in sorted(entries):
        own, shared = names_in(source)[0], {}
        for path in headers_of(source, build):
            shared |= names_in(path)[1]
        apart = APART.search(source.read_text(errors="replace"))
        for group in groups:
            if (not apart and group["flags"] == flags and len(group["sources"]) < MOST_TOGETHER
                    and not collide(own, group["shared"] | group["own"]) and not collide(group["own"], shared)):
                break
        else:
            group = {"flags": None if apart else flags, "sources": [], "own": {}, "shared": {}}
            groups.append(group)
        group["sources"].append(source)
        group["own"] |= own
        group["shared"] |= shared
    return groups


def tidy(*arguments):
    run = subprocess.run(["clang-tidy", "--quiet", *arguments], capture_output=True, text=True, check=False)
    return run.returncode == 0, run.stdout + run.stderr


def check_one(source, stamps, build):
    clean, text = tidy("-p", str(build), str(source))
    if clean:
        stamps[source].touch()
    return (0, "") if clean else (1, text)


def check(flags, sources, stamps, build):
    """How many of `sources` have findings, and these. Halves them when they cannot be read in one."""
    if len(sources) == 1:
        return check_one(sources[0], stamps, build)
    one = build / "tidy" / f"{digest(*(str(source).encode() for source in sources))}.cpp"
    one.write_text("".join(f'#include "{source}"  // NOLINT\n' for source in sources))
    try:
        clean, text = tidy(str(one), "--", *flags)
        if clean:
            for source in sources:
                stamps[source].touch()
            parts = []
        elif "[clang-diagnostic-error]" in text or "Too many errors" in text:
            half = len(sources) // 2
            parts = [check(flags, part, stamps, build) for part in (sources[:half], sources[half:])]
        else:
            parts = [check_one(source, stamps, build) for source in sources]
    finally:
        one.unlink()
    return sum(bad for bad, _ in parts), "".join(text for _, text in parts)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    (build / "tidy").mkdir(exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    configuration = digest(pathlib.Path(".clang-tidy").read_bytes(), version).encode()
    root = pathlib.Path.cwd()
    tops = tuple(f"{root}/{top}/" for top in CHECKED)
    compiled = {entry["file"]: entry for entry in json.loads((build / "compile_commands.json").read_text())
                if entry["file"].startswith(tops)}
    if not compiled:
        sys.exit("tidy: no source file found")
    stamps = {pathlib.Path(name): stamp_of(pathlib.Path(name), build, configuration) for name in compiled}
    groups = together([(flags_of(entry), pathlib.Path(name)) for name, entry in compiled.items()
                       if not stamps[pathlib.Path(name)].exists()], build)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for bad, text in pool.map(lambda group: check(group["flags"], group["sources"], stamps, build), groups):
            failed += bad
            print(text, end="", flush=True)
    print(f"tidy: {len(compiled)} files, {failed} with findings")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
