// SPDX-License-Identifier: Apache-2.0
#include "store_search.hpp"

#include "common/openssl/certificate.hpp"
#include "param.hpp"

#include <algorithm>

#include <openssl/core_names.h>

namespace trustx::provider {
namespace {

Bytes bytes_of(const BIGNUM* number) {
    Bytes bytes(static_cast<std::size_t>(BN_num_bytes(number)));
    BN_bn2bin(number, bytes.data());
    return bytes;
}

Outcome<Bytes> number_of(const OSSL_PARAM& param) {
    BIGNUM* number = nullptr;
    if (OSSL_PARAM_get_BN(&param, &number) != 1) {
        return fail(Reason::parameter_invalid, std::string{"parameter "} + param.key);
    }
    return bytes_of(openssl::Bignum{number}.get());
}

Outcome<void> take_copy(const OSSL_PARAM* params, const char* key, std::optional<Bytes>& into) {
    std::optional<ByteView> given;
    TRYV(take(params, key, given));
    if (given) {
        into.emplace(given->begin(), given->end());
    }
    return {};
}

Bytes der_of(const X509_NAME* name) {
    unsigned char* encoded = nullptr;
    const int size = i2d_X509_NAME(name, &encoded);
    const openssl::Memory owner{encoded};
    return size > 0 ? Bytes(encoded, encoded + size) : Bytes{};
}

bool same_name(const Bytes& wanted, const X509_NAME* name) {
    const unsigned char* at = wanted.data();
    const openssl::X509Name parsed{d2i_X509_NAME(nullptr, &at, static_cast<long>(wanted.size()))};
    return parsed != nullptr ? X509_NAME_cmp(parsed.get(), name) == 0 : wanted == der_of(name);
}

Bytes serial_of(const X509* certificate) {
    const openssl::Bignum number{ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr)};
    return number == nullptr ? Bytes{} : bytes_of(number.get());
}

Bytes fingerprint_of(OSSL_LIB_CTX* libctx, const Bytes& certificate, const std::string& digest) {
    Bytes result(EVP_MAX_MD_SIZE);
    std::size_t size = 0;
    if (EVP_Q_digest(libctx, digest.c_str(), nullptr, certificate.data(), certificate.size(), result.data(), &size) !=
        1) {
        return {};
    }
    result.resize(size);
    return result;
}

const OSSL_PARAM settable_params[] = {
    describe_integer(OSSL_STORE_PARAM_EXPECT),
    describe_text(OSSL_STORE_PARAM_PROPERTIES),
    describe_text(OSSL_STORE_PARAM_INPUT_TYPE),
    describe_octets(OSSL_STORE_PARAM_SUBJECT),
    describe_octets(OSSL_STORE_PARAM_ISSUER),
    describe_unsigned(OSSL_STORE_PARAM_SERIAL),
    describe_text(OSSL_STORE_PARAM_DIGEST),
    describe_octets(OSSL_STORE_PARAM_FINGERPRINT),
    end_of_params,
};

}  // namespace

const OSSL_PARAM* StoreSearch::settable() noexcept {
    return settable_params;
}

Outcome<void> StoreSearch::set(const OSSL_PARAM* params) {
    if (OSSL_PARAM_locate_const(params, OSSL_STORE_PARAM_ALIAS) != nullptr) {
        return fail(Reason::search_unsupported, "search by alias: name the object in the URI, as in trustx:E0E1");
    }
    TRYV(take(params, OSSL_STORE_PARAM_EXPECT, expected_));
    TRYV(take(params, OSSL_STORE_PARAM_DIGEST, digest_));
    TRYV(take_copy(params, OSSL_STORE_PARAM_SUBJECT, subject_));
    TRYV(take_copy(params, OSSL_STORE_PARAM_ISSUER, issuer_));
    TRYV(take_copy(params, OSSL_STORE_PARAM_FINGERPRINT, fingerprint_));
    if (const OSSL_PARAM* const serial = OSSL_PARAM_locate_const(params, OSSL_STORE_PARAM_SERIAL)) {
        TRY(serial_, number_of(*serial));
    }
    return {};
}

bool StoreSearch::matches(OSSL_LIB_CTX* libctx, const Bytes& certificate) const {
    if (!by_certificate()) {
        return true;
    }
    ByteView following = certificate;
    const auto parsed = openssl::take_certificate(following, libctx);
    return parsed != nullptr && (!subject_ || same_name(*subject_, X509_get_subject_name(parsed.get()))) &&
           (!issuer_ || same_name(*issuer_, X509_get_issuer_name(parsed.get()))) &&
           (!serial_ || *serial_ == serial_of(parsed.get())) &&
           (!fingerprint_ || *fingerprint_ == fingerprint_of(libctx, certificate, digest_));
}

}  // namespace trustx::provider
