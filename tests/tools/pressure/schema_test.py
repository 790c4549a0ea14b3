#!/usr/bin/env python3
"""The scenarios that we ship hold by the schema that editors check them with, and what
`pressure check` refuses does not.

    schema_test.py ROOT
"""

import json
import pathlib
import sys
import tomllib

import jsonschema

HEAD = "[load]\nstages = [{ rate = 1, hold = '1m' }]\n[mix]\na = { get = '/' }\n"

WRONG = [
    "taget = 'http://a'\n" + HEAD,
    "seed = -1\n" + HEAD,
    HEAD.replace("rate = 1", "rat = 1"),
    HEAD.replace("1m", "soon"),
    HEAD + "b = { get = '/', post = '/' }\n",
    HEAD + "b = { weight = 1 }\n",
    HEAD + "[persona.x.mix]\na = { get = '/' }\n",
    HEAD + "[beside]\nx = { sse = '/', websocket = '/' }\n",
    HEAD + "[[fault]]\nat = '1s'\ninject = 'puase 1s'\n",
    "[load]\nladder = [1, 2]\n",
]


def main():
    root = pathlib.Path(sys.argv[1])
    schema = json.loads((root / "docs/pressure-scenario.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    files = sorted((root / "examples/scenarios").glob("*.toml"))
    files += sorted((root / "tests/data/scenario").glob("*.toml"))
    problems = [] if len(files) >= 12 else [f"only {len(files)} scenarios found"]
    for file in files:
        for error in validator.iter_errors(tomllib.loads(file.read_text())):
            problems.append(f"{file}: {'/'.join(map(str, error.path))}: {error.message}")
    if not validator.is_valid(tomllib.loads(HEAD)):
        problems.append("the head of the wrong scenarios is itself wrong")
    problems += [f"accepted: {text}" for text in WRONG if validator.is_valid(tomllib.loads(text))]
    print("\n".join(problems) or f"{len(files)} scenarios hold")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
