// SPDX-License-Identifier: Apache-2.0
// trustx: URIs: what is on the chip, as OSSL_STORE and the programs on top of it see it.
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "workbench.hpp"

#include <map>

using namespace trustx::test;

namespace {

std::string trustx_tool(const ChipBench& chip, std::vector<std::string> arguments,
                        std::optional<std::string> input = {}) {
    ProcessOptions options = chip->process_options();
    options.environment["TRUSTX_DEVICE"] = chip.simulator().address();
    options.environment["TRUSTX_LOCK_DIRECTORY"] = chip.simulator().directory().path().string();
    options.input = std::move(input);
    const Outcome outcome = run(program("trustx"), arguments, options);
    INFO(outcome.both());
    REQUIRE(outcome.ok());
    return outcome.out;
}

// ca.pem and ca.key: a demo CA; E0F1.pem and E0F1.crt: a chip key with a certificate that is also on the chip.
struct Provisioned {
    ChipBench chip;

    explicit Provisioned(Arrangement arrangement = Arrangement::default_first) : chip(arrangement) {
        chip->must_openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "group:P-256", "-noenc", "-keyout", "ca.key",
                            "-out", "ca.pem", "-subj", "/CN=demo CA", "-days", "2"});
        chip.make_key("E0F1");
        chip->must_openssl({"req", "-new", "-key", "E0F1.pem", "-subj", "/CN=gateway", "-out", "E0F1.csr"});
        write_file(chip->path("leaf.ext"), "basicConstraints = critical,CA:false\n");
        chip->must_openssl({"x509", "-req", "-in", "E0F1.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                            "-days", "2", "-extfile", "leaf.ext", "-out", "E0F1.crt"});
        trustx_tool(chip, {"cert", "write", "E0E1", chip->path("E0F1.crt").string()});
        chip.reset_counters();
    }
};

std::map<std::string, int> listing(const Bench& bench, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"storeutl", "-noout"});
    const std::string out = bench.must_openssl(arguments);
    std::map<std::string, int> kinds;
    for (const char* kind : {"Pkey", "Public key", "Certificate"}) {
        for (auto at = out.find(std::string(": ") + kind + "\n"); at != std::string::npos;
             at = out.find(std::string(": ") + kind + "\n", at + 1)) {
            ++kinds[kind];
        }
    }
    return kinds;
}

}  // namespace

TEST_CASE("a URI lists keys and certificates of the chip", "[store]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Provisioned set(arrangement);
    const Bench& bench = set.chip.bench();
    auto all = listing(bench, {"trustx:"});
    CHECK(all["Pkey"] == 2);  // E0F0 by its factory certificate, E0F1 by ours
    CHECK(all["Certificate"] >= 2);
    auto keys = listing(bench, {"-keys", "trustx:"});
    CHECK(keys["Pkey"] == 2);
    CHECK(keys["Certificate"] == 0);
    auto certificates = listing(bench, {"-certs", "trustx:"});
    CHECK(certificates["Pkey"] == 0);
    CHECK(certificates["Certificate"] == all["Certificate"]);
    CHECK(set.chip.private_key_uses() == 0);
}

TEST_CASE("a certificate that is named is read with one command", "[store]") {
    const Provisioned set;
    CHECK(listing(set.chip.bench(), {"trustx:E0E1"})["Certificate"] == 1);
    CHECK(set.chip.stats().at("commands").value("GetDataObject", 0) == 1);
}

TEST_CASE("openssl writes the same text into a key file as trustx", "[store]") {
    const Provisioned set;
    const auto text = trustx_tool(set.chip, {"key-file", "E0F1", "--label", "pump 7"});
    write_file(set.chip->path("labelled.pem"), text);
    CHECK(set.chip->must_openssl({"pkey", "-in", "labelled.pem"}) == text);
}

