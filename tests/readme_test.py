#!/usr/bin/env python3
"""Runs the commands of README.md and expects the output that stands below each.

    readme_test.py ROOT BUILD        the tree, and where it was built

A command is a line "$ ..." in a console block; the lines below it, to the next command or
the end of the block, are its output, in which a line "..." stands for any number of lines.
A command without output is one that takes long or changes the machine: it is not run, but
what it starts must be there. What goes to standard error is not looked at.
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile


def commands(text):
    """(command, lines of output) for each command, in order."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def pattern(lines):
    parts = [r"(?:.*\n)*?" if line == "..." else re.escape(line.rstrip()) + r"[ ]*\n"
             for line in lines]
    return re.compile("".join(parts))


def main():
    root, build = (pathlib.Path(word).resolve() for word in sys.argv[1:])
    wrong = ran = 0
    with tempfile.TemporaryDirectory(prefix="tidemark-readme-") as directory:
        place = pathlib.Path(directory)
        (place / "build").mkdir()
        (place / "build/release").symlink_to(build)
        (place / "examples").symlink_to(root / "examples")
        tools = [str(tool) for tool in (build / "tools").iterdir() if tool.is_dir()]
        environment = os.environ | {"PATH": ":".join([*tools, os.environ["PATH"]]), "COLUMNS": "80"}
        for command, output in commands((root / "README.md").read_text()):
            if not output:
                if not (root / shlex.split(command)[0]).exists():
                    wrong += 1
                    print(f"README.md: $ {command}: no such program")
                continue
            ran += 1
            said = subprocess.run(command, shell=True, cwd=place, env=environment, check=False,
                                  stdout=subprocess.PIPE, text=True, timeout=120).stdout
            if not pattern(output).fullmatch(said):
                wrong += 1
                expected = "\n".join(output)
                print(f"README.md: $ {command}\n--- expected\n{expected}\n--- found\n{said}")
    print(f"{ran} commands run, {wrong} wrong")
    sys.exit(1 if wrong or not ran else 0)


if __name__ == "__main__":
    main()
