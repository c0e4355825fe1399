// SPDX-License-Identifier: Apache-2.0
// trustx auth: who is authentic, and who is not.
#include "chip_fixture.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace trustx;
using namespace trustx::test;

namespace {

// certify lets an authority issue a certificate for the key in E0F1.
void certify(const Chip& chip, const SoftwareKey& authority, const PublicKey& key) {
    chip.must({"cert", "write", "E0E1"},
              {.input = pem("CERTIFICATE", authority.certificate_for(key, "gateway", "authority"))});
}

}  // namespace

TEST_CASE("a factory chip is authentic to whoever trusts its maker", "[auth]") {
    const Chip chip;
    const auto authority = chip.write("ca.pem", chip.simulator.control({"ca"}));
    chip.simulator.reset_stats();
    const auto text = chip.must({"auth", "--ca", authority});
    CHECK_THAT(text, ContainsSubstring("The chip is authentic.") && ContainsSubstring("throw-away CA"));
    CHECK(chip.private_key_uses() == 1);
}

TEST_CASE("openssl verifies the response over the challenge", "[auth]") {
    const Chip chip;
    const SoftwareKey authority{Curve::p256};
    certify(chip, authority, chip.keygen("E0F1").public_key);
    const auto proof = nlohmann::json::parse(
        chip.must({"auth", "E0F1", "--any-issuer", "--challenge", "000102030405060708090a0b", "--json"}));
    CHECK(proof.at("challenge") == "000102030405060708090A0B");
    CHECK(proof.at("issuer_checked") == false);
    const auto response = from_hex(proof.at("response").get<std::string>());
    chip.write("response", std::string(response.begin(), response.end()));
    chip.write("cert.pem", proof.at("certificates")[0]);
    const auto outcome = chip.shell(R"(set -e; openssl x509 -in cert.pem -noout -pubkey >pub.pem
printf '\000\001\002\003\004\005\006\007\010\011\012\013' | openssl dgst -sha256 -verify pub.pem -signature response)");
    INFO(outcome.both());
    CHECK(outcome.ok());
}

TEST_CASE("a chip whose certificate somebody else issued is not authentic, and its key is not used", "[auth]") {
    const Chip chip;
    const SoftwareKey authority{Curve::p256};
    const SoftwareKey stranger{Curve::p256};
    certify(chip, authority, chip.keygen("E0F1").public_key);
    chip.write("ca.pem", pem("CERTIFICATE", authority.authority_certificate("authority")));
    chip.write("stranger.pem", pem("CERTIFICATE", stranger.authority_certificate("authority")));
    chip.must({"auth", "E0F1", "--ca", "ca.pem"});
    chip.simulator.reset_stats();
    chip.must_fail(5, {"auth", "E0F1", "--ca", "stranger.pem"}, {"no chain", "CN=gateway"});
    CHECK(chip.private_key_uses() == 0);
}

TEST_CASE("a chip that does not hold the key of its certificate is not authentic", "[auth]") {
    const Chip chip;
    const SoftwareKey authority{Curve::p256};
    certify(chip, authority, chip.keygen("E0F1").public_key);
    chip.keygen("E0F1", {"--force"});
    chip.must_fail(5, {"auth", "E0F1", "--any-issuer"}, {"does not verify", "another key"});
    chip.must_fail(6, {"auth", "E0F3", "--any-issuer"}, {"E0E3", "no certificate"});
}