TEST_CASE("a URI names one object, by number, name or attribute", "[store]") {
    const Provisioned set;
    const Bench& bench = set.chip.bench();
    CHECK(listing(bench, {"trustx:E0F1"}) == std::map<std::string, int>{{"Pkey", 1}});
    CHECK(listing(bench, {"TrustX:e0f1"})["Pkey"] == 1);
    CHECK(listing(bench, {"trustx:device-key-2"})["Pkey"] == 1);
    CHECK(listing(bench, {"trustx:slot=E0F1;type=private"})["Pkey"] == 1);
    CHECK(listing(bench, {"trustx:slot=E0F1;type=public"})["Public key"] == 1);
    CHECK(listing(bench, {"trustx:slot=E0F1;type=cert"})["Certificate"] == 1);
    CHECK(listing(bench, {"trustx:E0E1"})["Certificate"] == 1);
    CHECK(listing(bench, {"trustx:E0E0"})["Certificate"] == 1);
}

TEST_CASE("a key from a URI signs, whichever provider comes first", "[store]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Provisioned set(arrangement);
    const Bench& bench = set.chip.bench();
    bench.must_openssl({"dgst", "-sha256", "-sign", "trustx:E0F1", "-out", "signature"}, "message");
    bench.must_openssl({"x509", "-in", "E0F1.crt", "-pubkey", "-noout", "-out", "public.pem"});
    bench.must_openssl({"dgst", "-sha256", "-verify", "public.pem", "-signature", "signature"}, "message");
    CHECK(set.chip.private_key_uses() == 1);
    CHECK(bench.must_openssl({"pkey", "-in", "trustx:E0F1"}) == read_file(bench.path("E0F1.pem")));
}

TEST_CASE("a certificate from a URI is the one that was written", "[store]") {
    const Provisioned set;
    const Bench& bench = set.chip.bench();
    CHECK(bench.must_openssl({"x509", "-in", "trustx:E0E1"}) == bench.must_openssl({"x509", "-in", "E0F1.crt"}));
    // The factory certificate is stored as a TLS identity: its 9 bytes of wrapping are gone.
    CHECK_THAT(bench.must_openssl({"x509", "-in", "trustx:E0E0", "-noout", "-text"}),
               ContainsSubstring("id-ecPublicKey"));
}

TEST_CASE("a trust anchor on the chip verifies certificates", "[store]") {
    const Provisioned set;
    const Bench& bench = set.chip.bench();
    trustx_tool(set.chip, {"cert", "write", "E0E8", bench.path("ca.pem").string()});
    CHECK_THAT(bench.must_openssl({"verify", "-CAstore", "trustx:E0E8", "E0F1.crt"}), ContainsSubstring("OK"));
    CHECK_THAT(bench.must_openssl({"verify", "-CAstore", "trustx:", "E0F1.crt"}), ContainsSubstring("OK"));
}

TEST_CASE("certificates are found by subject, issuer and serial number, and fingerprint", "[store]") {
    const Provisioned set;
    const Bench& bench = set.chip.bench();
    CHECK(listing(bench, {"-certs", "-subject", "/CN=gateway", "trustx:"})["Certificate"] == 1);
    CHECK(listing(bench, {"-certs", "-subject", "/CN=nobody", "trustx:"})["Certificate"] == 0);
    std::string serial = bench.must_openssl({"x509", "-in", "E0F1.crt", "-serial", "-noout"});
    serial = "0x" + serial.substr(serial.find('=') + 1, serial.find('\n') - serial.find('=') - 1);
    CHECK(listing(bench, {"-certs", "-issuer", "/CN=demo CA", "-serial", serial, "trustx:"})["Certificate"] == 1);
    CHECK(listing(bench, {"-certs", "-issuer", "/CN=demo CA", "-serial", "0x7", "trustx:"})["Certificate"] == 0);
    std::string print = bench.must_openssl({"x509", "-in", "E0F1.crt", "-fingerprint", "-sha256", "-noout"});
    print = print.substr(print.find('=') + 1, print.find('\n') - print.find('=') - 1);
    CHECK(listing(bench, {"-certs", "-sha256", "-fingerprint", print, "trustx:"})["Certificate"] == 1);
}

