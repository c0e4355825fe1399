// SPDX-License-Identifier: Apache-2.0
// Loading the provider, and what it says about itself. No chip in most of this file: that is the point.
#include "reason.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "workbench.hpp"

#include <trustx/error.hpp>

#include <set>

#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/ssl.h>

using namespace trustx::test;

TEST_CASE("the provider loads and lists its algorithms without a chip", "[load]") {
    const Bench bench;
    const std::string listed = bench.must_openssl({"list", "-providers", "-verbose"});
    CHECK_THAT(listed, ContainsSubstring("OPTIGA Trust X provider"));
    CHECK_THAT(listed, ContainsSubstring("status: active"));
    CHECK_THAT(bench.must_openssl({"list", "-store-loaders"}), ContainsSubstring("trustx @ trustx"));
    CHECK_THAT(bench.must_openssl({"list", "-random-generators"}), ContainsSubstring("TRUSTX-RNG @ trustx"));
}

TEST_CASE("digests, ciphers and the names of ordinary random generators are left to others", "[load]") {
    const Bench bench;
    for (const char* kind : {"-digest-algorithms", "-cipher-algorithms", "-mac-algorithms", "-kdf-algorithms"}) {
        CHECK_THAT(bench.must_openssl({"list", kind}), !ContainsSubstring("@ trustx"));
    }
    CHECK_THAT(bench.must_openssl({"list", "-random-generators"}), !ContainsSubstring("CTR-DRBG @ trustx"));
}

TEST_CASE("loading, listing and unrelated commands send nothing to the chip", "[load]") {
    ChipBench chip;
    chip.reset_counters();
    chip->must_openssl({"version"});
    chip->must_openssl({"list", "-providers"});
    chip->must_openssl({"list", "-public-key-algorithms"});
    chip->must_openssl({"dgst", "-sha256"}, "text");
    chip->must_openssl({"rand", "-hex", "16"});
    chip->must_openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "group:P-256"});
    CHECK(chip.transfers() == 0);
}

TEST_CASE("no decoder of ours is asked about the key of a certificate", "[load]") {
    if (OPENSSL_version_major() > 3 || OPENSSL_version_minor() >= 2) {
        SUCCEED("chains of decoders are kept");
        return;
    }
    const Bench bench;
    const auto decoders = [](OSSL_LIB_CTX* libctx, const char* type) {
        EVP_PKEY* key = nullptr;
        const Handle<OSSL_DECODER_CTX, OSSL_DECODER_CTX_free> chain{OSSL_DECODER_CTX_new_for_pkey(
            &key, "DER", "SubjectPublicKeyInfo", type, EVP_PKEY_PUBLIC_KEY, libctx, nullptr)};
        return OSSL_DECODER_CTX_get_num_decoders(chain.get());
    };
    const LibCtx plain{OSSL_LIB_CTX_new()};
    const LibCtx with = bench.libctx();
    for (const char* type : {"EC", "RSA", "ED25519"}) {
        CAPTURE(type);
        CHECK(decoders(plain.get(), type) > 0);
        CHECK(decoders(with.get(), type) == decoders(plain.get(), type));
    }
}

TEST_CASE("the module exports OSSL_provider_init and nothing else", "[load]") {
    const Outcome symbols = run("nm", {"-D", "--defined-only", (module_directory() / "trustx.so").string()});
    INFO(symbols.both());
    REQUIRE(symbols.ok());
    std::size_t count = 0;
    for (const char letter : symbols.out) {
        count += letter == '\n' ? 1u : 0u;
    }
    CHECK(count == 1);
    CHECK_THAT(symbols.out, ContainsSubstring(" T OSSL_provider_init"));
}

TEST_CASE("the module does not make every program load what only a reset line needs", "[load]") {
    const Outcome dynamic = run("readelf", {"-d", (module_directory() / "trustx.so").string()});
    INFO(dynamic.both());
    REQUIRE(dynamic.ok());
    CHECK_THAT(dynamic.out, ContainsSubstring("libcrypto") && !ContainsSubstring("gpiod"));
}

