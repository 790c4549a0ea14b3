#!/usr/bin/env python3
"""SARIF of whole campaigns against the rules of SARIF 2.1.0 that readers depend on.

    sarif_test.py PRINT_SIGNOFF                       writes samples, hostile names among them, and checks them
    sarif_test.py --schema SCHEMA.json FILE.sarif...  holds files against the official schema

The official schema is not ours to keep a copy of; it is in the npm package @microsoft/jest-sarif:

    npm pack @microsoft/jest-sarif && tar xzf microsoft-jest-sarif-*.tgz
    sarif_test.py --schema package/lib/schemas/sarif-2.1.0-rtm.5.json signoff.sarif
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3]))
from checking import check  # noqa: E402

URI = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def objects(value, name=""):
    """Each object in a file, with the name of what it is."""
    if isinstance(value, dict):
        yield name, value
        for key, inner in value.items():
            yield from objects(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner, name)


def check_result(result, rules):
    check(result["message"]["text"], "a result says something")
    check(result["level"] in ("none", "note", "warning", "error"), result["level"])
    check(rules[result["ruleIndex"]]["id"] == result["ruleId"], "its rule is the one of its index")
    check(all(result["partialFingerprints"].values()), "nothing is without a fingerprint")
    for suppression in result.get("suppressions", []):
        check(suppression["kind"] in ("inSource", "external"), suppression)


def check_object(name, value):
    if name == "region":
        check(all(number >= 1 for number in value.values() if isinstance(number, int)), value)
    if "uri" in value:
        check(URI.fullmatch(value["uri"]), f"no URI: {value['uri']!r}")
    for key in ("startTimeUtc", "endTimeUtc"):
        check(TIME.fullmatch(value.get(key, "2026-01-01T00:00:00Z")), value)


def check_file(path):
    log = json.loads(path.read_text(encoding="utf-8"))
    check(log["version"] == "2.1.0" and "sarif" in log["$schema"], "which version it is")
    for run in log["runs"]:
        rules = run["tool"]["driver"].get("rules", [])
        check(len({rule["id"] for rule in rules}) == len(rules), "a rule stands there once")
        for result in run["results"]:
            check_result(result, rules)
    for name, value in objects(log):
        check_object(name, value)
    return sum(len(run["results"]) for run in log["runs"])


def check_schema(schema, paths):
    import jsonschema
    formats = jsonschema.FormatChecker()
    formats.checks("uri-reference")(lambda value: not isinstance(value, str) or URI.fullmatch(value) is not None)
    validator = jsonschema.Draft4Validator(json.loads(pathlib.Path(schema).read_text()), format_checker=formats)
    for path in paths:
        errors = [f"{list(error.absolute_path)}: {error.message}"
                  for error in validator.iter_errors(json.loads(pathlib.Path(path).read_text()))]
        check(not errors, f"{path}: " + "\n".join(errors[:10]))
        print(f"ok: {path}")


def main():
    if sys.argv[1] == "--schema":
        check_schema(sys.argv[2], sys.argv[3:])
        return
    for sample, results in (("sample", True), ("hostile", True), ("passed", False), ("rehearsal", None)):
        with tempfile.TemporaryDirectory(prefix="sarif-") as place:
            subprocess.run([sys.argv[1], place, sample], check=True, stdout=subprocess.DEVNULL)
            count = check_file(pathlib.Path(place) / "signoff.sarif")
            check(results is None or (count > 0) == results, f"{sample}: {count} results")


main()
