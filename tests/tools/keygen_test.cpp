// SPDX-License-Identifier: Apache-2.0
// trustx keygen: keys are made, never lost by accident, and no public key is lost to a full disk.
#include "chip_fixture.hpp"
#include "support/catch.hpp"

#include <sys/stat.h>

using namespace trustx;
using namespace trustx::test;

TEST_CASE("keygen fills an empty slot and writes a reference to it", "[keygen]") {
    const Chip chip;
    const auto outcome = chip.trustx({"keygen", "E0F1", "--out", "key.pem", "--label", "pump 7"});
    INFO(outcome.both());
    REQUIRE(outcome.ok());
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, ContainsSubstring("E0F1") && ContainsSubstring("key.pem"));
    const auto reference = reference_in(read_file(chip.files / "key.pem"));
    CHECK(reference.key.value == 0xE0F1);
    CHECK(reference.label == "pump 7");
    const auto info = nlohmann::json::parse(chip.must({"info", "--json"}));
    CHECK(reference.coprocessor.value().hex() == info.at("uid").get<std::string>());
    CHECK(info.at("keys")[1].at("curve") == "P-256");
    CHECK(info.at("keys")[1].at("usage") == nlohmann::json{"auth", "sign"});
}

TEST_CASE("keygen prints the key file on standard output when it gets no file", "[keygen]") {
    const Chip chip;
    const auto outcome = chip.trustx({"--quiet", "keygen", "device-key-3"});
    REQUIRE(outcome.ok());
    CHECK(outcome.err.empty());
    CHECK(reference_in(outcome.out).key.value == 0xE0F2);
}

TEST_CASE("keygen makes the curve and usage that it is asked for", "[keygen]") {
    const Chip chip;
    const auto reference = chip.keygen("E0F3", {"--curve", "secp384r1", "--usage", "sign,keyagree"});
    CHECK(reference.public_key.curve == Curve::p384);
    const auto metadata = nlohmann::json::parse(chip.must({"metadata", "show", "E0F3", "--json"}));
    CHECK(metadata.at("curve") == "P-384");
    CHECK(metadata.at("usage") == nlohmann::json{"sign", "keyagree"});
}

TEST_CASE("keygen refuses a slot that holds a key and says what would be lost", "[keygen]") {
    const Chip chip;
    const auto key = chip.keygen("E0F1");
    const SoftwareKey authority{Curve::p256};
    chip.must({"cert", "write", "E0E1"},
              {.input = pem("CERTIFICATE", authority.certificate_for(key.public_key, "gateway", "authority"))});
    chip.write("key.pem", "old");
    chip.simulator.reset_stats();

    chip.must_fail(1, {"keygen", "E0F1", "--out", "key.pem"},
                   {"E0F1 (device-key-2)", "P-256", "auth,sign", "E0E1", "CN=gateway", "--force"});
    CHECK(read_file(chip.path("key.pem")) == "old");
    CHECK(chip.simulator.stats().at("commands").value("GenKeyPair", 0) == 0);
}

TEST_CASE("keygen --force replaces a key and says what it replaced", "[keygen]") {
    const Chip chip;
    const auto before = chip.keygen("E0F1");
    const auto outcome = chip.trustx({"keygen", "E0F1", "--force"});
    REQUIRE(outcome.ok());
    CHECK_THAT(outcome.err, ContainsSubstring("destroyed: a key (P-256"));
    CHECK(reference_in(outcome.out).public_key != before.public_key);
}

TEST_CASE("the factory key is protected by the chip itself", "[keygen]") {
    const Chip chip;
    chip.must_fail(1, {"keygen", "E0F0", "--force"}, {"E0F0", "access conditions not satisfied"});
    const auto advice = chip.must_fail(1, {"keygen", "E0F0"}, {"E0F0 cannot get a new key", "choose another slot"});
    CHECK_THAT(advice.err, !ContainsSubstring("--force"));
}

