#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that the sources of each target can be compiled as one: the preset `release` and debian/rules do so with sixteen
at a time, so that a name in an unnamed namespace must be unique within its target. Only the syntax is checked, because
that is quick.

usage: compile_as_one.py SOURCE-DIRECTORY BUILD-DIRECTORY SCRATCH [TARGET...]
       compile_as_one.py --self-test COMPILER SCRATCH
"""
import collections
import json
import pathlib
import re
import shlex
import subprocess
import sys

PARTS = ("common", "libtrustx", "provider", "tools")
# What makes an object, or is made of the file alone.
WITH_VALUE = {"-o", "-MT", "-MF", "-include"}
DROPPED = {"-c", "-MD", "-Winvalid-pch", "-fpch-preprocess"}
LEFT_OUT = re.compile(r"set_source_files_properties\(([^)]*?)\s+PROPERTIES\s+SKIP_UNITY_BUILD_INCLUSION")


def left_out(source):
    """Sources that are alike on purpose."""
    for part in PARTS:
        for lists in (source / part).rglob("CMakeLists.txt"):
            for files in LEFT_OUT.findall(lists.read_text()):
                yield from ((lists.parent / name).resolve() for name in files.split())


def by_target(source, build):
    skipped = set(left_out(source))
    targets = collections.defaultdict(list)
    for entry in json.loads((build / "compile_commands.json").read_text()):
        file = pathlib.Path(entry["directory"], entry["file"]).resolve()
        target = re.search(r" -o (\w+)/\S*CMakeFiles/(\w+)\.dir/", entry["command"])
        if target and target[1] in PARTS and file.suffix == ".cpp" and file not in skipped:
            targets[target[2]].append((file, entry["directory"], shlex.split(entry["command"])))
    return {target: sources for target, sources in targets.items() if len(sources) > 1}


def syntax_command(command, file, whole):
    words = iter(command)
    kept = []
    for word in words:
        if word in WITH_VALUE:
            next(words)
        elif word not in DROPPED and pathlib.Path(word) != file and not word.endswith("ccache"):
            kept.append(word)
    return [*kept, "-w", "-fsyntax-only", str(whole)]


def compiles(scratch, name, files, directory, command):
    whole = scratch / f"{name}.cpp"
    whole.write_text("".join(f'#include "{file}"\n' for file in files))
    return subprocess.run(syntax_command(command, files[0], whole), cwd=directory).returncode == 0


def self_test(compiler, scratch):
    first, second, third = (scratch / f"{name}.cpp" for name in ("first", "second", "third"))
    for file, name in ((first, "same"), (second, "same"), (third, "other")):
        file.write_text(f"namespace {{\nint {name}() {{\n    return 1;\n}}\n}}  // namespace\n")
    command = [compiler, "-o", "object", "-c", str(first)]
    assert compiles(scratch, "unlike", [first, third], scratch, command)
    assert not compiles(scratch, "alike", [first, second], scratch, command)
    return 0


def main():
    arguments = sys.argv[1:]
    scratch = pathlib.Path(arguments[2]).resolve()
    scratch.mkdir(parents=True, exist_ok=True)
    if arguments[0] == "--self-test":
        return self_test(arguments[1], scratch)
    source, build = (pathlib.Path(name).resolve() for name in arguments[:2])
    targets = by_target(source, build)
    assert targets
    failed = [name for name, sources in sorted(targets.items())
              if (not arguments[3:] or name in arguments[3:])
              and not compiles(scratch, name, [file for file, _, _ in sources], *sources[0][1:])]
    print("cannot be compiled as one: " + " ".join(failed) if failed else f"{len(targets)} targets")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
