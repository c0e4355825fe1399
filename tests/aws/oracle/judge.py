#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Judges what a client has sent to the double: by AWS's own model of its API, and by computing each signature again.

usage: judge.py [--packages DIRECTORY] [--least N] STATE...
  STATE       the directory that the double was given; its logs are read
  --packages  where tests/aws/setup has installed npm's packages: then @smithy/signature-v4 computes them, too
  --least N   fail if fewer requests than that were judged
Prints each violation, then one line of figures. Exit code 1 where there are violations, 77 where botocore is missing.
"""
import argparse
import json
import os
import subprocess
import sys

try:
    import botocore  # noqa: F401
except ImportError:
    print("judge: python3-botocore is not installed", file=sys.stderr)
    sys.exit(77)

import model
import signatures

HERE = os.path.dirname(os.path.abspath(__file__))
REFUSED_SIGNATURE = {"InvalidSignatureException", "UnrecognizedClientException", "MissingAuthenticationTokenException",
                     "IncompleteSignatureException"}


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def is_question_for_the_time(entry):
    """No call of the API, signed with nothing: any answer has the service's Date."""
    headers = {name.lower() for name, _ in entry["headers"]}
    return entry["method"] == "GET" and entry["path"] == "/" and "authorization" not in headers


class Verdict:
    def __init__(self):
        self.violations = []
        self.operations = set()
        self.requests = 0
        self.signatures = 0

    def judge(self, api, entry, secrets):
        self.requests += 1
        found = api.find(entry["method"], entry["path"])
        if found is None and is_question_for_the_time(entry):
            return
        if found is None:
            self.violations.append(f"request {entry['n']}: no operation is {entry['method']} {entry['path']}")
            return
        name, operation, of_service, labels = found
        self.operations.add(name)
        self.violations += model.Request(entry, name, operation, of_service, labels).judge()
        if entry["status"] == 200 and entry["fault"] is None:
            self.violations += model.judge_answer(entry, name, operation, of_service)
        self.judge_signature(entry, name, secrets)

    def judge_signature(self, entry, name, secrets):
        where = f"request {entry['n']} {name}"
        if not signatures.is_canonical_query(entry["query"]):
            self.violations.append(f"{where}: the query {entry['query']} is not in the encoding that is signed")
        recomputed = signatures.recompute(entry, secrets)
        if recomputed is None or entry["errorType"] in REFUSED_SIGNATURE:
            return
        self.signatures += 1
        if recomputed[0] != recomputed[1]:
            self.violations.append(f"{where}: signature {recomputed[0]}, botocore computes {recomputed[1]}")


def resign(packages, state):
    """Violations that @smithy/signature-v4 finds, and how many signatures it computed."""
    environment = {**os.environ, "TRUSTX_AWS_PACKAGES": packages}
    done = subprocess.run(["node", os.path.join(HERE, "resign.mjs"), state], env=environment, check=False,
                          capture_output=True, text=True)
    if done.returncode not in (0, 1):
        return [f"resign.mjs failed: {done.stderr}"], 0
    found = json.loads(done.stdout)
    return found["violations"], found["signatures"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages")
    parser.add_argument("--least", type=int, default=1)
    parser.add_argument("state", nargs="+")
    options = parser.parse_args()
    api = model.Api(os.path.join(HERE, "newer.json"))
    verdict = Verdict()
    by_smithy = 0
    for state in options.state:
        secrets = {one["accessKeyId"]: one["secret"] for one in lines(os.path.join(state, "accounts.jsonl"))}
        for entry in lines(os.path.join(state, "requests.jsonl")):
            if entry["side"] in ("control", "data"):
                verdict.judge(api, entry, secrets)
        if options.packages:
            found, count = resign(options.packages, state)
            verdict.violations += found
            by_smithy += count
    for violation in verdict.violations:
        print(violation)
    print(f"{verdict.requests} requests of {len(verdict.operations)} operations judged by the model; signatures "
          f"computed again: {verdict.signatures} by botocore, {by_smithy} by smithy; "
          f"{len(verdict.violations)} violations")
    if verdict.requests < options.least:
        print(f"fewer than {options.least} requests were judged")
        return 1
    return 1 if verdict.violations else 0


sys.exit(main())
