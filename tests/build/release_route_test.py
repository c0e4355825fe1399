#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds a small program by the project's defaults with the build type of the preset `release` and checks it; builds a
careless one, of which each check must find what is missing.

usage: release_route_test.py SOURCE-DIRECTORY SCRATCH CMAKE GENERATOR CXX READELF OBJDUMP
"""
import json
import pathlib
import shutil
import subprocess
import sys

import check_elf

HERE = pathlib.Path(__file__).resolve().parent
CARELESS = 6  # search path, table of functions, stack, stack protector, checked functions, jumps


def build_type(source):
    presets = json.loads((source / "CMakePresets.json").read_text())["configurePresets"]
    release = next(preset for preset in presets if preset["name"] == "release")
    return release["cacheVariables"]["CMAKE_BUILD_TYPE"]


def main():
    source, scratch, cmake, generator, compiler, readelf, objdump = sys.argv[1:]
    shutil.rmtree(scratch, ignore_errors=True)
    subprocess.run([cmake, "-G", generator, "-S", HERE / "release_route", "-B", scratch, f"-DTRUSTX_SOURCE={source}",
                    f"-DCMAKE_BUILD_TYPE={build_type(pathlib.Path(source))}", f"-DCMAKE_CXX_COMPILER={compiler}"],
                   check=True)
    subprocess.run([cmake, "--build", scratch], check=True)
    tools = check_elf.Tools(readelf, objdump)
    lacking = list(check_elf.problems(tools, f"{scratch}/bin/hardened", True))
    found = list(check_elf.problems(tools, f"{scratch}/bin/careless", True))
    print("hardened:", lacking, "careless:", found, sep="\n")
    expected = CARELESS if has_landing_pads(tools, scratch) else CARELESS - 1
    return 0 if not lacking and len(found) == expected else 1


def has_landing_pads(tools, scratch):
    header = tools.output_of(tools.readelf, "-hW", f"{scratch}/bin/careless")
    return any(machine in header for machine in check_elf.LANDING_PAD)


if __name__ == "__main__":
    sys.exit(main())
