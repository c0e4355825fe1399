// SPDX-License-Identifier: Apache-2.0
// Key agreement with a chip key: the same secrets as in software, one private key use each.
#include "handles.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "workbench.hpp"

#include <array>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

using namespace trustx::test;

namespace {

// Secret is what a derivation gives, in hexadecimal; empty when it failed.
std::string secret(OSSL_LIB_CTX* libctx, EVP_PKEY* own, EVP_PKEY* peer, bool with_kdf = false) {
    const PkeyCtx ctx(EVP_PKEY_CTX_new_from_pkey(libctx, own, nullptr));
    if (EVP_PKEY_derive_init(ctx.get()) != 1 || EVP_PKEY_derive_set_peer(ctx.get(), peer) != 1) {
        return {};
    }
    if (with_kdf) {
        char type[] = OSSL_KDF_NAME_X963KDF;
        char digest[] = "SHA256";
        std::size_t size = 77;
        std::array<unsigned char, 5> ukm{1, 2, 3, 4, 5};
        const std::array<OSSL_PARAM, 5> params{
            OSSL_PARAM_construct_utf8_string(OSSL_EXCHANGE_PARAM_KDF_TYPE, type, 0),
            OSSL_PARAM_construct_utf8_string(OSSL_EXCHANGE_PARAM_KDF_DIGEST, digest, 0),
            OSSL_PARAM_construct_size_t(OSSL_EXCHANGE_PARAM_KDF_OUTLEN, &size),
            OSSL_PARAM_construct_octet_string(OSSL_EXCHANGE_PARAM_KDF_UKM, ukm.data(), ukm.size()),
            OSSL_PARAM_construct_end(),
        };
        if (EVP_PKEY_CTX_set_params(ctx.get(), params.data()) != 1) {
            return {};
        }
    }
    std::size_t size = 0;
    if (EVP_PKEY_derive(ctx.get(), nullptr, &size) != 1) {
        return {};
    }
    std::vector<std::uint8_t> bytes(size);
    if (EVP_PKEY_derive(ctx.get(), bytes.data(), &size) != 1) {
        return {};
    }
    bytes.resize(size);
    return to_hex(bytes);
}

// public_part is what a peer has of a key.
Pkey public_part(OSSL_LIB_CTX* libctx, EVP_PKEY* key) {
    const auto spki = spki_of(key);
    const auto* at = reinterpret_cast<const unsigned char*>(spki.data());
    return Pkey(d2i_PUBKEY_ex(nullptr, &at, static_cast<long>(spki.size()), libctx, nullptr));
}

}  // namespace

TEST_CASE("a chip key agrees on the secret that its peer computes in software, with and without a KDF", "[agreement]") {
    const std::string group = GENERATE("P-256", "P-384");
    const auto arrangement = GENERATE(Arrangement::default_first, Arrangement::trustx_first);
    ChipBench chip(arrangement);
    const auto libctx = chip->libctx();
    const auto own = load_key(libctx.get(), chip.make_key("E0F2", group, "keyagree"));
    const auto peer = software_key(libctx.get(), group);
    REQUIRE(own);
    const auto own_public = public_part(libctx.get(), own.get());
    chip.reset_counters();
    for (const bool with_kdf : {false, true}) {
        const auto here = secret(libctx.get(), own.get(), peer.get(), with_kdf);
        INFO(joined(take_errors()));
        CHECK_FALSE(here.empty());
        CHECK(here == secret(libctx.get(), peer.get(), own_public.get(), with_kdf));
    }
    CHECK(chip.private_key_uses() == 2);
}

TEST_CASE("asking for the size of a secret does not touch the chip", "[agreement]") {
    ChipBench chip;
    const auto libctx = chip->libctx();
    const auto own = load_key(libctx.get(), chip.make_key("E0F2", "P-384", "keyagree"));
    const auto peer = software_key(libctx.get(), "P-384");
    chip.reset_counters();
    const PkeyCtx ctx(EVP_PKEY_CTX_new_from_pkey(libctx.get(), own.get(), nullptr));
    std::size_t size = 0;
    REQUIRE(EVP_PKEY_derive_init(ctx.get()) == 1);
    REQUIRE(EVP_PKEY_derive_set_peer(ctx.get(), peer.get()) == 1);
    CHECK(EVP_PKEY_derive(ctx.get(), nullptr, &size) == 1);
    CHECK(size == 48);
    std::array<unsigned char, 47> small{};
    size = small.size();
    CHECK(EVP_PKEY_derive(ctx.get(), small.data(), &size) != 1);
    CHECK(chip.transfers() == 0);
}

TEST_CASE("a key that was not made for key agreement is refused by the chip, and the usage is named", "[agreement]") {
    ChipBench chip;
    const auto libctx = chip->libctx();
    const auto own = load_key(libctx.get(), chip.make_key("E0F1"));
    const auto peer = software_key(libctx.get());
    CHECK(secret(libctx.get(), own.get(), peer.get()).empty());
    const auto errors = joined(take_errors());
    CHECK_THAT(errors, ContainsSubstring("E0F1"));
    CHECK_THAT(errors, ContainsSubstring("keyagree"));
}

TEST_CASE("a peer on another curve is refused without the chip", "[agreement]") {
    ChipBench chip;
    const auto libctx = chip->libctx();
    const auto own = load_key(libctx.get(), chip.make_key("E0F2", "P-256", "keyagree"));
    const auto peer = software_key(libctx.get(), "P-384");
    chip.reset_counters();
    CHECK(secret(libctx.get(), own.get(), peer.get()).empty());
    CHECK(chip.transfers() == 0);
}

TEST_CASE("the openssl tool derives, and decrypts a CMS message, with a chip key", "[agreement]") {
    ChipBench chip;
    const auto& bench = chip.bench();
    std::filesystem::rename(chip.make_key("E0F2", "P-256", "keyagree,sign"), chip->path("own.pem"));
    bench.must_openssl({"pkey", "-in", "own.pem", "-pubout", "-out", "own.pub"});
    bench.must_openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "group:P-256", "-out", "peer.pem"});
    bench.must_openssl({"pkey", "-in", "peer.pem", "-pubout", "-out", "peer.pub"});
    bench.must_openssl({"pkeyutl", "-derive", "-inkey", "own.pem", "-peerkey", "peer.pub", "-out", "here"});
    bench.must_openssl({"pkeyutl", "-derive", "-inkey", "peer.pem", "-peerkey", "own.pub", "-out", "there"});
    CHECK(read_file(chip->path("here")).size() == 32);
    CHECK(read_file(chip->path("here")) == read_file(chip->path("there")));

    bench.must_openssl({"req", "-x509", "-new", "-key", "own.pem", "-subj", "/CN=recipient", "-out", "own.crt"});
    write_file(chip->path("plain"), "for the chip only\n");
    bench.must_openssl(
        {"cms", "-encrypt", "-binary", "-in", "plain", "-out", "sealed", "-recip", "own.crt", "-aes256"});
    chip.reset_counters();
    const auto opened =
        bench.must_openssl({"cms", "-decrypt", "-in", "sealed", "-recip", "own.crt", "-inkey", "own.pem"});
    CHECK_THAT(opened, ContainsSubstring("for the chip only"));
    CHECK(chip.private_key_uses() == 1);
}
