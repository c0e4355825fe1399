// SPDX-License-Identifier: Apache-2.0
// Published vectors (tests/vectors/README.md) through EVP, with keys of this provider: what libcrypto hands us and what
// we hand to the software implementation must come back with the answers that others have published.
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "workbench.hpp"

#include <trustx/bytes.hpp>

#include <string>

#include <nlohmann/json.hpp>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

using namespace trustx::test;

namespace {

using Number = Handle<BIGNUM, BN_free>;
using Signature = Handle<ECDSA_SIG, ECDSA_SIG_free>;
using ParamBuilder = Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = Handle<OSSL_PARAM, OSSL_PARAM_free>;

nlohmann::json vectors_of(const std::string& name) {
    return nlohmann::json::parse(read_file(source_directory() / "tests" / "vectors" / "data" / (name + ".json")))
        .at("vectors");
}

trustx::Bytes bytes_of(const nlohmann::json& vector, const char* field) {
    return from_hex(vector.at(field).get<std::string>());
}

Number number_of(const nlohmann::json& vector, const char* field) {
    BIGNUM* number = nullptr;
    REQUIRE(BN_hex2bn(&number, vector.at(field).get<std::string>().c_str()) > 0);
    return Number(number);
}

// Vectors runs in a library context in which every EC key is one of ours.
class Vectors {
 public:
    [[nodiscard]] OSSL_LIB_CTX* libctx() const { return libctx_.get(); }

    // key_of makes a key from a point, a private number or both; nullptr when libcrypto or we refuse it.
    [[nodiscard]] Pkey key_of(const std::string& curve, const trustx::Bytes& point, const BIGNUM* secret) const {
        const ParamBuilder builder(OSSL_PARAM_BLD_new());
        REQUIRE(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.c_str(), 0) == 1);
        if (!point.empty()) {
            REQUIRE(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                                     point.size()) == 1);
        }
        if (secret != nullptr) {
            REQUIRE(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, secret) == 1);
        }
        const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
        const PkeyCtx ctx(EVP_PKEY_CTX_new_from_name(libctx_.get(), "EC", nullptr));
        EVP_PKEY* made = nullptr;
        const bool done =
            EVP_PKEY_fromdata_init(ctx.get()) == 1 &&
            EVP_PKEY_fromdata(ctx.get(), &made, secret == nullptr ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR,
                              params.get()) == 1;
        Pkey key(made);
        if (!done) {
            return nullptr;
        }
        REQUIRE(std::string(OSSL_PROVIDER_get0_name(EVP_PKEY_get0_provider(key.get()))) == "trustx");
        return key;
    }

    [[nodiscard]] bool verifies(const nlohmann::json& vector) const;
    [[nodiscard]] bool agrees(const nlohmann::json& vector) const;

 private:
    Bench bench_{BenchOptions{.arrangement = Arrangement::trustx_preferred}};
    LibCtx libctx_ = bench_.libctx();
};

bool Vectors::verifies(const nlohmann::json& vector) const {
    const Pkey key = key_of(vector.at("curve"), bytes_of(vector, "point"), nullptr);
    REQUIRE(key != nullptr);
    const Signature signature(ECDSA_SIG_new());
    REQUIRE(ECDSA_SIG_set0(signature.get(), number_of(vector, "r").release(), number_of(vector, "s").release()) == 1);
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(signature.get(), &der);
    REQUIRE(size > 0);
    const trustx::Bytes encoded(der, der + size);
    OPENSSL_free(der);
    if (vector.contains("digest")) {
        const auto digest = bytes_of(vector, "digest");
        const PkeyCtx ctx(EVP_PKEY_CTX_new_from_pkey(libctx(), key.get(), nullptr));
        REQUIRE(EVP_PKEY_verify_init(ctx.get()) == 1);
        return EVP_PKEY_verify(ctx.get(), encoded.data(), encoded.size(), digest.data(), digest.size()) == 1;
    }
    const auto message = bytes_of(vector, "message");
    const MdCtx ctx(EVP_MD_CTX_new());
    REQUIRE(EVP_DigestVerifyInit_ex(ctx.get(), nullptr, "SHA256", libctx(), nullptr, key.get(), nullptr) == 1);
    return EVP_DigestVerify(ctx.get(), encoded.data(), encoded.size(), message.data(), message.size()) == 1;
}

// The peer may be no point at all, which shows when its key is made.
bool Vectors::agrees(const nlohmann::json& vector) const {
    const std::string curve = vector.at("curve");
    const Pkey own = key_of(curve, {}, number_of(vector, "private").get());
    REQUIRE(own != nullptr);
    const Pkey peer = key_of(curve, bytes_of(vector, "peer"), nullptr);
    const PkeyCtx ctx(EVP_PKEY_CTX_new_from_pkey(libctx(), own.get(), nullptr));
    REQUIRE(EVP_PKEY_derive_init(ctx.get()) == 1);
    if (peer == nullptr || EVP_PKEY_derive_set_peer(ctx.get(), peer.get()) != 1) {
        return false;
    }
    std::size_t size = 0;
    REQUIRE(EVP_PKEY_derive(ctx.get(), nullptr, &size) == 1);
    trustx::Bytes secret(size);
    REQUIRE(EVP_PKEY_derive(ctx.get(), secret.data(), &size) == 1);
    secret.resize(size);
    return secret == bytes_of(vector, "shared");
}

template <class Question>
void check_all(const std::string& name, std::size_t at_least, Question&& question) {
    const Vectors context;
    const auto vectors = vectors_of(name);
    CHECK(vectors.size() >= at_least);
    for (const auto& vector : vectors) {
        INFO(vector.dump());
        CHECK((context.*question)(vector) == vector.at("valid").get<bool>());
    }
    take_errors();
}

}  // namespace

TEST_CASE("published signatures, true and false, are told apart through EVP", "[vectors]") {
    check_all("nist_ecdsa", 90, &Vectors::verifies);
    check_all("rfc6979", 6, &Vectors::verifies);
    check_all("wycheproof_ecdsa", 36, &Vectors::verifies);
}

TEST_CASE("published shared secrets come out of EVP, and peers that are no points are refused", "[vectors]") {
    check_all("nist_ecdh", 52, &Vectors::agrees);
    check_all("rfc5903", 4, &Vectors::agrees);
    check_all("wycheproof_ecdh", 12, &Vectors::agrees);
}

TEST_CASE("published public keys are taken, and what is no point of the curve is refused", "[vectors]") {
    const Vectors context;
    for (const auto& vector : vectors_of("nist_public_key")) {
        INFO(vector.dump());
        const std::string curve = vector.at("curve");
        const int size = curve == "P-256" ? 32 : 48;
        trustx::Bytes point(1, 0x04);
        bool fits = true;
        for (const char* coordinate : {"x", "y"}) {
            const Number number = number_of(vector, coordinate);
            trustx::Bytes bytes(static_cast<std::size_t>(size));
            fits = fits && BN_bn2binpad(number.get(), bytes.data(), size) == size;
            point.insert(point.end(), bytes.begin(), bytes.end());
        }
        const bool taken = fits && context.key_of(curve, point, nullptr) != nullptr;
        CHECK(taken == vector.at("valid").get<bool>());
    }
    take_errors();
}
