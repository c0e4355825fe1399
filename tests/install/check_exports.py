#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what the shared library exports: names of namespace trustx and nothing of the standard library, each with the
symbol version that belongs to the SONAME.

usage: check_exports.py LIBRARY PROJECT-VERSION NM READELF
"""
import re
import subprocess
import sys

EXPORTED = re.compile(r"(?:(?:typeinfo|typeinfo name|vtable) for )?trustx::")
INTERNAL = re.compile(r"::Impl::")


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main():
    library, version, nm, readelf = sys.argv[1:]
    interface = ".".join(version.split(".")[:2])
    node = f"TRUSTX_{interface}"
    problems = []
    soname = re.search(r"\(SONAME\).*\[(.*)\]", output_of(readelf, "-d", library))
    if not soname or soname[1] != f"libtrustx.so.{interface}":
        problems.append(f"SONAME is {soname and soname[1]}, not libtrustx.so.{interface}")
    symbols = []
    for line in output_of(nm, "-DC", "--defined-only", "--with-symbol-versions", library).splitlines():
        name, _, symbol_version = line.split(" ", 2)[2].rpartition("@")
        if not name:  # the version itself is a symbol, too
            continue
        name = name.rstrip("@")
        symbols.append(name)
        if symbol_version != node:
            problems.append(f"{name} has the version {symbol_version}, not {node}")
        if not EXPORTED.match(name) or INTERNAL.search(name):
            problems.append(f"{name} is no part of the interface")
    if not any(name.startswith("trustx::Device::open(") for name in symbols):
        problems.append("trustx::Device::open is missing")
    print("\n".join(problems or [f"{len(symbols)} symbols"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
