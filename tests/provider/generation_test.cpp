// SPDX-License-Identifier: Apache-2.0
// Making keys: in the chip with a slot, in software without one, and never over a key that is there.
#include "support/catch.hpp"
#include "workbench.hpp"

using namespace trustx::test;

namespace {

std::vector<std::string> genpkey(std::vector<std::string> options) {
    std::vector<std::string> arguments{"genpkey", "-propquery", "?provider=trustx", "-algorithm", "EC"};
    for (auto& option : options) {
        arguments.insert(arguments.end(), {"-pkeyopt", std::move(option)});
    }
    return arguments;
}

}  // namespace

TEST_CASE("a key made in the chip is written as a reference that signs", "[generation]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    const auto group = GENERATE("P-256", "P-384", "prime256v1", "secp384r1");
    INFO(name_of(arrangement) << ", " << group);
    ChipBench chip(arrangement);
    const auto file = chip.make_key("E0F1", group);
    CHECK_THAT(read_file(file), ContainsSubstring("BEGIN TRUSTX PRIVATE KEY"));
    chip->must_openssl({"dgst", "-sha384", "-sign", file.string(), "-out", "signature"}, "message");
    chip->must_openssl({"pkey", "-in", file.string(), "-pubout", "-out", "public.pem"});
    chip->must_openssl({"dgst", "-sha384", "-verify", "public.pem", "-signature", "signature"}, "message");
    CHECK(chip.stats().at("commands").at("GenKeyPair") == 1);
}

TEST_CASE("a request makes its own key in the chip", "[generation]") {
    ChipBench chip(Arrangement::trustx_first);
    chip->must_openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "group:P-256", "-pkeyopt", "slot:E0F2", "-noenc",
                        "-keyout", "key.pem", "-subj", "/CN=gateway", "-out", "request.pem"});
    CHECK_THAT(read_file(chip->path("key.pem")), ContainsSubstring("BEGIN TRUSTX PRIVATE KEY"));
    CHECK_THAT(chip->must_openssl({"req", "-in", "request.pem", "-verify", "-noout", "-pubkey"}),
               ContainsSubstring(chip->must_openssl({"pkey", "-in", "key.pem", "-pubout"})));
}

TEST_CASE("without a slot a key is a software key as ever", "[generation]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    ChipBench chip(arrangement);
    chip.reset_counters();
    const std::string pem = chip->must_openssl(genpkey({"group:P-256"}));
    CHECK_THAT(pem, ContainsSubstring("-----BEGIN PRIVATE KEY-----"));
    CHECK(chip.transfers() == 0);
}

TEST_CASE("a used slot is not overwritten, and nothing is lost by trying", "[generation]") {
    ChipBench chip;
    const auto file = chip.make_key("E0F1");
    const Outcome refused = chip->openssl(genpkey({"group:P-384", "slot:E0F1"}));
    INFO(refused.both());
    CHECK_FALSE(refused.ok());
    CHECK_THAT(refused.err, ContainsSubstring("key slot is in use"));
    CHECK_THAT(refused.err, ContainsSubstring("force:1"));
    CHECK(refused.out.empty());
    chip->must_openssl({"dgst", "-sha256", "-sign", file.string(), "-out", "signature"}, "message");

    const std::string forced = chip->must_openssl(genpkey({"group:P-384", "slot:E0F1", "force:1"}));
    CHECK_THAT(forced, ContainsSubstring("P-384"));
}

TEST_CASE("the factory key cannot be replaced, even by force", "[generation]") {
    ChipBench chip;
    const Outcome outcome = chip->openssl(genpkey({"group:P-256", "slot:E0F0", "force:1"}));
    INFO(outcome.both());
    CHECK_FALSE(outcome.ok());
    CHECK_THAT(outcome.err, ContainsSubstring("GenKeyPair"));
    CHECK_THAT(outcome.err, ContainsSubstring("E0F0"));
}

TEST_CASE("what the chip cannot make is refused before it is asked", "[generation]") {
    ChipBench chip;
    chip.reset_counters();
    const auto refusal = [&](std::vector<std::string> options) {
        const Outcome outcome = chip->openssl(genpkey(std::move(options)));
        CHECK_FALSE(outcome.ok());
        return outcome.err;
    };
    CHECK_THAT(refusal({"group:P-521", "slot:E0F1"}), ContainsSubstring("curve not supported by the chip"));
    CHECK_THAT(refusal({"group:brainpoolP256r1", "slot:E0F1"}), ContainsSubstring("the chip has P-256 and P-384"));
    CHECK_THAT(refusal({"slot:E0F1"}), ContainsSubstring("add -pkeyopt group:P-256"));
    CHECK_THAT(refusal({"group:P-256", "slot:E0E1"}), ContainsSubstring("not a key slot of the chip"));
    CHECK_THAT(refusal({"group:P-256", "slot:nonsense"}), ContainsSubstring("E0F0 to E0F3"));
    CHECK_THAT(refusal({"group:P-256", "slot:E0F1", "usage:fly"}), ContainsSubstring("key usage is not valid"));
    CHECK_THAT(refusal({"group:P-256", "slot:E0F1", "label:pump\x1B[2J"}), ContainsSubstring("one line of UTF-8"));
    CHECK(chip.transfers() == 0);
}

TEST_CASE("the usage that a key is made for is what the chip lets it do", "[generation]") {
    ChipBench chip;
    const auto file = chip.make_key("E0F3", "P-256", "keyagree");
    const Outcome outcome = chip->openssl({"dgst", "-sha256", "-sign", file.string(), "-out", "signature"}, "message");
    INFO(outcome.both());
    CHECK_FALSE(outcome.ok());
    CHECK_THAT(outcome.err, ContainsSubstring("CalcSign"));
    CHECK_THAT(outcome.err, ContainsSubstring("E0F3"));
}

TEST_CASE("a label that could not be read again is refused before a key is made", "[generation]") {
    const ChipBench chip;
    for (const char* label : {"label:pump\n7", "label:\xFF"}) {
        CHECK_FALSE(chip->openssl(genpkey({"group:P-256", "slot:E0F1", label})).ok());
    }
    CHECK(chip.stats().at("commands").value("GenKeyPair", 0) == 0);
}

TEST_CASE("device and label are kept in the reference", "[generation]") {
    ChipBench chip;
    const std::string pem = chip->must_openssl(genpkey({"group:P-256", "slot:E0F1", "label:pump 7"}));
    write_file(chip->path("key.pem"), pem);
    CHECK_THAT(chip->must_openssl({"pkey", "-in", "key.pem", "-noout", "-text"}), ContainsSubstring("label: pump 7"));
}