TEST_CASE("a slot without a known public key says where it was looked for", "[store]") {
    ChipBench chip;
    chip.make_key("E0F2");
    const Outcome outcome = chip->openssl({"pkey", "-in", "trustx:E0F2"});
    INFO(outcome.both());
    CHECK_FALSE(outcome.ok());
    CHECK_THAT(outcome.err, ContainsSubstring("E0E2"));
    CHECK_THAT(outcome.err, ContainsSubstring("F1D2"));
}

TEST_CASE("a public key in the slot's data object is found", "[store]") {
    ChipBench chip;
    chip.make_key("E0F2");
    chip->must_openssl({"pkey", "-in", "E0F2.pem", "-pubout", "-outform", "DER", "-out", "E0F2.spki"});
    trustx_tool(chip, {"object", "write", "F1D2", chip->path("E0F2.spki").string()});
    CHECK(chip->must_openssl({"pkey", "-in", "trustx:E0F2"}) == read_file(chip->path("E0F2.pem")));
}

TEST_CASE("an empty slot and an empty certificate object are reported as such", "[store]") {
    ChipBench chip;
    for (const auto& [uri, text] : std::map<std::string, std::string>{{"trustx:E0F3", "the slot is empty"},
                                                                      {"trustx:E0E3", "nothing is written there"}}) {
        const Outcome outcome = chip->openssl({"storeutl", uri});
        INFO(outcome.both());
        CHECK_FALSE(outcome.ok());
        CHECK_THAT(outcome.err, ContainsSubstring(text));
    }
}

TEST_CASE("an empty slot that can never get a key is not reported with the advice to make one", "[store]") {
    ChipBench chip;
    trustx_tool(chip, {"lifecycle", "raise", "E0F3", "operational", "--force"});
    const Outcome outcome = chip->openssl({"storeutl", "trustx:E0F3"});
    INFO(outcome.both());
    CHECK_FALSE(outcome.ok());
    CHECK_THAT(outcome.err,
               ContainsSubstring("the slot is empty; E0F3 is operational") && !ContainsSubstring("keygen"));
}

TEST_CASE("a URI that cannot be read says why", "[store]") {
    const Bench bench;
    for (const char* uri :
         {"trustx:E0FF", "trustx:slot=E0F1;type=secret", "trustx:sloth=E0F1", "trustx:E0F1;E0F2", "trustx:E0C2"}) {
        const Outcome outcome = bench.openssl({"storeutl", uri});
        INFO(outcome.both());
        CHECK_FALSE(outcome.ok());
        CHECK_THAT(outcome.err, ContainsSubstring(":trustx:"));
        CHECK_THAT(outcome.err, ContainsSubstring(uri));
    }
}

TEST_CASE("without the chip a URI ends with one error and does not loop", "[store]") {
    const Bench bench;
    const Outcome outcome = bench.openssl({"storeutl", "trustx:"});
    INFO(outcome.both());
    CHECK_FALSE(outcome.ok());
    CHECK_FALSE(outcome.timed_out);
    CHECK_THAT(outcome.err, ContainsSubstring(":trustx:"));
    CHECK_THAT(outcome.err, ContainsSubstring("/nonexistent/trustx-test-chip"));
}

TEST_CASE("opening a URI sends nothing to the chip", "[store]") {
    const Provisioned set;
    const LibCtx libctx = set.chip->libctx();
    const Store store(
        OSSL_STORE_open_ex("trustx:", libctx.get(), nullptr, nullptr, nullptr, nullptr, nullptr, nullptr));
    REQUIRE(store != nullptr);
    CHECK(OSSL_STORE_expect(store.get(), OSSL_STORE_INFO_PKEY) == 1);
    CHECK(set.chip.transfers() == 0);
    int count = 0;
    while (OSSL_STORE_eof(store.get()) == 0) {
        const StoreInfo info(OSSL_STORE_load(store.get()));
        REQUIRE(info != nullptr);
        CHECK(OSSL_STORE_INFO_get_type(info.get()) == OSSL_STORE_INFO_PKEY);
        ++count;
    }
    CHECK(count == 2);
    CHECK(OSSL_STORE_error(store.get()) == 0);
    CHECK(take_errors().empty());
}
