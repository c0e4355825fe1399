#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks programs and libraries in ELF: where the loader looks for what they need, and whether they are hardened.

usage: check_elf.py READELF OBJDUMP [--hardened] FILE-OR-DIRECTORY...
"""
import pathlib
import re
import subprocess
import sys

# The instruction at the start of a function that may be jumped to, by machine; others have no such protection.
LANDING_PAD = {"Advanced Micro Devices X86-64": r"\bendbr64\b", "Intel 80386": r"\bendbr32\b",
               "AArch64": r"\b(?:bti|paciasp)\b"}


class Tools:
    def __init__(self, readelf, objdump):
        self.readelf, self.objdump = readelf, objdump

    @staticmethod
    def output_of(*command):
        return subprocess.run(command, check=True, capture_output=True, text=True, env={"LC_ALL": "C"}).stdout


def search_path_problems(dynamic):
    # An empty element is the current directory. An absolute one is the place of this build, and makes another build id of
    # each, also where it is removed when the program is installed.
    for path in re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", dynamic):
        if not all(element.startswith("$ORIGIN") for element in path.split(":")):
            yield f"looks for libraries in other places than relative to itself: [{path}]"


def hardening_problems(tools, file, dynamic):
    header, segments = tools.output_of(tools.readelf, "-hW", file), tools.output_of(tools.readelf, "-lW", file)
    symbols = tools.output_of(tools.readelf, "-W", "--dyn-syms", file)
    if not re.search(r"Type:\s+DYN", header):
        yield "is at a fixed address"
    if "GNU_RELRO" not in segments or not re.search(r"BIND_NOW|Flags:.*\bNOW\b", dynamic):
        yield "leaves the table of functions writable (-z relro -z now)"
    if re.search(r"GNU_STACK.*\bRWE\b", segments):
        yield "has an executable stack"
    if "__stack_chk_fail" not in symbols:
        yield "has no stack protector"
    if not re.search(r"\b__\w+_chk\b", symbols):
        yield "calls no checked functions (_FORTIFY_SOURCE)"
    pad = LANDING_PAD.get(re.search(r"Machine:\s+(.*\S)", header)[1])
    if pad:
        # libc's own start-up code has some, so they are sought in the functions of this file.
        functions = re.split(r"\n\n", tools.output_of(tools.objdump, "-d", "--no-show-raw-insn", "-j", ".text", file))
        marked = sum(1 for function in functions if re.search(pad, function))
        if marked <= 4:
            yield "has unprotected jumps (-fcf-protection, -mbranch-protection)"


def problems(tools, file, hardened):
    dynamic = tools.output_of(tools.readelf, "-dW", file)
    yield from search_path_problems(dynamic)
    if hardened:
        yield from hardening_problems(tools, file, dynamic)


def elf_files(places):
    for place in map(pathlib.Path, places):
        for file in sorted(place.iterdir()) if place.is_dir() else [place]:
            if file.is_file() and not file.is_symlink() and file.read_bytes()[:4] == b"\x7fELF":
                yield file


def main():
    tools, arguments = Tools(*sys.argv[1:3]), sys.argv[3:]
    hardened = "--hardened" in arguments
    files = list(elf_files(argument for argument in arguments if argument != "--hardened"))
    found = [f"{file}: {problem}" for file in files for problem in problems(tools, file, hardened)]
    print("\n".join(found) or f"{len(files)} files are well")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
