#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that includes follow the direction that docs/architecture.md shows.

usage: check_includes.py TOP | --self-test

A layer is a set of files that may include its own files and those of the layers it names. The table below must have no
circle, and neither may the components: a component is a source file with its header.
"""
import pathlib
import re
import sys
from graphlib import CycleError, TopologicalSorter

PUBLIC = "libtrustx/include/trustx/"
# Layer: (paths or prefixes of paths, layers below it, headers of others that nobody else may include).
LAYERS = {
    "common/base": (["common/try.hpp", "common/no_cancellation.hpp", "common/io/", "common/text/"], "", ""),
    "base": (["libtrustx/src/base/"] + [PUBLIC + h for h in
             ("bytes.hpp", "error.hpp", "export.hpp", "result.hpp", "secret.hpp")], "common/base", ""),
    "codec": (["libtrustx/src/codec/"], "base common/base", ""),
    "values": (["libtrustx/src/values/"] + [PUBLIC + h for h in
               ("bus_address.hpp", "gpio_line.hpp", "key.hpp", "key_reference.hpp", "metadata.hpp", "object_id.hpp",
                "uid.hpp")],
               "codec base common/base", ""),
    "bus": (["libtrustx/src/bus/", PUBLIC + "i2c_bus.hpp", PUBLIC + "clock.hpp"], "values codec base common/base",
            "linux/i2c i2c/ gpiod.h"),
    "ifx_i2c": (["libtrustx/src/ifx_i2c/"], "bus codec base common/base", ""),
    "command": (["libtrustx/src/command/", PUBLIC + "commands.hpp"], "values codec base common/base", ""),
    "trace": (["libtrustx/src/trace/", PUBLIC + "trace.hpp"], "command ifx_i2c bus values codec base common/base", ""),
    "device": (["libtrustx/src/device/", PUBLIC + "device.hpp"],
               "trace command ifx_i2c bus values codec base common/base", ""),
    "objects": (["libtrustx/src/objects/"] + [PUBLIC + h for h in
                ("objects.hpp", "key_generation.hpp", "life_cycle.hpp", "metadata_plan.hpp", "system_objects.hpp")],
                "device command bus values codec base common/base", ""),
    "dtls": (["libtrustx/src/dtls/", PUBLIC + "dtls.hpp"], "device command bus values codec base common/base", ""),
    "settings": (["libtrustx/src/settings/", PUBLIC + "settings.hpp"],
                 "device trace values codec base common/base", ""),
    "common/openssl": (["common/openssl/"], "common/base", "openssl/"),
    "common/command_line": (["common/command_line/"], "", ""),
    "common/files": (["common/files/"], "base common/base", ""),
    "common/process": (["common/process/"], "common/files base bus common/base", ""),
    "common/x509": (["common/x509/"], "common/openssl common/files objects values base common/base", "openssl/"),
    "common/keys": (["common/keys/"], "common/x509 common/openssl common/files values base common/base", "openssl/"),
    "provider": (["provider/"], "settings objects device trace command bus values base common/openssl common/base", "openssl/"),
    "pki": (["tools/pki/"], "common/process objects bus values base common/x509 common/openssl common/files common/base", "openssl/"),
    "provisioning": (["tools/provisioning/"], "firmware pki objects values base common/keys common/x509 common/openssl "
                     "common/files common/base", "openssl/"),
    "attest": (["tools/attest/"], "objects bus values base common/x509 common/openssl common/files common/base", "openssl/"),
    "firmware": (["tools/firmware/"], "objects device command values base common/x509 common/openssl common/files "
                 "common/base", "openssl/"),
    "aws/enrolment": (["tools/aws/enrolment/"], "pki aws/documents aws/identity aws/control aws/account aws/signing "
                      "aws/http mqtt/connection objects device values bus base common/keys common/x509 common/openssl common/files common/base",
                      "openssl/"),
    "aws/authority": (["tools/aws/authority/"], "pki aws/control aws/account aws/signing aws/http bus base "
                      "common/x509 common/openssl common/files common/base", "openssl/"),
    "aws/doctor": (["tools/aws/doctor/"], "pki aws/enrolment aws/identity aws/control aws/account aws/signing "
                   "aws/http mqtt/connection values bus base common/keys common/x509 common/openssl common/files common/base", "openssl/"),
    "aws/fleet": (["tools/aws/fleet/"], "pki aws/enrolment aws/identity aws/documents aws/control aws/account "
                  "aws/signing aws/http objects values bus base common/x509 common/openssl common/files common/base", ""),
    "trustx/trace": (["tools/trustx/trace/"], "common/files trace values base common/base", ""),
    "trustx/dtls": (["tools/trustx/dtls/"], "dtls device bus values base common/x509 common/openssl common/files "
                    "common/base", "openssl/"),
    "trustx/cli": (["tools/trustx/cli/"], "attest firmware trustx/dtls pki provisioning aws/doctor aws/enrolment aws/identity "
                   "aws/control aws/account "
                   "aws/http settings objects device command trace values base common/keys common/x509 "
                   "common/openssl common/files common/command_line common/base", "openssl/"),
    "trustx/chip": (["tools/trustx/chip/"], "pki provisioning trustx/cli settings objects device command values base "
                    "common/keys "
                    "common/x509 common/openssl common/files common/base", "openssl/"),
    "trustx/setup": (["tools/trustx/setup/"], "trustx/chip trustx/cli settings objects device command values base "
                     "common/keys common/x509 common/openssl common/files common/base", "openssl/"),
    "trustx/commands": (["tools/trustx/"], "attest firmware pki provisioning aws/authority aws/doctor aws/fleet aws/enrolment "
                        "aws/identity aws/documents aws/control aws/account aws/signing "
                        "aws/http mqtt/connection trustx/setup trustx/chip trustx/cli trustx/dtls dtls trustx/trace settings objects device "
                        "command trace values bus base common/keys common/x509 common/openssl common/process common/files "
                        "common/base", "openssl/"),
    "mqtt/connection": (["tools/mqtt/connection/"], "common/keys common/x509 common/openssl common/files values base "
                        "common/base", "openssl/"),
    "mqtt/limits": (["tools/mqtt/limits/"], "mqtt/connection common/base", ""),
    "mqtt/session": (["tools/mqtt/session/"], "mqtt/limits mqtt/connection common/files base common/base", ""),
    "mqtt/service": (["tools/mqtt/service/"], "mqtt/session mqtt/connection common/files base common/base", "systemd/"),
    "mqtt/outbox": (["tools/mqtt/outbox/"], "mqtt/connection common/files base common/base", "sqlite3.h openssl/"),
    "mqtt/requests": (["tools/mqtt/requests/"], "bus base common/base", ""),
    "mqtt/handler": (["tools/mqtt/handler/"], "mqtt/requests common/process common/files bus base common/base", ""),
    "mqtt/shadow": (["tools/mqtt/shadow/"], "mqtt/requests bus base common/base", ""),
    "mqtt/jobs": (["tools/mqtt/jobs/"], "mqtt/requests common/files bus base common/base", ""),
    "mqtt/defender": (["tools/mqtt/defender/"], "mqtt/requests settings objects device bus base common/base", ""),
    "mqtt": (["tools/mqtt/"], "mqtt/service mqtt/session mqtt/limits mqtt/outbox mqtt/connection mqtt/shadow mqtt/jobs "
             "mqtt/defender mqtt/handler mqtt/requests aws/identity settings values common/command_line "
             "common/process common/files bus base common/base", ""),
    "aws/http": (["tools/aws/http/"], "base bus common/base", "openssl/"),
    "aws/signing": (["tools/aws/signing/"], "aws/http base bus common/base", "openssl/"),
    "aws/account": (["tools/aws/account/"], "aws/signing aws/http base bus common/process common/files common/base", ""),
    "aws/control": (["tools/aws/control/"], "aws/account aws/signing aws/http base bus mqtt/connection common/base", ""),
    "aws/identity": (["tools/aws/identity/"], "values base common/files common/base", ""),
    "aws/documents": (["tools/aws/documents/"], "base common/x509 common/files common/base", ""),
    # The simulator shares no chip protocol and no cryptography with the library, so that no mistake is made twice.
    "sim/base": (["tools/sim/model/base/"], "common/base", ""),
    "sim/crypto": (["tools/sim/model/crypto/"], "sim/base common/openssl common/base", "openssl/"),
    "sim/dtls": (["tools/sim/model/dtls/"], "sim/crypto sim/base common/openssl common/base", "openssl/"),
    "sim/model": (["tools/sim/model/"], "sim/dtls sim/crypto sim/base common/openssl common/base", "openssl/"),
    "sim/server": (["tools/sim/server/"], "sim/model sim/base common/openssl common/base", "openssl/"),
    "sim/usbip": (["tools/sim/usbip/"], "sim/server sim/model sim/base common/base", "linux/i2c"),
    "sim/program": (["tools/sim/"], "sim/usbip sim/server sim/model sim/crypto sim/base common/command_line "
                    "common/base", "openssl/"),
}
RESERVED = ("linux/i2c", "i2c/", "openssl/", "sqlite3.h", "systemd/")
INCLUDE_PATHS = ("", "libtrustx/include", "libtrustx/src", "provider/src", "tools", "tools/trustx", "tools/mqtt",
                 "tools/sim")
GENERATED = {PUBLIC + "export.hpp", "tools/aws/documents/functions.hpp"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


def layer_of(path):
    best = max(((len(prefix), name) for name, (prefixes, _, _) in LAYERS.items()
                for prefix in prefixes if path.startswith(prefix)), default=None)
    return best and best[1]


def resolve(name, source, files):
    for folder in (str(pathlib.PurePosixPath(source).parent), *INCLUDE_PATHS):
        parts = []
        for part in pathlib.PurePosixPath(folder, name).parts:
            parts.pop() if part == ".." and parts else parts.append(part)
        candidate = "/".join(parts)
        if candidate in files or candidate in GENERATED:
            return candidate
    return None


def circle(graph, what):
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [f"circle of {what}: " + " -> ".join(error.args[1])]
    return []


def check(files):
    """files: {path from the top: text}. Gives what is wrong, a line each."""
    wrong = circle({name: below.split() for name, (_, below, _) in LAYERS.items()}, "layers")
    components = {}
    for path, text in sorted(files.items()):
        layer = layer_of(path)
        if layer is None:
            wrong.append(f"{path} belongs to no layer")
            continue
        _, below, foreign = LAYERS[layer]
        for quote, name in INCLUDE.findall(text):
            target = resolve(name, path, files)
            if target is None:
                if quote == '"' or name.startswith("trustx/"):
                    wrong.append(f"{path} includes {name}: no such file")
                elif name.startswith(RESERVED) and not (foreign and name.startswith(tuple(foreign.split()))):
                    wrong.append(f"{path} includes {name}: not for the layer {layer}")
                continue
            if layer_of(target) not in (layer, *below.split()):
                wrong.append(f"{path} includes {name}: {layer_of(target)} is not below {layer}")
            component, other = (str(pathlib.PurePosixPath(p).with_suffix("")) for p in (path, target))
            if component != other:
                components.setdefault(component, set()).add(other)
    return wrong + circle(components, "components")


def read_tree(top):
    return {path.relative_to(top).as_posix(): path.read_text()
            for folder in ("common", "libtrustx", "provider", "tools")
            for path in sorted((top / folder).rglob("*")) if path.suffix in (".cpp", ".hpp", ".h")}


def self_test():
    tree = {"libtrustx/src/codec/der.hpp": "", "libtrustx/src/device/device.cpp": "", PUBLIC + "key.hpp": "",
            "tools/sim/model/nvm/nvm.hpp": "", "tools/sim/program/options.hpp": "", "tools/trustx/cli/output.hpp": "",
            PUBLIC + "device.hpp": ""}
    accepted = [("libtrustx/src/values/key.cpp", '"codec/der.hpp"'), ("libtrustx/src/values/key.cpp", "<trustx/key.hpp>"),
                ("libtrustx/src/bus/a.cpp", "<linux/i2c-dev.h>"), ("tools/sim/server/a.cpp", '"model/nvm/nvm.hpp"'),
                ("tools/trustx/commands/a.cpp", '"cli/output.hpp"'), ("provider/src/a.cpp", "<openssl/evp.h>")]
    refused = [("libtrustx/src/codec/a.cpp", "<trustx/key.hpp>"), ("libtrustx/src/bus/a.cpp", "<trustx/device.hpp>"),
               ("libtrustx/src/values/a.cpp", "<openssl/evp.h>"), ("tools/sim/model/a.cpp", "<trustx/key.hpp>"),
               ("tools/sim/model/a.cpp", '"program/options.hpp"'),
               ("provider/src/a.cpp", '"../../libtrustx/src/codec/der.hpp"'), ("provider/src/a.cpp", '"missing.hpp"'),
               ("libtrustx/src/device/a.cpp", "<i2c/smbus.h>"), ("tools/trustx/trace/a.cpp", '"cli/output.hpp"')]
    failures = [f"refused: {path} {name}" for path, name in accepted if check({**tree, path: f"# include {name}\n"})]
    failures += [f"accepted: {path} {name}" for path, name in refused if not check({**tree, path: f"#include {name}"})]
    pair = {"tools/sim/a.hpp": '#include "b.hpp"', "tools/sim/b.cpp": '#include "a.hpp"', "tools/sim/b.hpp": ""}
    if not check(pair):
        failures.append("accepted: a circle of components")
    return failures


def main():
    if sys.argv[1:] == ["--self-test"]:
        wrong = self_test()
    else:
        files = read_tree(pathlib.Path(sys.argv[1]))
        wrong = check(files) + ([] if len(files) > 100 else ["the tree was not found"])
    print("\n".join(wrong) or "ok")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
