#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the double's routes with AWS's model: each operation must have the model's method and path.

usage: check_routes.py          (TRUSTX_AWS_PACKAGES says where npm's packages are)
"""
import json
import os
import re
import shutil
import subprocess
import sys

try:
    import botocore  # noqa: F401
except ImportError:
    print("check_routes: python3-botocore is not installed", file=sys.stderr)
    sys.exit(77)

import model

HERE = os.path.dirname(os.path.abspath(__file__))
PRINT = """
import { controlRouter } from '../double/control/plane.mjs'
import { dataRouter } from '../double/data/plane.mjs'
process.stdout.write(JSON.stringify([...controlRouter.list(), ...dataRouter.list()]))
process.exit(0)
"""


def without_greed(template):
    return re.sub(r"\{(\w+)\+\}", r"{\1}", template).rstrip("/")


def main():
    if shutil.which("node") is None:
        print("skipped: no Node.js", file=sys.stderr)
        return 77
    shown = subprocess.run(["node", "--input-type=module", "-"], input=PRINT, cwd=HERE, check=False, text=True,
                           stdout=subprocess.PIPE)
    if shown.returncode != 0:
        return shown.returncode
    known = {}
    for service in model.load(os.path.join(HERE, "newer.json")):
        for name, operation in service["operations"].items():
            route = (operation["http"]["method"], without_greed(operation["http"]["requestUri"]))
            known.setdefault(name, set()).add(route)
    routes = json.loads(shown.stdout)
    wrong = [route for route in routes
             if (route["method"], without_greed(route["template"])) not in known.get(route["operation"], set())]
    for route in wrong:
        expected = known.get(route["operation"])
        print(f"{route['operation']}: {route['method']} {route['template']}, the model has {expected}")
    print(f"{len(routes)} routes compared, {len(wrong)} wrong")
    return 1 if wrong or not routes else 0


sys.exit(main())
