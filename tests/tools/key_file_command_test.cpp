// SPDX-License-Identifier: Apache-2.0
// trustx key-file: the public key of a key in the chip is found and proved, from a certificate or from signatures.
#include "chip_fixture.hpp"
#include "cli/output.hpp"
#include "common/text/as_bytes.hpp"
#include "common/x509/certificate.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;

namespace {

std::string certificate_text(const PublicKey& key) {
    return pem("CERTIFICATE", SoftwareKey{Curve::p256}.certificate_for(key, "gateway", "authority"));
}

// key_file runs the command and expects this number of private key uses.
KeyReference key_file(const Chip& chip, const Arguments& arguments, std::uint64_t private_key_uses) {
    chip.simulator.reset_stats();
    const auto reference = reference_in(chip.must(arguments));
    CHECK(chip.private_key_uses() == private_key_uses);
    return reference;
}

}  // namespace

TEST_CASE("the factory key's public key comes from its certificate and is checked once", "[key_file]") {
    const Chip chip;
    const auto reference = key_file(chip, {"key-file", "E0F0"}, 1);
    const auto text = chip.must({"cert", "read", "E0E0"});
    const auto certificates = x509::parse_certificate_file(text::as_bytes(text), "E0E0").value();
    CHECK(reference.public_key == certificates.front().public_key().value());
}

TEST_CASE("without a certificate the public key is recovered from two signatures", "[key_file]") {
    const Chip chip;
    for (const auto* curve : {"P-256", "P-384"}) {
        CAPTURE(curve);
        const auto made = chip.keygen("E0F1", {"--curve", curve, "--force"});
        auto found = key_file(chip, {"key-file", "E0F1", "--label", "again"}, 2);
        CHECK(found.label == "again");
        found.label = made.label;
        CHECK(found == made);
    }
}

TEST_CASE("a certificate for another key is told and not believed", "[key_file]") {
    const Chip chip;
    const auto made = chip.keygen("E0F1");
    chip.must({"cert", "write", "E0E1"}, {.input = certificate_text(SoftwareKey{Curve::p256}.public_key())});
    chip.simulator.reset_stats();
    const auto outcome = chip.trustx({"key-file", "E0F1"});
    INFO(outcome.both());
    REQUIRE(outcome.ok());
    CHECK_THAT(outcome.err, ContainsSubstring("E0E1 does not belong to the key in E0F1"));
    CHECK(reference_in(outcome.out).public_key == made.public_key);
    CHECK(chip.private_key_uses() == 2);
}

TEST_CASE("something in the certificate object that is no certificate does not stand in the way", "[key_file]") {
    const Chip chip;
    const auto made = chip.keygen("E0F1");
    chip.must({"object", "write", "E0E1", "--force"}, {.input = "no certificate"});
    CHECK(key_file(chip, {"key-file", "E0F1"}, 2).public_key == made.public_key);
}

TEST_CASE("with --trust-certificate the key file has the certificate's key and uses no private key", "[key_file]") {
    const Chip chip;
    const auto made = chip.keygen("E0F1", {"--usage", "keyagree"});
    chip.must({"cert", "write", "E0E1"}, {.input = certificate_text(made.public_key)});
    CHECK(key_file(chip, {"key-file", "E0F1", "--trust-certificate"}, 0).public_key == made.public_key);
}

TEST_CASE("asking to --trust-certificate without a certificate is refused", "[key_file]") {
    const Chip chip;
    chip.keygen("E0F1");
    chip.must_fail(6, {"key-file", "E0F1", "--trust-certificate"}, {"no usable certificate", "E0F1"});
}

TEST_CASE("a key that may not sign cannot be recovered, and the reason is told", "[key_file]") {
    const Chip chip;
    chip.keygen("E0F1", {"--usage", "keyagree"});
    chip.must_fail(1, {"key-file", "E0F1"}, {"E0F1", "usage"});
}

TEST_CASE("an empty slot has no key file", "[key_file]") {
    const Chip chip;
    chip.must_fail(6, {"key-file", "E0F2", "--out", "key.pem"}, {"E0F2", "holds no key", "trustx keygen E0F2"});
    CHECK_FALSE(std::filesystem::exists(chip.files / "key.pem"));
}
