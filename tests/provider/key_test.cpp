// SPDX-License-Identifier: Apache-2.0
// The key object as programs see it through EVP: parameters, comparison, copying, export, checks. The chip is absent
// in all of this: none of it may need one.
#include "support/catch.hpp"
#include "workbench.hpp"

#include <array>
#include <functional>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/params.h>

using namespace trustx::test;

namespace {

// A chip key that is known by its reference only, the software key it was made of, and another software key.
struct Keys {
    Bench bench;
    LibCtx libctx;
    Pkey software;
    Pkey chip;
    Pkey other;

    explicit Keys(const std::string& group = "P-256", Arrangement arrangement = Arrangement::default_first)
        : bench(BenchOptions{.arrangement = arrangement}),
          libctx(bench.libctx()),
          software(software_key(libctx.get(), group)),
          other(software_key(libctx.get(), group)) {
        write_file(bench.path("key.pem"), reference_pem(software.get()));
        chip = load_key(libctx.get(), bench.path("key.pem"));
        INFO(joined(take_errors()));
        REQUIRE(chip != nullptr);
    }
};

std::string text_param(const Pkey& key, const char* name) {
    std::array<char, 64> value{};
    std::size_t size = 0;
    REQUIRE(EVP_PKEY_get_utf8_string_param(key.get(), name, value.data(), value.size(), &size) == 1);
    return {value.data(), size};
}

std::string octet_param(const Pkey& key, const char* name) {
    std::array<unsigned char, 256> value{};
    std::size_t size = 0;
    REQUIRE(EVP_PKEY_get_octet_string_param(key.get(), name, value.data(), value.size(), &size) == 1);
    return {reinterpret_cast<const char*>(value.data()), size};
}

std::string number_param(const Pkey& key, const char* name) {
    BIGNUM* number = nullptr;
    REQUIRE(EVP_PKEY_get_bn_param(key.get(), name, &number) == 1);
    const Handle<BIGNUM, BN_free> owner(number);
    char* hex = BN_bn2hex(number);
    std::string text = hex;
    OPENSSL_free(hex);
    return text;
}

int int_param(const Pkey& key, const char* name) {
    int value = -1;
    REQUIRE(EVP_PKEY_get_int_param(key.get(), name, &value) == 1);
    return value;
}

}  // namespace

TEST_CASE("a chip key has every parameter that a software key of the same point has", "[key]") {
    const auto group = GENERATE("P-256", "P-384");
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(group << ", " << name_of(arrangement));
    const Keys keys(group, arrangement);
    CHECK(std::string(OSSL_PROVIDER_get0_name(EVP_PKEY_get0_provider(keys.chip.get()))) == "trustx");
    CHECK(EVP_PKEY_is_a(keys.chip.get(), "EC"));
    CHECK(EVP_PKEY_is_a(keys.chip.get(), "id-ecPublicKey"));
    CHECK(EVP_PKEY_get_bits(keys.chip.get()) == EVP_PKEY_get_bits(keys.software.get()));
    CHECK(EVP_PKEY_get_security_bits(keys.chip.get()) == EVP_PKEY_get_security_bits(keys.software.get()));
    CHECK(EVP_PKEY_get_size(keys.chip.get()) == EVP_PKEY_get_size(keys.software.get()));
    for (const char* name :
         {OSSL_PKEY_PARAM_GROUP_NAME, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, OSSL_PKEY_PARAM_EC_FIELD_TYPE,
          OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_PARAM_DEFAULT_DIGEST}) {
        INFO(name);
        CHECK(text_param(keys.chip, name) == text_param(keys.software, name));
    }
    for (const char* name :
         {OSSL_PKEY_PARAM_PUB_KEY, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, OSSL_PKEY_PARAM_EC_GENERATOR}) {
        INFO(name);
        CHECK(octet_param(keys.chip, name) == octet_param(keys.software, name));
    }
    for (const char* name :
         {OSSL_PKEY_PARAM_EC_PUB_X, OSSL_PKEY_PARAM_EC_PUB_Y, OSSL_PKEY_PARAM_EC_P, OSSL_PKEY_PARAM_EC_A,
          OSSL_PKEY_PARAM_EC_B, OSSL_PKEY_PARAM_EC_ORDER, OSSL_PKEY_PARAM_EC_COFACTOR}) {
        INFO(name);
        CHECK(number_param(keys.chip, name) == number_param(keys.software, name));
    }
    CHECK(int_param(keys.chip, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS) == 0);
    CHECK(int_param(keys.chip, OSSL_PKEY_PARAM_USE_COFACTOR_ECDH) == 0);
}

