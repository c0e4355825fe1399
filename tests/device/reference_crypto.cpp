// SPDX-License-Identifier: Apache-2.0
#include "reference_crypto.hpp"

#include <stdexcept>
#include <string>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

namespace trustx::test::reference {
namespace {

using PkeyCtx = openssl::Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using ParamBuild = openssl::Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = openssl::Handle<OSSL_PARAM, OSSL_PARAM_free>;
using Number = openssl::Handle<BIGNUM, BN_clear_free>;
using Certificate = openssl::Handle<X509, X509_free>;
using Kdf = openssl::Handle<EVP_KDF, EVP_KDF_free>;
using KdfCtx = openssl::Handle<EVP_KDF_CTX, EVP_KDF_CTX_free>;

void require(bool good, const char* what) {
    if (!good) {
        throw std::runtime_error{std::string{"OpenSSL: "} + what};
    }
}

Key from_parameters(OSSL_PARAM_BLD* build, int selection) {
    const Params params{OSSL_PARAM_BLD_to_param(build)};
    const PkeyCtx context{EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)};
    EVP_PKEY* key = nullptr;
    require(params && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                EVP_PKEY_fromdata(context.get(), &key, selection, params.get()) == 1,
            "import a key");
    return Key{key};
}

ParamBuild describe_public(const PublicKey& key) {
    ParamBuild build{OSSL_PARAM_BLD_new()};
    OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, group_name(key.curve).data(), 0);
    OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, key.point.data(), key.point.size());
    return build;
}

OSSL_PARAM octets(const char* name, ByteView bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(bytes.data()), bytes.size());  // NOLINT
}

}  // namespace

Key generate(Curve curve) {
    return Key{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", group_name(curve).data())};
}

Key from_public(const PublicKey& key) {
    const auto build = describe_public(key);
    return from_parameters(build.get(), EVP_PKEY_PUBLIC_KEY);
}

Key from_private(ByteView scalar, const PublicKey& key) {
    const auto build = describe_public(key);
    const Number number{BN_bin2bn(scalar.data(), static_cast<int>(scalar.size()), nullptr)};
    OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get());
    auto imported = from_parameters(build.get(), EVP_PKEY_KEYPAIR);
    const PkeyCtx check{EVP_PKEY_CTX_new(imported.get(), nullptr)};
    require(EVP_PKEY_pairwise_check(check.get()) == 1, "the private key does not fit the public key");
    return imported;
}

Key of_certificate(ByteView der) {
    const unsigned char* at = der.data();
    const Certificate certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
    require(certificate != nullptr, "read a certificate");
    return Key{X509_get_pubkey(certificate.get())};
}

PublicKey public_of(EVP_PKEY* key) {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    require(size > 0, "export a public key");
    const auto read = PublicKey::from_subject_public_key_info({der, static_cast<std::size_t>(size)});
    OPENSSL_free(der);
    require(read.has_value(), "a public key that the chip does not know");
    return *read;
}

bool verifies(EVP_PKEY* key, ByteView digest, const Signature& signature) {
    const auto der = signature.der();
    const PkeyCtx context{EVP_PKEY_CTX_new(key, nullptr)};
    require(EVP_PKEY_verify_init(context.get()) == 1, "begin to verify");
    return EVP_PKEY_verify(context.get(), der.data(), der.size(), digest.data(), digest.size()) == 1;
}

Bytes agree(EVP_PKEY* key, EVP_PKEY* peer) {
    const PkeyCtx context{EVP_PKEY_CTX_new(key, nullptr)};
    std::size_t size = 0;
    require(EVP_PKEY_derive_init(context.get()) == 1 && EVP_PKEY_derive_set_peer(context.get(), peer) == 1 &&
                EVP_PKEY_derive(context.get(), nullptr, &size) == 1,
            "begin to agree");
    Bytes secret(size);
    require(EVP_PKEY_derive(context.get(), secret.data(), &size) == 1, "agree");
    secret.resize(size);
    return secret;
}

Bytes sha256(ByteView data) {
    Bytes digest(32);
    require(EVP_Q_digest(nullptr, "SHA256", nullptr, data.data(), data.size(), digest.data(), nullptr) == 1, "hash");
    return digest;
}

Bytes tls_prf(ByteView secret, ByteView label_and_seed, std::size_t length) {
    const Kdf kdf{EVP_KDF_fetch(nullptr, "TLS1-PRF", nullptr)};
    const KdfCtx context{EVP_KDF_CTX_new(kdf.get())};
    std::string digest = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
                                 octets(OSSL_KDF_PARAM_SECRET, secret), octets(OSSL_KDF_PARAM_SEED, label_and_seed),
                                 OSSL_PARAM_construct_end()};
    Bytes key(length);
    require(EVP_KDF_derive(context.get(), key.data(), key.size(), params) == 1, "derive");
    return key;
}

}  // namespace trustx::test::reference
