// SPDX-License-Identifier: Apache-2.0
// The first line that the openssl tool prints, for everything that a user can get wrong: it is ours, it says what was
// tried, what came back and what to do, and never just "unsupported" (openssl-provider.md section 1.11).
#include "support/catch.hpp"
#include "workbench.hpp"

#include <trustx/device.hpp>

#include <vector>

#include <unistd.h>

using namespace trustx::test;

namespace {

const std::vector<std::string> make_in_chip{"genpkey",    "-propquery", "?provider=trustx",
                                            "-algorithm", "EC",         "-pkeyopt"};

struct Row {
    std::string what;
    std::vector<std::string> arguments;
    std::vector<std::string> words;  // all of them in the first line
};

void check(const Bench& bench, const Row& row) {
    const Outcome outcome = bench.openssl(row.arguments, "message");
    INFO(row.what << "\n" << outcome.both());
    CHECK_FALSE(outcome.ok());
    const std::string line = first_error_line(outcome);
    CHECK_THAT(line, ContainsSubstring(":trustx:"));
    for (const auto& word : row.words) {
        CHECK_THAT(line, ContainsSubstring(word));
    }
}

std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

std::vector<std::string> sign_with(const std::string& key) {
    return {"dgst", "-sha256", "-sign", key, "-out", "signature"};
}

}  // namespace

TEST_CASE("what a user asks for wrongly is answered in the first line", "[error]") {
    ChipBench chip;
    chip.make_key("E0F1", "P-256", "auth,sign");
    chip.make_key("E0F2", "P-256", "keyagree");
    for (const Row& row : std::vector<Row>{
             {"a slot in use", with(make_in_chip, {"group:P-256", "-pkeyopt", "slot:E0F1"}), {"E0F1", "force:1"}},
             {"no slot of the chip", with(make_in_chip, {"group:P-256", "-pkeyopt", "slot:E0E1"}), {"E0F0 to E0F3"}},
             {"a curve the chip has not",
              with(make_in_chip, {"group:P-521", "-pkeyopt", "slot:E0F3"}),
              {"P-521", "P-256 and P-384"}},
             {"no such usage",
              with(make_in_chip, {"group:P-256", "-pkeyopt", "slot:E0F3", "-pkeyopt", "usage:everything"}),
              {"everything", "sign"}},
             {"the factory key",
              with(make_in_chip, {"group:P-256", "-pkeyopt", "slot:E0F0", "-pkeyopt", "force:1"}),
              {"GenKeyPair", "E0F0", "access conditions"}},
             {"a key that must not sign", sign_with("E0F2.pem"), {"CalcSign", "E0F2", "usage", "chip error 24"}},
             {"a digest that is not safe", {"dgst", "-sha1", "-sign", "E0F1.pem", "-out", "signature"}, {"SHA-256"}},
             {"an empty slot", {"pkey", "-in", "trustx:E0F3", "-noout"}, {"E0F3", "empty"}},
             {"a key whose public half is nowhere", {"pkey", "-in", "trustx:E0F1", "-noout"}, {"E0F1", "E0E1", "F1D1"}},
             {"an empty certificate object", {"storeutl", "-certs", "trustx:E0E2"}, {"E0E2"}},
             {"a reference to be encrypted",
              {"pkey", "-in", "E0F1.pem", "-aes256", "-passout", "pass:x"},
              {"E0F1", "leave out the cipher"}},
             {"a private key in the traditional form", {"ec", "-in", "E0F1.pem", "-param_enc", "explicit"}, {"E0F1"}},
         }) {
        check(chip.bench(), row);
    }
}

TEST_CASE("a URI that cannot be read is answered, behind libcrypto's remarks about its other loaders", "[error]") {
    const Bench bench;
    const Outcome outcome = bench.openssl({"storeutl", "trustx:E0F1;colour=blue"});
    INFO(outcome.both());
    CHECK_FALSE(outcome.ok());
    CHECK_THAT(outcome.err, ContainsSubstring("unknown attribute colour; there are slot, type and device"));
}

TEST_CASE("a chip that is locked by another process is answered with its process number", "[error]") {
    ChipBench chip(Arrangement::default_first, {{"lock-timeout-ms", "200"}});
    const auto key = chip.make_key("E0F1");
    const auto address = trustx::BusAddress::parse(chip.simulator().address());
    trustx::DeviceOptions options;
    options.lock_directory = chip.simulator().directory().path().string();
    const auto device = trustx::Device::open(*address, options);
    const auto locked = device->lock();
    REQUIRE(locked.has_value());
    check(chip.bench(),
          {"locked", sign_with(key.string()), {"CalcSign E0F1", std::to_string(::getpid()), "lock-timeout-ms"}});
}

TEST_CASE("a chip that is locked between two signatures is answered with the command, once", "[error]") {
    ChipBench chip(Arrangement::default_first, {{"lock-timeout-ms", "200"}});
    const LibCtx libctx = chip->libctx();
    const Pkey key = load_key(libctx.get(), chip.make_key("E0F1"));
    REQUIRE(signs(libctx.get(), key.get()));
    trustx::DeviceOptions options;
    options.lock_directory = chip.simulator().directory().path().string();
    const auto device = trustx::Device::open(*trustx::BusAddress::parse(chip.simulator().address()), options);
    const auto locked = device->lock();
    REQUIRE(locked.has_value());
    CHECK_FALSE(signs(libctx.get(), key.get()));
    const auto errors = take_errors();
    INFO(joined(errors));
    REQUIRE_FALSE(errors.empty());
    CHECK_THAT(errors.front(), ContainsSubstring("CalcSign E0F1: "));
    CHECK(errors.front().find("CalcSign") == errors.front().rfind("CalcSign"));
}

TEST_CASE("a chip that cannot be reached is answered with path, reason and remedy", "[error]") {
    ChipBench chip;
    const auto key = chip.make_key("E0F1");
    const std::string pem = read_file(key);
    const auto check_device = [&](const std::string& device, const std::vector<std::string>& words) {
        const Bench bench(BenchOptions{.device = device});
        write_file(bench.path("key.pem"), pem);
        check(bench, {device, sign_with("key.pem"), words});
    };
    check_device("unix:/nonexistent/chip",
                 {"nothing listens on the socket", "E0F1", "/nonexistent/chip", "No such file", "`device`"});
    check_device("i2c:/nonexistent/i2c-1@0x30",
                 {"bus of the chip does not exist", "E0F1", "/nonexistent/i2c-1", "No such file", "i2c-dev"});
    check_device("i2c:/dev/null@0x30", {"E0F1", "/dev/null", "i2cdetect"});
    check_device(chip.simulator().address() + "@0x31", {"E0F1", "0x31", "address"});
}