TEST_CASE("a chip key asks for SHA-256 and prescribes nothing", "[key]") {
    const Keys keys;
    std::array<char, 32> name{};
    CHECK(EVP_PKEY_get_default_digest_name(keys.chip.get(), name.data(), name.size()) == 1);
    CHECK(std::string(name.data()) == "SHA256");
    CHECK(EVP_PKEY_get_utf8_string_param(keys.chip.get(), OSSL_PKEY_PARAM_MANDATORY_DIGEST, name.data(), name.size(),
                                         nullptr) == 0);
}

TEST_CASE("a chip key tells its kind and slot", "[key]") {
    const Keys keys;
    CHECK(text_param(keys.chip, "trustx-kind") == "chip");
    CHECK(int_param(keys.chip, "trustx-slot") == 0xE0F1);
}

TEST_CASE("a chip key never exports a private part", "[key]") {
    const Keys keys;
    BIGNUM* number = nullptr;
    CHECK(EVP_PKEY_get_bn_param(keys.chip.get(), OSSL_PKEY_PARAM_PRIV_KEY, &number) == 0);
    OSSL_PARAM* exported = nullptr;
    CHECK(EVP_PKEY_todata(keys.chip.get(), EVP_PKEY_KEYPAIR, &exported) == 0);
    const auto errors = take_errors();
    INFO(joined(errors));
    REQUIRE_FALSE(errors.empty());
    CHECK_THAT(errors.front(), ContainsSubstring("trustx: private key cannot leave the chip: export key E0F1"));
}

TEST_CASE("a chip key exports its curve by name and its point, and nothing else", "[key]") {
    const Keys keys;
    OSSL_PARAM* exported = nullptr;
    REQUIRE(EVP_PKEY_todata(keys.chip.get(), EVP_PKEY_PUBLIC_KEY, &exported) == 1);
    const Handle<OSSL_PARAM, OSSL_PARAM_free> owner(exported);
    std::vector<std::string> names;
    for (const OSSL_PARAM* param = exported; param->key != nullptr; ++param) {
        names.emplace_back(param->key);
    }
    CHECK(names == std::vector<std::string>{"group", "pub"});
    CHECK(OSSL_PARAM_locate(exported, "pub")->data_size == 65);
}

TEST_CASE("the SubjectPublicKeyInfo of a chip key is that of a software key, byte for byte", "[key]") {
    const auto group = GENERATE("P-256", "P-384");
    const auto arrangement = GENERATE(from_range(every_arrangement));
    const Keys keys(group, arrangement);
    CHECK(spki_of(keys.chip.get()) == spki_of(keys.software.get()));
}

TEST_CASE("equal points are equal keys, in both orders, and others are not", "[key]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Keys keys("P-256", arrangement);
    const Pkey wider = software_key(keys.libctx.get(), "P-384");
    CHECK(EVP_PKEY_eq(keys.chip.get(), keys.software.get()) == 1);
    CHECK(EVP_PKEY_eq(keys.software.get(), keys.chip.get()) == 1);
    CHECK(EVP_PKEY_eq(keys.chip.get(), keys.other.get()) != 1);
    CHECK(EVP_PKEY_eq(keys.other.get(), keys.chip.get()) != 1);
    CHECK(EVP_PKEY_eq(keys.chip.get(), wider.get()) != 1);
    CHECK(EVP_PKEY_eq(wider.get(), keys.chip.get()) != 1);
    CHECK(EVP_PKEY_parameters_eq(keys.chip.get(), keys.other.get()) == 1);
    CHECK(EVP_PKEY_parameters_eq(keys.chip.get(), wider.get()) != 1);
    static_cast<void>(take_errors());
}

TEST_CASE("a certificate fits the chip key it was made for and no other", "[key]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Keys keys("P-256", arrangement);
    const auto certificate_for = [&](const Pkey& key) {
        Certificate certificate(X509_new_ex(keys.libctx.get(), nullptr));
        REQUIRE(X509_set_pubkey(certificate.get(), key.get()) == 1);
        return certificate;
    };
    const Certificate right = certificate_for(keys.software);
    const Certificate wrong = certificate_for(keys.other);
    CHECK(X509_check_private_key(right.get(), keys.chip.get()) == 1);
    CHECK(X509_check_private_key(wrong.get(), keys.chip.get()) == 0);
    static_cast<void>(take_errors());
}

