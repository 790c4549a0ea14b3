#!/usr/bin/env python3
"""The campaigns that we ship hold by the schema that editors check them with, and what
`signoff check` refuses does not.

    schema_test.py ROOT
"""

import json
import pathlib
import sys
import tomllib

import jsonschema

HEAD = "name = 'n'\n[target.app]\ncommand = 'app'\n"
PHASE = "[[phase]]\nname = 'a'\ntool = 'command'\nargs = ['x']\n"

WRONG = [
    HEAD,
    HEAD.replace("[target.app]\ncommand = 'app'\n", "") + PHASE,
    HEAD.replace("name", "nmae") + PHASE,
    HEAD + PHASE.replace("'a'", "'a b'"),
    HEAD + PHASE.replace("command", "memprf"),
    HEAD + PHASE.replace("args = ['x']\n", ""),
    HEAD + PHASE + "retries = 11\n",
    HEAD + PHASE + "timeout = 'soon'\n",
    HEAD + PHASE + "requires = { memory = 'much' }\n",
    HEAD + PHASE + "[[phase.run]]\ntool = 'command'\nargs = ['x']\n",
    HEAD + "[[phase]]\nname = 'a'\nrepeat = 2\n[[phase.run]]\ntool = 'command'\nargs = ['x']\n",
    HEAD + PHASE + "[score]\nready = 101\n",
    HEAD + PHASE + "[alert]\non = ['failed']\n",
    HEAD + PHASE + "[alert]\ncommand = 'x'\non = ['fialed']\n",
]


def main():
    root = pathlib.Path(sys.argv[1])
    schema = json.loads((root / "docs/signoff-campaign.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    campaigns = [(str(file), tomllib.loads(file.read_text())) for file in sorted((root / "examples").rglob("*.toml"))]
    campaigns = [(name, one) for name, one in campaigns if "phase" in one]
    problems = [] if campaigns else ["no campaign found"]
    for name, campaign in [*campaigns, ("the head", tomllib.loads(HEAD + PHASE))]:
        for error in validator.iter_errors(campaign):
            problems.append(f"{name}: {'/'.join(map(str, error.path))}: {error.message}")
    problems += [f"accepted: {text}" for text in WRONG if validator.is_valid(tomllib.loads(text))]
    print("\n".join(problems) or f"{len(campaigns)} campaigns hold")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
