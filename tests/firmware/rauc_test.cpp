// SPDX-License-Identifier: Apache-2.0
// RAUC installs a bundle, by its service over D-Bus, into a slot where the chip's trust anchor vouches for its signer
// and the chip allows its version, and nothing else. It mounts bundles, for which it needs root and loop devices: the
// tests are hidden ([root]), and run in the emulated machine of tests/kernel as well.
#include "gateway.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <filesystem>

using namespace trustx::test;

namespace {

const std::string content(100000, 'i');
constexpr const char* begin_of_manifest = "[update]\ncompatible=gateway\nversion=1.4.2\n";

// A kernel with a device mapper takes the bundles that the sample demands; without, plain ones have to do.
bool has_device_mapper() {
    return std::filesystem::exists("/dev/mapper/control");
}

// Slots are two files in place of two partitions, of which A is running.
class Slots {
 public:
    explicit Slots(const Gateway& gateway) : gateway_{gateway} {
        for (const auto* directory : {"content", "mnt", "services"}) {
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
        gateway.chip.write("bus.conf",
                           "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" "
                           "\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\"><busconfig><type>session"
                           "</type><listen>unix:path=" +
                               gateway.chip.path("bus") + "</listen><servicedir>" + gateway.chip.path("services") +
                               "</servicedir><policy context=\"default\"><allow send_destination=\"*\"/><allow "
                               "receive_sender=\"*\"/><allow own=\"*\"/></policy></busconfig>");
    }

    // bundle makes one; without a signer it has no signature.
    [[nodiscard]] std::string bundle(const Signer* signer, const std::string& build = "build=7\n") const {
        gateway_.chip.write("content/manifest.raucm", begin_of_manifest + build + "[bundle]\nformat=" +
                                                          (has_device_mapper() ? "verity" : "plain") +
                                                          "\n[image.rootfs]\nfilename=rootfs.img\n");
        const auto bundle = gateway_.chip.path("update.raucb");
        std::filesystem::remove(bundle);
        if (signer == nullptr) {
            must_run("mksquashfs", {gateway_.chip.path("content"), bundle, "-quiet", "-no-progress"});
        } else {
            must_run(
                "rauc",
                {"--cert", signer->certificate, "--key", signer->key, "bundle", gateway_.chip.path("content"), bundle},
                {.environment = gateway_.plain_environment()});
        }
        return bundle;
    }

    // install starts RAUC's service by D-Bus, as a system does, in a mount namespace of its own.
    [[nodiscard]] Outcome install(const std::string& bundle, Environment environment) const {
        environment["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=" + gateway_.chip.path("bus");
        environment["DBUS_STARTER_BUS_TYPE"] = "session";
        const Process bus{"unshare",
                          {"--mount", "--propagation", "private", "dbus-daemon", "--nofork", "--nopidfile",
                           "--config-file=" + gateway_.chip.path("bus.conf")},
                          {.environment = environment}};
        REQUIRE(wait_for_socket(gateway_.chip.path("bus")));
        return run("rauc", {"install", bundle}, {.environment = environment});
    }

    [[nodiscard]] bool written() const { return read_file(gateway_.chip.path("B")) == content && running(); }
    [[nodiscard]] bool untouched() const {
        return read_file(gateway_.chip.path("B")) == std::string(content.size(), 'B') && running();
    }
    void clear() const { gateway_.chip.write("B", std::string(content.size(), 'B')); }

 private:
    [[nodiscard]] bool running() const {
        return read_file(gateway_.chip.path("A")) == std::string(content.size(), 'A');
    }

    const Gateway& gateway_;
};

void refuse(const std::string& why, const Gateway& gateway, const Slots& slots, const std::string& bundle) {
    const auto outcome = slots.install(bundle, gateway.environment());
    INFO(why << ": " << outcome.both());
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.both(), ContainsSubstring("failed"));
    CHECK(slots.untouched());
}

}  // namespace

TEST_CASE("RAUC installs what the chip's trust anchor vouches for, and nothing when it holds another authority",
          "[.][root][guest]") {
    const Gateway gateway;
    const Slots slots{gateway};
    const auto bundle = slots.bundle(&gateway.signer);
    static_cast<void>(gateway.commands());
    const auto outcome = slots.install(bundle, gateway.environment());
    INFO(outcome.both());
    CHECK(outcome.ok());
    CHECK(slots.written());
    // It verifies, and then makes the chain once more.
    CHECK(gateway.commands()["VerifySign"] == 2);
    CHECK(gateway.chip.private_key_uses() == 0);
    slots.clear();
    gateway.replace_authority();
    refuse("another authority", gateway, slots, bundle);
}

TEST_CASE("RAUC installs nothing that is not signed so, or too old", "[.][root]") {
    const Gateway gateway;
    const Slots slots{gateway};
    refuse("not signed", gateway, slots, slots.bundle(nullptr));
    refuse("signed by a stranger", gateway, slots, slots.bundle(&gateway.stranger));
    refuse("signed by somebody whose certificate has expired", gateway, slots, slots.bundle(&gateway.former));
    refuse("signed with a certificate for TLS", gateway, slots, slots.bundle(&gateway.device));
    refuse("older than what the chip allows", gateway, slots, slots.bundle(&gateway.signer, "build=4\n"));
    refuse("without a number", gateway, slots, slots.bundle(&gateway.signer, ""));
    refuse("with two numbers", gateway, slots, slots.bundle(&gateway.signer, "build=7 4\n"));
    const auto bundle = slots.bundle(&gateway.signer);
    auto bytes = read_file(bundle);
    bytes[200] = static_cast<char>(bytes[200] ^ 1);
    write_file(bundle, bytes);
    refuse("changed after it was signed", gateway, slots, bundle);
}

TEST_CASE("RAUC installs nothing without the chip", "[.][root]") {
    Gateway gateway;
    const Slots slots{gateway};
    const auto bundle = slots.bundle(&gateway.signer);
    // The file with the authority alone lets it in, where nobody asks the chip.
    const auto plain = slots.install(bundle, gateway.plain_environment());
    INFO("without the provider: " << plain.both());
    REQUIRE(plain.ok());
    REQUIRE(slots.written());
    slots.clear();
    const auto zero = gateway.chip.write("zero", std::string(1, '\0'));
    gateway.chip.must({"object", "write", "E0EF", zero, "--force"});
    refuse("no authority", gateway, slots, bundle);
    gateway.chip.must({"anchor", "write", "E0EF", gateway.authority.certificate(), "--force"});
    gateway.chip.must({"object", "write", "F1DC", zero});
    refuse("no lowest version", gateway, slots, bundle);
    gateway.chip.must({"firmware", "version", "--raise", "5"});
    CHECK(slots.install(bundle, gateway.environment()).ok());
    CHECK(slots.written());
    slots.clear();
    gateway.chip.simulator.kill9();
    refuse("no chip", gateway, slots, bundle);
}
