#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what is in the Debian packages of this project: files, dependencies, configuration files, search paths.

usage: check_packages.py SOURCE-DIRECTORY DIRECTORY-WITH-PACKAGES
       check_packages.py --self-test
"""
import pathlib
import re
import subprocess
import sys

MULTIARCH = r"usr/lib/[a-z0-9_]+-linux-[a-z]+"
# By package, expressions of the files that it may have and must have. Documents of Debian's own are in each.
OF_DEBIAN = r"usr/share/doc/{0}/(changelog\.gz|copyright)|usr/share/lintian/overrides/{0}"
COMPLETIONS = r"usr/share/bash-completion/completions/"
ZSH = r"usr/share/zsh/vendor-completions/_"
COMMON = r"usr/share/doc/trustx-common/"
FILES = {
    "libtrustx0.1": [MULTIARCH + r"/libtrustx\.so\.0\.1", MULTIARCH + r"/libtrustx\.so\.0\.1\.\d+"],
    "libtrustx-dev": [r"usr/include/trustx/\w+\.hpp", MULTIARCH + r"/libtrustx\.so", MULTIARCH + r"/pkgconfig/trustx\.pc",
                      MULTIARCH + r"/cmake/trustx/\w+(-\w+)?\.cmake", r"usr/share/doc/libtrustx-dev/examples/CMakeLists\.txt",
                      r"usr/share/doc/libtrustx-dev/examples/\w+\.cpp", r"usr/share/doc/libtrustx-dev/examples/\w+/(\w+\.[ch]pp|CMakeLists\.txt)"],
    "openssl-provider-trustx": [MULTIARCH + r"/ossl-modules/trustx\.so", r"usr/share/man/man7/provider-trustx\.7\.gz"],
    "trustx-tools": [r"usr/lib/systemd/system/trustx-attest\.service", r"usr/bin/trustx", r"usr/bin/trustx-mqtt", r"usr/share/man/man1/trustx\.1\.gz",
                     r"usr/share/man/man1/trustx-aws\.1\.gz", r"usr/share/man/man1/trustx-dtls\.1\.gz",
                     r"usr/share/man/man1/trustx-mqtt\.1\.gz", r"usr/share/man/man5/trustx-recipe\.5\.gz",
                     COMPLETIONS + "trustx", COMPLETIONS + "trustx-mqtt",
                     ZSH + "trustx", ZSH + "trustx-mqtt"],
    "trustx-sim": [r"usr/bin/trustx-sim", r"usr/share/man/man1/trustx-sim\.1\.gz", COMPLETIONS + "trustx-sim",
                   ZSH + "trustx-sim"],
    "trustx-common": [r"etc/trustx/openssl-trustx\.cnf", r"etc/trustx/openssl-trustx\.drop-in\.cnf",
                      r"etc/trustx/trustx\.conf", r"etc/trustx/attest\.conf", r"etc/apparmor\.d/abstractions/trustx",
                      r"usr/lib/sysusers\.d/trustx\.conf", r"usr/lib/tmpfiles\.d/trustx\.conf",
                      r"usr/lib/udev/rules\.d/70-trustx\.rules", r"usr/share/man/man5/trustx\.conf\.5\.gz",
                      COMMON + r"README\.md", COMMON + r"SECURITY\.md", COMMON + r"CHANGELOG\.md",
                      COMMON + r"docs/[a-z-]+\.md", COMMON + r"examples/services/[a-z@.-]+(/[a-z]+\.conf)?",
                      COMMON + r"examples/firmware/[a-z-]+(\.conf)?"],
}
# Which packages each must not need: the provider is loaded by programs that know nothing of the chip.
FORBIDDEN = {
    "openssl-provider-trustx": r"libstdc\+\+|paho|libtrustx|spdlog|libfmt|libcurl|sqlite",
    "libtrustx0.1": r"paho|libssl|spdlog|libfmt|libcurl|sqlite",
    "trustx-sim": r"libtrustx|openssl-provider|paho|libcurl|sqlite",
    "trustx-common": r"libtrustx|openssl-provider|trustx-tools",
}
MULTI_ARCH = {"libtrustx0.1": "same", "libtrustx-dev": "same", "openssl-provider-trustx": "same",
              "trustx-tools": "foreign", "trustx-sim": "foreign", "trustx-common": "foreign"}


class Package:
    def __init__(self, file):
        self.file = file
        fields = subprocess.run(["dpkg-deb", "-f", file], check=True, capture_output=True, text=True).stdout
        self.fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", fields, re.MULTILINE))
        self.name = self.fields["Package"]
        listing = subprocess.run(["dpkg-deb", "-c", file], check=True, capture_output=True, text=True).stdout
        # "-rw-r--r-- root/root 12 2026-01-01 00:00 ./usr/bin/x -> y"
        self.entries = [(line.split()[0], line.split()[1], line.split(None, 5)[5].removeprefix("./").split(" -> ")[0])
                        for line in listing.splitlines()]
        control = subprocess.run(["dpkg-deb", "-I", file, "conffiles"], capture_output=True, text=True)
        self.conffiles = control.stdout.split() if control.returncode == 0 else []

    def files(self):
        return [name for mode, _, name in self.entries if not mode.startswith("d")]


def file_problems(name, files):
    wanted = FILES[name]
    allowed = re.compile("|".join(f"(?:{expression})" for expression in [*wanted, OF_DEBIAN.format(re.escape(name))]))
    for file in files:
        if not allowed.fullmatch(file):
            yield f"{name}: {file} does not belong there"
    for expression in wanted:
        if not any(re.fullmatch(expression, file) for file in files):
            yield f"{name}: nothing matches {expression}"


def field_problems(package):
    needed = package.fields.get("Depends", "") + package.fields.get("Pre-Depends", "")
    forbidden = re.search(FORBIDDEN.get(package.name, r"(?!)"), needed)
    if forbidden:
        yield f"{package.name}: depends on {forbidden[0]}: {needed}"
    if package.fields.get("Multi-Arch") != MULTI_ARCH[package.name]:
        yield f"{package.name}: Multi-Arch is {package.fields.get('Multi-Arch')}"
    in_etc = sorted("/" + file for file in package.files() if file.startswith("etc/"))
    if sorted(package.conffiles) != in_etc:
        yield f"{package.name}: its configuration files are {package.conffiles}, not {in_etc}"


def mode_problems(package):
    for mode, owner, name in package.entries:
        if owner != "root/root" or (mode[0] != "l" and (mode[5] == "w" or mode[8] == "w")) or "s" in mode[1:]:
            yield f"{package.name}: {name} has {mode} {owner}"


def problems(source, packages):
    named = {package.name: package for package in packages}
    if sorted(named) != sorted(FILES):
        yield f"the packages are {sorted(named)}"
        return
    for name, package in named.items():
        yield from file_problems(name, package.files())
        yield from field_problems(package)
        yield from mode_problems(package)
    # What the tree has for users is in a package: each manual page, each sample.
    everything = [file for package in packages for file in package.files()]
    for page in sorted((source / "docs/man").iterdir()):
        if not any(file.endswith(f"/{page.name}.gz") for file in everything):
            yield f"{page.name} is in no package"
    for sample in sorted((source / "conf/services").rglob("*")):
        places = (str(sample.relative_to(source / "conf")), f"lib/systemd/system/{sample.name}")
        if sample.is_file() and not any(file.endswith(places) for file in everything):
            yield f"{sample.name} is in no package"


def self_test():
    shared = ["usr/lib/arm-linux-gnueabihf/libtrustx.so.0.1", "usr/lib/arm-linux-gnueabihf/libtrustx.so.0.1.0"]
    assert not list(file_problems("libtrustx0.1", [*shared, "usr/share/doc/libtrustx0.1/copyright"]))
    assert len(list(file_problems("libtrustx0.1", [*shared, "usr/lib/arm-linux-gnueabihf/libtrustx.so"]))) == 1
    assert len(list(file_problems("libtrustx0.1", shared[:1]))) == 1
    return 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    source, directory = map(pathlib.Path, sys.argv[1:])
    packages = [Package(file) for file in sorted(directory.glob("*.deb")) if "-dbgsym_" not in file.name]
    found = list(problems(source, packages))
    print("\n".join(found) or f"{len(packages)} packages are well")
    return 1 if found or not packages else 0


if __name__ == "__main__":
    sys.exit(main())