TEST_CASE("the provider can be loaded and unloaded a hundred times", "[load]") {
    const Bench bench;
    for (int i = 0; i < 100; ++i) {
        const LibCtx libctx = bench.libctx();
        REQUIRE(OSSL_PROVIDER_available(libctx.get(), "trustx") == 1);
        const Pkey software = software_key(libctx.get());
        REQUIRE(software != nullptr);
        write_file(bench.path("key.pem"), reference_pem(software.get()));
        REQUIRE(load_key(libctx.get(), bench.path("key.pem")) != nullptr);
    }
    CHECK(take_errors().empty());
}

TEST_CASE("two library contexts have two providers that know nothing of each other", "[load]") {
    const Bench one;
    const Bench other;
    LibCtx first = one.libctx();
    const LibCtx second = other.libctx();
    const Pkey software = software_key(second.get());
    write_file(other.path("key.pem"), reference_pem(software.get()));
    first.reset();
    const Pkey key = load_key(second.get(), other.path("key.pem"));
    REQUIRE(key != nullptr);
    CHECK(EVP_PKEY_get_bits(key.get()) == 256);
}

// Both number their errors by library and reason, and a provider's library number may be that of one of theirs
// (reason.hpp).
TEST_CASE("no reason of ours has the number of one of OpenSSL's", "[load]") {
    REQUIRE(OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_LOAD_SSL_STRINGS, nullptr) == 1);
    REQUIRE(ERR_reason_error_string(ERR_PACK(ERR_LIB_X509, 0, X509_R_KEY_VALUES_MISMATCH)) != nullptr);
    for (const OSSL_ITEM* item = trustx::provider::reason_strings(); item->ptr != nullptr; ++item) {
        for (int library = ERR_LIB_NONE + 1; library < ERR_LIB_USER; ++library) {
            INFO(library << ", " << item->id);
            CHECK(ERR_reason_error_string(ERR_PACK(library, 0, item->id)) == nullptr);
        }
    }
}

TEST_CASE("every error of the driver and of the chip has its own reason with a text", "[load]") {
    std::set<unsigned int> numbers;
    std::set<std::string> texts;
    for (const OSSL_ITEM* item = trustx::provider::reason_strings(); item->ptr != nullptr; ++item) {
        CHECK(numbers.insert(item->id).second);
        CHECK(texts.insert(static_cast<const char*>(item->ptr)).second);
    }
    const auto check = [&](const std::error_code& code) {
        const auto reason = trustx::provider::reason_of(trustx::Error(code));
        INFO(code.message());
        CHECK(numbers.contains(static_cast<unsigned int>(reason)));
        CHECK(reason != trustx::provider::Reason::internal_error);
    };
    constexpr int never_raised = 7;  // the number of an error that is gone, and stays free
    for (int code = 1; code <= static_cast<int>(trustx::Errc::no_listener); ++code) {
        if (code != never_raised) {
            check(static_cast<trustx::Errc>(code));
        }
    }
    for (const int code : {0x00, 0x01, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D,
                           0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x2B, 0x2C}) {
        check(static_cast<trustx::ChipError>(code));
    }
    std::set<trustx::provider::Reason> of_the_system;
    for (const int number : {ENOENT, EACCES, EBUSY, ECONNREFUSED, EIO}) {
        check(trustx::errno_code(number));
        of_the_system.insert(trustx::provider::reason_of(trustx::Error(trustx::errno_code(number))));
    }
    CHECK(of_the_system.size() == 5);
}

TEST_CASE("a chip code that no document lists still has a text", "[load]") {
    const auto reason = trustx::provider::reason_of(trustx::Error(static_cast<trustx::ChipError>(0x7E)));
    CHECK(reason == trustx::provider::Reason::internal_error);
}

TEST_CASE("the manual page names every setting and every option of key generation", "[load]") {
    const std::string text = read_file(source_directory() / "docs/man/provider-trustx.7");
    for (const char* name :
         {"device", "lock-directory", "lock-timeout-ms", "command-timeout-ms", "self-verify", "open", "trace",
          "trace-level", "library-context", "claim-fips", "slot", "group", "usage", "force", "label"}) {
        CHECK_THAT(text,
                   ContainsSubstring(std::string(".It Cm ") + name) || ContainsSubstring(std::string(", ") + name));
    }
}