TEST_CASE("a chip key can be copied, with and without its private part", "[key]") {
    const Keys keys;
    const Pkey copy(EVP_PKEY_dup(keys.chip.get()));
    REQUIRE(copy != nullptr);
    CHECK(EVP_PKEY_eq(copy.get(), keys.chip.get()) == 1);
    CHECK(text_param(copy, "trustx-kind") == "chip");

    const Pkey parameters(EVP_PKEY_new());
    REQUIRE(EVP_PKEY_copy_parameters(parameters.get(), keys.chip.get()) == 1);
    CHECK(text_param(parameters, "trustx-kind") == "public");
    CHECK(text_param(parameters, OSSL_PKEY_PARAM_GROUP_NAME) == "prime256v1");
    std::size_t size = 0;
    CHECK(EVP_PKEY_get_octet_string_param(parameters.get(), OSSL_PKEY_PARAM_PUB_KEY, nullptr, 0, &size) == 0);
    static_cast<void>(take_errors());

    // As a TLS server does with its peer's ephemeral key.
    const std::string point = octet_param(keys.other, OSSL_PKEY_PARAM_PUB_KEY);
    REQUIRE(EVP_PKEY_set1_encoded_public_key(parameters.get(), reinterpret_cast<const unsigned char*>(point.data()),
                                             point.size()) == 1);
    CHECK(EVP_PKEY_eq(parameters.get(), keys.other.get()) == 1);
    CHECK(EVP_PKEY_eq(parameters.get(), keys.chip.get()) != 1);
}

TEST_CASE("a chip key cannot be changed", "[key]") {
    const Keys keys;
    const std::string point = octet_param(keys.other, OSSL_PKEY_PARAM_PUB_KEY);
    CHECK(EVP_PKEY_set1_encoded_public_key(keys.chip.get(), reinterpret_cast<const unsigned char*>(point.data()),
                                           point.size()) != 1);
    CHECK(take_reasons() == std::vector{Reason::key_not_changeable});
    for (const auto& [name, value] : {std::pair{OSSL_PKEY_PARAM_GROUP_NAME, "P-384"},
                                      {OSSL_PKEY_PARAM_EC_ENCODING, "explicit"},
                                      {"trustx-kind", "software"},
                                      {"no-such-parameter", "x"}}) {
        INFO(name);
        CHECK(EVP_PKEY_set_utf8_string_param(keys.chip.get(), name, value) != 1);
        CHECK(take_reasons() == std::vector{Reason::key_not_changeable});
    }
    CHECK(EVP_PKEY_set_int_param(keys.chip.get(), OSSL_PKEY_PARAM_USE_COFACTOR_ECDH, 1) != 1);
    CHECK(take_reasons() == std::vector{Reason::key_not_changeable});
    CHECK(EVP_PKEY_eq(keys.chip.get(), keys.software.get()) == 1);
    CHECK(spki_of(keys.chip.get()) == spki_of(keys.software.get()));
}

