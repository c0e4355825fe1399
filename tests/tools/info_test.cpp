// SPDX-License-Identifier: Apache-2.0
// trustx info on a chip as it comes from the factory, and on chips that do not answer.
#include "chip_fixture.hpp"
#include "support/catch.hpp"

using namespace trustx::test;

TEST_CASE("info shows a factory chip: identity, states, keys, certificates and where it was found", "[info]") {
    const Chip chip;
    const auto text = chip.must({"info"});
    CAPTURE(text);
    CHECK_THAT(text, ContainsSubstring(chip.simulator.address()) && ContainsSubstring("TRUSTX_DEVICE"));
    CHECK_THAT(text, ContainsSubstring("UID") && ContainsSubstring("firmware"));
    CHECK_THAT(text, ContainsSubstring("operational") && ContainsSubstring("creation"));
    CHECK_THAT(text, ContainsSubstring("E0F0 (device-key-1)") && ContainsSubstring("P-256, usage auth"));
    CHECK_THAT(text, ContainsSubstring("E0F1 (device-key-2)") && ContainsSubstring("no key"));
    CHECK_THAT(text, ContainsSubstring("E0E0 (certificate-1)") &&
                         ContainsSubstring("certificate without subject, issued by") &&
                         ContainsSubstring("valid until"));
    CHECK_THAT(text, !ContainsSubstring("(empty)"));
    CHECK_THAT(text, ContainsSubstring("E0E1 (certificate-2)") && ContainsSubstring("empty"));
}

TEST_CASE("info tells programs the same in JSON", "[info]") {
    const Chip chip;
    const auto info = nlohmann::json::parse(chip.must({"--device", chip.simulator.address(), "info", "--json"}));
    CHECK(info.at("device_source") == "--device");
    CHECK(info.at("uid").get<std::string>().size() == 54);
    CHECK(info.at("life_cycle_chip") == "operational");
    CHECK(info.at("security_event_counter") == 0);
    REQUIRE(info.at("keys").size() == 4);
    CHECK(info.at("keys")[0].at("present") == true);
    CHECK(info.at("keys")[0].at("curve") == "P-256");
    CHECK(info.at("keys")[1].at("present") == false);
    REQUIRE(info.at("certificate_objects").size() == 6);
    CHECK(info.at("certificate_objects")[0].at("certificates").size() == 1);
    // Where the text speaks of a certificate without subject, the subject is empty, and not words in its place.
    CHECK(info.at("certificate_objects")[0].at("certificates")[0].at("subject") == "");
    CHECK(info.at("certificate_objects")[1].at("certificates").empty());
}

TEST_CASE("info names the leaf of a chain and counts the rest", "[info]") {
    const Chip chip;
    const SoftwareKey authority{trustx::Curve::p256};
    const auto key = chip.keygen("E0F1");
    chip.must({"cert", "write", "E0E1"},
              {.input = pem("CERTIFICATE", authority.certificate_for(key.public_key, "gateway", "authority")) +
                        pem("CERTIFICATE", authority.certificate("authority"))});
    CHECK_THAT(chip.must({"info"}),
               ContainsSubstring("CN=gateway") && ContainsSubstring("and 1 more; form tls-identity"));
    chip.must({"cert", "write", "E0E1"},
              {.input = pem("CERTIFICATE", authority.certificate_for(key.public_key, "gateway", "authority"))});
    CHECK_THAT(chip.must({"info"}), ContainsSubstring("; form der"));
}

TEST_CASE("info goes on when a certificate object holds something else, and says so", "[info]") {
    const Chip chip;
    chip.must({"object", "write", "E0E2", "--force"}, {.input = "no certificate"});
    const auto text = chip.must({"info"});
    CHECK_THAT(text, ContainsSubstring("E0E2 (certificate-3)") && ContainsSubstring("neither a certificate nor"));
    CHECK_THAT(text, ContainsSubstring("E0EF (trust-anchor-8)"));
}

TEST_CASE("info uses no private key and does not open an open application again", "[info]") {
    const Chip chip;
    chip.must({"info"});
    chip.simulator.reset_stats();
    chip.must({"info"});
    const auto stats = chip.simulator.stats();
    CHECK(stats.at("private_key_uses") == 0);
    CHECK(stats.at("commands").value("OpenApplication", 0) == 0);
}

TEST_CASE("a chip at another address is reported as missing, with the address", "[info]") {
    const Chip chip;
    chip.must_fail(3, {"--device", chip.simulator.address() + "@0x31", "info"},
                   {chip.simulator.address() + "@0x31", "no chip answers", "target address"});
}

TEST_CASE("a simulator that was killed is reported, with what to do", "[info]") {
    Chip chip;
    chip.must({"info"});
    chip.simulator.kill9();
    chip.must_fail(3, {"info"}, {chip.simulator.socket().string(), "start trustx-sim"});
}
