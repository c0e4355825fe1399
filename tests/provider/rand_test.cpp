// SPDX-License-Identifier: Apache-2.0
// The chip's random numbers: only for programs that ask for them by name, and never anything else in their place.
#include "support/catch.hpp"
#include "workbench.hpp"

#include <array>
#include <set>
#include <vector>

#include <openssl/core_names.h>
#include <openssl/params.h>

using namespace trustx::test;

namespace {

RandCtx chip_generator(OSSL_LIB_CTX* libctx) {
    const Rand rand(EVP_RAND_fetch(libctx, "TRUSTX-RNG", nullptr));
    REQUIRE(rand != nullptr);
    RandCtx ctx(EVP_RAND_CTX_new(rand.get(), nullptr));
    REQUIRE(ctx != nullptr);
    REQUIRE(EVP_RAND_instantiate(ctx.get(), 256, 0, nullptr, 0, nullptr) == 1);
    return ctx;
}

}  // namespace

TEST_CASE("random numbers of any length come from the chip", "[rand]") {
    const ChipBench chip;
    const LibCtx libctx = chip->libctx();
    const RandCtx generator = chip_generator(libctx.get());
    CHECK(chip.transfers() == 0);
    for (const std::size_t size : {1u, 7u, 8u, 255u, 256u, 257u, 1000u, 5000u}) {
        std::vector<unsigned char> bytes(size + 1, 0xA5);
        REQUIRE(EVP_RAND_generate(generator.get(), bytes.data(), size, 256, 0, nullptr, 0) == 1);
        CHECK(bytes.back() == 0xA5);  // nothing written beyond the end
        if (size >= 255) {
            CHECK(std::set<unsigned char>(bytes.begin(), bytes.end()).size() > 100);
        }
    }
    CHECK(chip.stats().at("commands").at("GetRandom") == 1 + 1 + 1 + 1 + 1 + 2 + 4 + 20);
    CHECK(EVP_RAND_get_strength(generator.get()) == 256);
    CHECK(EVP_RAND_get_state(generator.get()) == EVP_RAND_STATE_READY);
}

TEST_CASE("without the chip there are no random numbers instead", "[rand]") {
    const Bench bench;
    const LibCtx libctx = bench.libctx();
    const RandCtx generator = chip_generator(libctx.get());
    std::array<unsigned char, 16> bytes{};
    CHECK(EVP_RAND_generate(generator.get(), bytes.data(), bytes.size(), 256, 0, nullptr, 0) != 1);
    CHECK(take_reasons() == std::vector{trustx::provider::reason_of(trustx::Error(trustx::Errc::no_listener))});
    CHECK(RAND_bytes_ex(libctx.get(), bytes.data(), bytes.size(), 128) == 1);  // the application's own go on
}

TEST_CASE("a generator gives nothing before it is instantiated, and nothing after", "[rand]") {
    const ChipBench chip;
    const LibCtx libctx = chip->libctx();
    const RandCtx generator = chip_generator(libctx.get());
    REQUIRE(EVP_RAND_uninstantiate(generator.get()) == 1);
    std::array<unsigned char, 16> bytes{};
    CHECK(EVP_RAND_generate(generator.get(), bytes.data(), bytes.size(), 256, 0, nullptr, 0) != 1);
    static_cast<void>(take_errors());
    CHECK(chip.transfers() == 0);
}

TEST_CASE("the chip can seed the application's generator", "[rand]") {
    const ChipBench chip;
    const LibCtx libctx = chip->libctx();
    REQUIRE(RAND_set_seed_source_type(libctx.get(), "TRUSTX-RNG", "provider=trustx") == 1);
    std::array<unsigned char, 16> bytes{};
    const int done = RAND_bytes_ex(libctx.get(), bytes.data(), bytes.size(), 128);
    INFO(joined(take_errors()));
    REQUIRE(done == 1);
    const auto asked = chip.stats().at("commands").value("GetRandom", 0);
    CHECK(asked >= 1);
    REQUIRE(RAND_bytes_ex(libctx.get(), bytes.data(), bytes.size(), 128) == 1);
    CHECK(chip.stats().at("commands").value("GetRandom", 0) - asked <= 2);  // seeds, not every number
}

TEST_CASE("the self test asks the chip, and says what is missing", "[rand]") {
    const ChipBench chip;
    const LibCtx libctx = chip->libctx();
    OSSL_PROVIDER* const provider = OSSL_PROVIDER_load(libctx.get(), "trustx");
    REQUIRE(provider != nullptr);
    CHECK(OSSL_PROVIDER_self_test(provider) == 1);
    CHECK(chip.stats().at("commands").at("GetRandom") == 2);
    CHECK(chip.private_key_uses() == 0);
    OSSL_PROVIDER_unload(provider);

    const Bench bench;
    const LibCtx without = bench.libctx();
    OSSL_PROVIDER* const alone = OSSL_PROVIDER_load(without.get(), "trustx");
    CHECK(OSSL_PROVIDER_self_test(alone) != 1);
    CHECK_THAT(joined(take_errors()), ContainsSubstring("/nonexistent/trustx-test-chip"));
    OSSL_PROVIDER_unload(alone);
}
