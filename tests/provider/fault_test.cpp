// SPDX-License-Identifier: Apache-2.0
// What a user reads when something is wrong: no chip, another chip, another key, no permission for the lock.
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "workbench.hpp"

using namespace trustx::test;

namespace {

Outcome sign(const Bench& bench, const std::string& key) {
    return bench.openssl({"dgst", "-sha256", "-sign", key, "-out", "signature"}, "message");
}

// A board was exchanged. A chip of another profile has another UID, and another address.
SimulatorOptions other_chip() {
    return {.profile = "A"};
}

std::string address_of(const Simulator& chip) {
    const std::uint8_t target = chip.stats().at("i2c_address");
    return chip.address() + "@0x" + to_hex({&target, 1});
}

}  // namespace

TEST_CASE("a key of an absent chip loads, and signing says which chip is missing", "[fault]") {
    ChipBench chip;
    const auto key = chip.make_key("E0F1");
    chip.simulator().kill9();
    chip->must_openssl({"pkey", "-in", key.string(), "-pubout"});
    const Outcome outcome = sign(chip.bench(), key.string());
    INFO(outcome.both());
    CHECK_FALSE(outcome.ok());
    CHECK_THAT(first_error_line(outcome), ContainsSubstring(":trustx:"));
    CHECK_THAT(first_error_line(outcome), ContainsSubstring(chip.simulator().socket().string()));
}

TEST_CASE("a chip that comes back is used again by the same process", "[fault]") {
    ChipBench chip;
    const auto file = chip.make_key("E0F1");
    const LibCtx libctx = chip->libctx();
    const Pkey key = load_key(libctx.get(), file);
    const auto sign_once = [&] {
        const MdCtx ctx(EVP_MD_CTX_new());
        unsigned char signature[72];
        std::size_t size = sizeof signature;
        return EVP_DigestSignInit_ex(ctx.get(), nullptr, "SHA256", libctx.get(), nullptr, key.get(), nullptr) == 1 &&
               EVP_DigestSign(ctx.get(), signature, &size, signature, 0) == 1;
    };
    CHECK(sign_once());
    chip.simulator().kill9();
    CHECK_FALSE(sign_once());
    CHECK_FALSE(take_errors().empty());
    chip.simulator().restart();
    CHECK(sign_once());
    INFO(joined(take_errors()));
}

TEST_CASE("another chip than the key's is recognised at the first signature", "[fault]") {
    ChipBench chip;
    const auto key = chip.make_key("E0F1");
    const Simulator other(other_chip());
    ProcessOptions options = chip->process_options();
    options.environment["TRUSTX_DEVICE"] = address_of(other);
    options.input = "message";
    const Outcome outcome = run("openssl", {"dgst", "-sha256", "-sign", key.string(), "-out", "signature"}, options);
    INFO(outcome.both());
    CHECK_FALSE(outcome.ok());
    CHECK_THAT(first_error_line(outcome), ContainsSubstring(":trustx:"));
    CHECK_THAT(first_error_line(outcome), ContainsSubstring("wrong chip"));
    CHECK_THAT(first_error_line(outcome), ContainsSubstring("E0F1"));
    CHECK(other.stats().at("private_key_uses") == 0);
}

TEST_CASE("another chip with a key in the same slot is recognised by the signature", "[fault]") {
    ChipBench chip;
    const auto key = chip.make_key("E0F1");
    const Simulator other(other_chip());
    const Bench exchanged(BenchOptions{.device = address_of(other)});
    exchanged.must_openssl({"genpkey", "-propquery", "?provider=trustx", "-algorithm", "EC", "-pkeyopt", "group:P-256",
                            "-pkeyopt", "slot:E0F1", "-out", "new.pem"});
    const auto refused = [&](const Bench& bench) {
        const Outcome outcome = sign(bench, key.string());
        INFO(outcome.both());
        CHECK_FALSE(outcome.ok());
        CHECK_THAT(first_error_line(outcome), ContainsSubstring(":trustx:"));
        CHECK_THAT(first_error_line(outcome), ContainsSubstring("wrong chip"));
        CHECK_THAT(first_error_line(outcome), ContainsSubstring("E0F1"));
        CHECK(read_file(bench.path("signature")).empty());
    };
    refused(exchanged);
    CHECK(other.stats().at("private_key_uses") == 1);

    SECTION("or, where signatures are not verified, before it") {
        other.reset_stats();
        refused(Bench(BenchOptions{.device = address_of(other), .settings = {{"self-verify", "no"}}}));
        CHECK(other.stats().at("private_key_uses") == 0);
    }
}

