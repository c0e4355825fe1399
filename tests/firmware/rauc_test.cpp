// SPDX-License-Identifier: Apache-2.0
// RAUC installs a bundle, by its service over D-Bus, into a slot where the chip's trust anchor vouches for its signer
// and the chip allows its version, and nothing else. It mounts bundles, for which it needs root and loop devices: the
// tests are hidden ([root]), and run in the emulated machine of tests/kernel as well.
#include "slots.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

using namespace trustx::test;

namespace {

constexpr const char* needs_dbus = "a D-Bus that starts RAUC; what RAUC verifies is tested without";

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
    const auto bundle = slots.bundle(&gateway.signer);
    auto bytes = read_file(bundle);
    bytes[200] = static_cast<char>(bytes[200] ^ 1);
    write_file(bundle, bytes);
    refuse("changed after it was signed", gateway, slots, bundle);
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