TEST_CASE("no key is generated when the key file cannot be made", "[keygen]") {
    const Chip chip;
    chip.must_fail(4, {"keygen", "E0F1", "--out", chip.path("missing/key.pem")},
                   {chip.path("missing/key.pem"), "make the directory"});
    chip.must_fail(4, {"keygen", "E0F1", "--out", chip.files.path().string()}, {"Is a directory"});
    CHECK_FALSE(chip.holds_key("E0F1"));
}

TEST_CASE("no key is generated when there is no space for the key file", "[keygen]") {
    const Chip chip;
    // A file size limit of one block stands in for a full disk.
    const auto outcome = chip.shell("ulimit -f 1; exec \"$TRUSTX\" keygen E0F1 --out key.pem");
    INFO(outcome.both());
    CHECK(outcome.status == 4);
    CHECK_THAT(outcome.err, ContainsSubstring("cannot write key.pem") && ContainsSubstring("ulimit"));
    CHECK_FALSE(std::filesystem::exists(chip.files / "key.pem"));
    CHECK_FALSE(chip.holds_key("E0F1"));
}

TEST_CASE("a key file that cannot be written after all is printed instead", "[keygen]") {
    const Chip chip;
    const auto outcome = chip.trustx({"keygen", "E0F1", "--out", "/dev/full"});
    INFO(outcome.both());
    CHECK(outcome.status == 4);
    CHECK_THAT(outcome.err, ContainsSubstring("/dev/full") && ContainsSubstring("No space left") &&
                                ContainsSubstring("E0F1") && ContainsSubstring("save it"));
    CHECK(reference_in(outcome.out).public_key == reference_in(chip.must({"key-file", "E0F1"})).public_key);
}

TEST_CASE("a key file that standard output does not take is told on standard error", "[keygen]") {
    const Chip chip;
    const auto outcome = chip.shell("exec \"$TRUSTX\" keygen E0F1 >/dev/full");
    INFO(outcome.both());
    CHECK(outcome.status == 4);
    CHECK_THAT(outcome.err, ContainsSubstring("standard output") && ContainsSubstring("save it"));
    CHECK(reference_in(outcome.err).public_key == reference_in(chip.must({"key-file", "E0F1"})).public_key);
}

TEST_CASE("a key is not destroyed for a key file that nobody reads", "[keygen]") {
    const Chip chip;
    const auto before = chip.keygen("E0F1");
    // A pipe whose reader left, as after `| true`.
    const auto outcome =
        chip.shell("mkfifo pipe; exec 4<>pipe; exec 5>pipe; exec 4<&-; \"$TRUSTX\" keygen E0F1 --force >&5; echo $?");
    INFO(outcome.both());
    CHECK(outcome.out == "4\n");
    CHECK_THAT(outcome.err, ContainsSubstring("standard output"));
    CHECK(reference_in(chip.must({"key-file", "E0F1"})).public_key == before.public_key);
}

TEST_CASE("a section that the command line names is used, whatever the environment says", "[keygen]") {
    const Chip chip;
    const Chip other;
    const auto conf = chip.write("trustx.conf", "[device line-2]\ndevice = " + other.simulator.address() + "\n");
    chip.must({"keygen", "E0F1", "--device-name", "line-2"}, {.environment = {{"TRUSTX_CONF", conf}}});
    CHECK(other.holds_key("E0F1"));
    CHECK_FALSE(chip.holds_key("E0F1"));
    chip.must_fail(2, {"keygen", "E0F1", "--device-name", "line-3"}, {"[device line-3]"},
                   {.environment = {{"TRUSTX_CONF", conf}}});
    CHECK_FALSE(chip.holds_key("E0F1"));
}

TEST_CASE("a key file remembers the name of the device's section", "[keygen]") {
    const Chip chip;
    const auto conf = chip.write("trustx.conf", "[device line-2]\ndevice = " + chip.simulator.address() + "\n");
    const auto text =
        chip.must({"keygen", "E0F1", "--device-name", "line-2"}, {.environment = {{"TRUSTX_CONF", conf}}});
    CHECK(reference_in(text).device == "line-2");
}
