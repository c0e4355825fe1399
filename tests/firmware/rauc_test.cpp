// SPDX-License-Identifier: Apache-2.0
// RAUC installs a bundle, by its service over D-Bus, into a slot where the chip's trust anchor vouches for its signer
// and the chip allows its version, and nothing else. It mounts bundles, for which it needs root and loop devices: the
// tests are hidden ([root]), and run in the emulated machine of tests/kernel as well.
#include "slots.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <filesystem>

using namespace trustx::test;

namespace {

constexpr const char* needs_dbus = "a D-Bus that starts RAUC; what RAUC verifies is tested without";

void refuse(const std::string& why, const Gateway& gateway, const Slots& slots, const std::string& bundle,
            const Arguments& options = {}) {
    const auto outcome = slots.install(bundle, gateway.environment(), options);
    INFO(why << ": " << outcome.both());
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.both(), ContainsSubstring("failed"));
    CHECK(slots.untouched());
}

}  // namespace

TEST_CASE("RAUC installs what the chip's trust anchor vouches for, and nothing when it holds another authority",
          "[.][root][guest]") {
    if (skipped_under_sanitizers(needs_dbus)) {
        return;
    }
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
    if (skipped_under_sanitizers(needs_dbus)) {
        return;
    }
    const Gateway gateway;
    const Slots slots{gateway};
    refuse("not signed", gateway, slots, slots.bundle(nullptr));
    refuse("signed by a stranger", gateway, slots, slots.bundle(&gateway.stranger));
    refuse("signed by somebody whose certificate has expired", gateway, slots, slots.bundle(&gateway.former));
    refuse("signed with a certificate for TLS", gateway, slots, slots.bundle(&gateway.device));
    refuse("signed with a certificate for e-mail", gateway, slots, slots.bundle(&gateway.mailer));
    refuse("older than what the chip allows", gateway, slots, slots.bundle(&gateway.signer, "build=4\n"));
    refuse("without a number", gateway, slots, slots.bundle(&gateway.signer, ""));
    refuse("with two numbers", gateway, slots, slots.bundle(&gateway.signer, "build=7 4\n"));
    refuse("for another product", gateway, slots, slots.bundle(&gateway.signer, "build=7\n", "toaster"),
           {"--ignore-compatible"});
    const auto bundle = slots.bundle(&gateway.signer);
    auto bytes = read_file(bundle);
    bytes[200] = static_cast<char>(bytes[200] ^ 1);
    write_file(bundle, bytes);
    refuse("changed after it was signed", gateway, slots, bundle);
}

TEST_CASE("RAUC runs nothing of a bundle that is too old", "[.][root]") {
    if (skipped_under_sanitizers(needs_dbus)) {
        return;
    }
    const Gateway gateway;
    const Slots slots{gateway};
    const auto ran = gateway.chip.path("ran");
    std::filesystem::permissions(gateway.chip.write("content/script", "#!/bin/sh\ntouch " + ran + "\n"),
                                 std::filesystem::perms::owner_all);
    for (const std::string section :
         {"[hooks]\nfilename=script\nhooks=install-check\n", "[handler]\nfilename=script\n"}) {
        INFO(section);
        refuse("too old", gateway, slots, slots.bundle(&gateway.signer, "build=4\n" + section));
        CHECK(!std::filesystem::exists(ran));
        static_cast<void>(slots.install(slots.bundle(&gateway.signer, "build=7\n" + section), gateway.environment()));
        CHECK(std::filesystem::remove(ran));
        slots.clear();
    }
}

TEST_CASE("the handler of RAUC compares product and version with what the gateway is and allows", "[firmware]") {
    const Gateway gateway;
    const Slots slots{gateway};
    auto environment = gateway.environment();
    environment["RAUC_BUNDLE_MOUNT_POINT"] = gateway.chip.path("content");
    environment["RAUC_SYSTEM_CONFIG"] = gateway.chip.path("system.conf");
    const auto handled = [&](const std::string& update) {
        gateway.chip.write("content/manifest.raucm",
                           "[update]\n" + update + "[bundle]\nformat=verity\n[meta.x]\nbuild=99\ncompatible=gateway\n");
        auto outcome =
            run((source_directory() / "conf/firmware/rauc-lowest-version").string(), {}, {.environment = environment});
        UNSCOPED_INFO(update << outcome.both());
        return outcome;
    };
    gateway.chip.must({"firmware", "version", "--raise", "9"});
    const std::string product = "compatible=gateway\n";
    for (const auto* build : {"build=9\n", "build = 010\n", "build=00009\n", "build=12\n"}) {
        CHECK(handled(product + build).status == 0);
    }
    for (const auto* build : {"build=8\n", "build=08\n", "build=007\n", "build=0\n", "build=000\n"}) {
        const auto outcome = handled(product + build);
        CHECK(outcome.status == 29);
        CHECK_THAT(outcome.err, !ContainsSubstring("onvert"));
    }
    for (const auto* build : {"", "build=\n", "build=0x10\n", "build=1e9\n", "build=-9\n", "build=10\nbuild=11\n",
                              "builder=10\n", "build=v10\n"}) {
        const auto outcome = handled(product + build);
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, ContainsSubstring("no number as build="));
    }
    for (const auto* other : {"", "compatible=toaster\n", "compatible=gateway2\n", "compatible=\n",
                              "compatible=gateway\ncompatible=toaster\n", "compatible=gateway=x\n"}) {
        const auto outcome = handled(other + std::string{"build=10\n"});
        CHECK(outcome.status == 5);
        CHECK_THAT(outcome.err, ContainsSubstring("and this is 'gateway'"));
    }
    environment["RAUC_SYSTEM_CONFIG"] = gateway.chip.write("empty.conf", "[system]\n");
    CHECK(handled("build=10\n").status == 5);
}

TEST_CASE("RAUC installs nothing without the chip", "[.][root]") {
    if (skipped_under_sanitizers(needs_dbus)) {
        return;
    }
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
