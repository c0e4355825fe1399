// SPDX-License-Identifier: Apache-2.0
#include "slots.hpp"

#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <random>

namespace trustx::test {
namespace {

// What a bundle does not compress to nothing: RAUC makes no bundles of a block.
std::string noise() {
    std::mt19937 generator{7};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
    std::string bytes(100000, 0);
    for (auto& byte : bytes) {
        byte = static_cast<char>(generator());
    }
    return bytes;
}

const std::string content{noise()};

// A kernel with a device mapper takes the bundles that the sample demands; without, plain ones have to do.
bool has_device_mapper() {
    return std::filesystem::exists("/dev/mapper/control");
}

}  // namespace

Slots::Slots(const Gateway& gateway) : gateway_{gateway} {
    for (const auto* directory : {"bin", "content", "mnt", "services"}) {
        std::filesystem::create_directory(gateway.chip.path(directory));
    }
    gateway.chip.write("content/rootfs.img", content);
    gateway.chip.write("A", std::string(content.size(), 'A'));
    clear();
    std::map<std::string, std::string> words{
        {"/dev/mmcblk0p2", gateway.chip.path("A")},
        {"/dev/mmcblk0p3", gateway.chip.path("B")},
        {"/etc/rauc/firmware-root.pem", gateway.authority.certificate()},
        {"/var/lib/rauc/status", gateway.chip.path("status")},
        {"/usr/local/lib/gateway/rauc-lowest-version",
         (source_directory() / "conf/firmware/rauc-lowest-version").string()},
        // A boot loader is what no test has.
        {"bootloader=uboot", "bootloader=noop\nmountprefix=" + gateway.chip.path("mnt")}};
    if (!has_device_mapper()) {
        words["bundle-formats=-plain\n"] = "";
    }
    gateway.chip.write("system.conf", sample("rauc-system.conf", words));
    gateway.chip.write("services/de.pengutronix.rauc.service",
                       "[D-BUS Service]\nName=de.pengutronix.rauc\nExec=/usr/bin/rauc -c " +
                           gateway.chip.path("system.conf") + " --override-boot-slot=A service\n");
    const auto wrapper = gateway.chip.write(
        "bin/rauc", "#!/bin/sh\nexec /usr/bin/rauc --conf=" + gateway.chip.path("system.conf") + " \"$@\"\n");
    std::filesystem::permissions(wrapper, std::filesystem::perms::owner_all);
    gateway.chip.write("bus.conf",
                       "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" "
                       "\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\"><busconfig><type>session"
                       "</type><listen>unix:path=" +
                           gateway.chip.path("bus") + "</listen><servicedir>" + gateway.chip.path("services") +
                           "</servicedir><policy context=\"default\"><allow send_destination=\"*\"/><allow "
                           "receive_sender=\"*\"/><allow own=\"*\"/></policy></busconfig>");
}

std::string Slots::bundle(const Signer* signer, const std::string& build, const std::string& product) const {
    gateway_.chip.write("content/manifest.raucm", "[update]\ncompatible=" + product + "\nversion=1.4.2\n" + build +
                                                      "[bundle]\nformat=" + (has_device_mapper() ? "verity" : "plain") +
                                                      "\n[image.rootfs]\nfilename=rootfs.img\n");
    const auto bundle = gateway_.chip.path("update.raucb");
    std::filesystem::remove(bundle);
    if (signer == nullptr) {
        must_run("mksquashfs", {gateway_.chip.path("content"), bundle, "-quiet", "-no-progress"});
    } else {
        must_run("rauc",
                 {"--cert", signer->certificate, "--key", signer->key, "bundle", gateway_.chip.path("content"), bundle},
                 {.environment = gateway_.plain_environment()});
    }
    return bundle;
}

Environment Slots::on_bus(Environment environment) const {
    environment["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=" + gateway_.chip.path("bus");
    environment["DBUS_STARTER_BUS_TYPE"] = "session";
    environment["PATH"] = gateway_.chip.path("bin") + ":" + environment.at("PATH");
    return environment;
}

Process Slots::start_bus(const Environment& environment) const {
    Process bus{"unshare",
                {"--mount", "--propagation", "private", "dbus-daemon", "--nofork", "--nopidfile",
                 "--config-file=" + gateway_.chip.path("bus.conf")},
                {.environment = on_bus(environment)}};
    REQUIRE(wait_for_socket(gateway_.chip.path("bus")));
    return bus;
}

Outcome Slots::install(const std::string& bundle, const Environment& environment, const Arguments& options) const {
    const auto bus = start_bus(environment);
    Arguments arguments{"install", bundle};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return run("rauc", arguments, {.environment = on_bus(environment)});
}

bool Slots::written() const {
    return read_file(gateway_.chip.path("B")) == content && running();
}

bool Slots::untouched() const {
    return read_file(gateway_.chip.path("B")) == std::string(content.size(), 'B') && running();
}

void Slots::clear() const {
    gateway_.chip.write("B", std::string(content.size(), 'B'));
}

bool Slots::running() const {
    return read_file(gateway_.chip.path("A")) == std::string(content.size(), 'A');
}

}  // namespace trustx::test