TEST_CASE("what a chip key is already can be set", "[key]") {
    const Keys keys;
    for (const auto& [name, value] : {std::pair{OSSL_PKEY_PARAM_GROUP_NAME, "P-256"},
                                      {OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1"},
                                      {OSSL_PKEY_PARAM_EC_ENCODING, "named_curve"},
                                      {OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed"},
                                      {OSSL_PKEY_PARAM_EC_GROUP_CHECK_TYPE, "default"}}) {
        INFO(name << " " << value);
        CHECK(EVP_PKEY_set_utf8_string_param(keys.chip.get(), name, value) == 1);
    }
    CHECK(EVP_PKEY_set_int_param(keys.chip.get(), OSSL_PKEY_PARAM_USE_COFACTOR_ECDH, 0) == 1);
    CHECK(EVP_PKEY_set_int_param(keys.chip.get(), OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC, 1) == 1);
    const std::string point = octet_param(keys.software, OSSL_PKEY_PARAM_PUB_KEY);
    CHECK(EVP_PKEY_set1_encoded_public_key(keys.chip.get(), reinterpret_cast<const unsigned char*>(point.data()),
                                           point.size()) == 1);
    CHECK(take_errors().empty());
    CHECK(text_param(keys.chip, "trustx-kind") == "chip");
}

TEST_CASE("the public half of a chip key is written compressed like a software key's, in this copy alone", "[key]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    const std::string form = GENERATE("compressed", "hybrid");
    INFO(name_of(arrangement) << ", " << form);
    const Keys keys("P-256", arrangement);
    const Pkey copy(EVP_PKEY_dup(keys.chip.get()));
    const auto plain = spki_of(keys.software.get());
    for (const Pkey& key : {std::cref(keys.chip), std::cref(keys.software)}) {
        REQUIRE(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, form.c_str()) ==
                1);
    }
    CHECK(spki_of(keys.chip.get()) == spki_of(keys.software.get()));
    CHECK(octet_param(keys.chip, OSSL_PKEY_PARAM_PUB_KEY) == octet_param(keys.software, OSSL_PKEY_PARAM_PUB_KEY));
    CHECK(spki_of(keys.chip.get()) != plain);
    CHECK(spki_of(copy.get()) == plain);
    CHECK(EVP_PKEY_eq(keys.chip.get(), copy.get()) == 1);
}

TEST_CASE("checks of a chip key pass in software", "[key]") {
    const Keys keys;
    const PkeyCtx ctx(EVP_PKEY_CTX_new_from_pkey(keys.libctx.get(), keys.chip.get(), nullptr));
    CHECK(EVP_PKEY_check(ctx.get()) == 1);
    CHECK(EVP_PKEY_public_check(ctx.get()) == 1);
    CHECK(EVP_PKEY_public_check_quick(ctx.get()) == 1);
    CHECK(EVP_PKEY_param_check(ctx.get()) == 1);
    CHECK(EVP_PKEY_private_check(ctx.get()) == 1);
    CHECK(EVP_PKEY_pairwise_check(ctx.get()) == 1);
    CHECK(take_errors().empty());
}

TEST_CASE("points are imported compressed and uncompressed, and with explicit parameters beside the name", "[key]") {
    const Keys keys("P-256", Arrangement::trustx_preferred);
    REQUIRE(EVP_PKEY_set_utf8_string_param(keys.software.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                           "compressed") == 1);
    const std::string compressed = octet_param(keys.software, OSSL_PKEY_PARAM_PUB_KEY);
    REQUIRE(compressed.size() == 33);
    char group[] = "P-256";
    unsigned char nonsense[] = {0x17};
    const std::array<OSSL_PARAM, 4> params{
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, const_cast<char*>(compressed.data()),
                                          compressed.size()),
        OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_EC_P, nonsense, sizeof nonsense),
        OSSL_PARAM_construct_end(),
    };
    const PkeyCtx ctx(EVP_PKEY_CTX_new_from_name(keys.libctx.get(), "EC", "provider=trustx"));
    EVP_PKEY* imported = nullptr;
    REQUIRE(EVP_PKEY_fromdata_init(ctx.get()) == 1);
    REQUIRE(EVP_PKEY_fromdata(ctx.get(), &imported, EVP_PKEY_PUBLIC_KEY, const_cast<OSSL_PARAM*>(params.data())) == 1);
    const Pkey key(imported);
    CHECK(EVP_PKEY_eq(key.get(), keys.chip.get()) == 1);
    CHECK(text_param(key, "trustx-kind") == "public");
}

TEST_CASE("an imported public key is the same to the byte as in the default provider, however it is written", "[key]") {
    const std::string group = GENERATE("P-256", "P-384", "P-521");
    const std::string form = GENERATE("uncompressed", "compressed", "hybrid");
    const std::string encoding = GENERATE("named_curve", "explicit");
    INFO(group << ", " << form << ", " << encoding);
    const LibCtx plain = Bench(BenchOptions{.with_trustx = false}).libctx();
    const Bench bench(BenchOptions{.arrangement = Arrangement::trustx_preferred});
    const LibCtx preferring = bench.libctx();
    const Pkey key = software_key(plain.get(), group);
    REQUIRE(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, form.c_str()) == 1);
    REQUIRE(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_ENCODING, encoding.c_str()) == 1);
    OSSL_PARAM* params = nullptr;
    REQUIRE(EVP_PKEY_todata(key.get(), EVP_PKEY_PUBLIC_KEY, &params) == 1);
    const auto imported = [&](OSSL_LIB_CTX* libctx) {
        const PkeyCtx ctx(EVP_PKEY_CTX_new_from_name(libctx, "EC", nullptr));
        EVP_PKEY* made = nullptr;
        REQUIRE(EVP_PKEY_fromdata_init(ctx.get()) == 1);
        REQUIRE(EVP_PKEY_fromdata(ctx.get(), &made, EVP_PKEY_PUBLIC_KEY, params) == 1);
        return Pkey(made);
    };
    const Pkey first = imported(preferring.get());
    const Pkey again = imported(preferring.get());  // by what was computed for the first
    const std::string expected = spki_of(imported(plain.get()).get());
    OSSL_PARAM_free(params);
    CHECK(std::string(OSSL_PROVIDER_get0_name(EVP_PKEY_get0_provider(first.get()))) == "trustx");
    CHECK(spki_of(first.get()) == expected);
    CHECK(spki_of(again.get()) == expected);
}