TEST_CASE("a slot that holds another key than the reference says is noticed by the signature", "[fault]") {
    ChipBench chip;
    const auto key = chip.make_key("E0F1");
    chip->must_openssl({"genpkey", "-propquery", "?provider=trustx", "-algorithm", "EC", "-pkeyopt", "group:P-256",
                        "-pkeyopt", "slot:E0F1", "-pkeyopt", "force:1", "-out", "new.pem"});
    const Outcome outcome = sign(chip.bench(), key.string());
    INFO(outcome.both());
    CHECK_FALSE(outcome.ok());
    CHECK_THAT(first_error_line(outcome), ContainsSubstring(":trustx:"));
    CHECK_THAT(first_error_line(outcome), ContainsSubstring("the slot holds another key"));
    CHECK(sign(chip.bench(), "new.pem").ok());

    SECTION("unless that is switched off") {
        const Bench trusting = chip.with(Arrangement::default_first, {{"self-verify", "no"}});
        CHECK(sign(trusting, key.string()).ok());
    }
}

TEST_CASE("an empty slot gives the chip's refusal with slot and command", "[fault]") {
    ChipBench chip;
    const LibCtx libctx = chip->libctx();
    const Pkey software = software_key(libctx.get());
    write_file(chip->path("empty.pem"), reference_pem(software.get(), "E0F2"));
    const Outcome outcome = sign(chip.bench(), "empty.pem");
    INFO(outcome.both());
    CHECK_FALSE(outcome.ok());
    CHECK_THAT(first_error_line(outcome), ContainsSubstring(":trustx:"));
    CHECK_THAT(first_error_line(outcome), ContainsSubstring("CalcSign"));
    CHECK_THAT(first_error_line(outcome), ContainsSubstring("E0F2"));
}

TEST_CASE("a lock directory that is not there is named", "[fault]") {
    ChipBench chip;
    const auto key = chip.make_key("E0F1");
    const Bench bench = chip.with(Arrangement::default_first, {{"lock-directory", "/proc/trustx/locks"}});
    const Outcome outcome = sign(bench, key.string());
    INFO(outcome.both());
    CHECK_FALSE(outcome.ok());
    CHECK_THAT(first_error_line(outcome), ContainsSubstring(":trustx:"));
    CHECK_THAT(first_error_line(outcome), ContainsSubstring("/proc/trustx/locks"));
}

TEST_CASE("a key reference that names an unknown device says so", "[fault]") {
    ChipBench chip;
    const Outcome outcome = chip->openssl({"genpkey", "-propquery", "?provider=trustx", "-algorithm", "EC", "-pkeyopt",
                                           "group:P-256", "-pkeyopt", "slot:E0F1", "-pkeyopt", "device:pump"});
    INFO(outcome.both());
    CHECK_FALSE(outcome.ok());
    CHECK_THAT(outcome.err, ContainsSubstring(":trustx:"));
    CHECK_THAT(outcome.err, ContainsSubstring("pump"));
}

TEST_CASE("several processes sign with one chip at the same time, with two keys", "[fault]") {
    ChipBench chip;
    const std::string keys[] = {chip.make_key("E0F1").string(), chip.make_key("E0F2").string()};
    write_file(chip->path("message"), "message");
    chip.reset_counters();
    constexpr std::size_t count = 6;
    std::vector<Process> processes;
    for (std::size_t i = 0; i < count; ++i) {
        processes.emplace_back("openssl",
                               std::vector<std::string>{"dgst", "-sha256", "-sign", keys[i % 2], "-out",
                                                        "signature" + std::to_string(i), "message"},
                               chip->process_options());
    }
    for (std::size_t i = 0; i < count; ++i) {
        const Outcome outcome = processes[i].wait(patience());
        INFO(outcome.both());
        CHECK(outcome.ok());
        chip->must_openssl(
            {"dgst", "-sha256", "-prverify", keys[i % 2], "-signature", "signature" + std::to_string(i), "message"});
    }
    CHECK(chip.private_key_uses() == count);
}
