// SPDX-License-Identifier: Apache-2.0
#include "store_search.hpp"

#include "common/try.hpp"
#include "ossl.hpp"
#include "param.hpp"

#include <algorithm>

#include <openssl/core_names.h>

namespace trustx::provider {
namespace {

Outcome<Bytes> octets_of(const OSSL_PARAM& param) {
    const void* data = nullptr;
    std::size_t size = 0;
    if (OSSL_PARAM_get_octet_string_ptr(&param, &data, &size) != 1) {
        return refuse(Reason::parameter_invalid, std::string("parameter ") + param.key);
    }
    const auto* const bytes = static_cast<const std::uint8_t*>(data);
    return Bytes(bytes, bytes + size);
}

Bytes bytes_of(const BIGNUM* number) {
    Bytes bytes(static_cast<std::size_t>(BN_num_bytes(number)));
    BN_bn2bin(number, bytes.data());
    return bytes;
}

Outcome<Bytes> number_of(const OSSL_PARAM& param) {
    BIGNUM* number = nullptr;
    if (OSSL_PARAM_get_BN(&param, &number) != 1) {
        return refuse(Reason::parameter_invalid, std::string("parameter ") + param.key);
    }
    return bytes_of(Bignum(number).get());
}

Bytes der_of(const X509_NAME* name) {
    unsigned char* encoded = nullptr;
    const int size = i2d_X509_NAME(name, &encoded);
    const OpensslBytes owner(encoded);
    return size > 0 ? Bytes(encoded, encoded + size) : Bytes();
}

bool same_name(const Bytes& wanted, const X509_NAME* name) {
    const unsigned char* at = wanted.data();
    const X509NameOwner parsed(d2i_X509_NAME(nullptr, &at, static_cast<long>(wanted.size())));
    return parsed != nullptr ? X509_NAME_cmp(parsed.get(), name) == 0 : wanted == der_of(name);
}

Bytes serial_of(const X509* certificate) {
    const Bignum number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
    return number == nullptr ? Bytes() : bytes_of(number.get());
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
    for (; params != nullptr && params->key != nullptr; ++params) {
        const std::string_view key = params->key;
        if (key == OSSL_STORE_PARAM_EXPECT) {
            if (OSSL_PARAM_get_int(params, &expected_) != 1) {
                return refuse(Reason::parameter_invalid, "parameter expect");
            }
        } else if (key == OSSL_STORE_PARAM_DIGEST) {
            TRY(auto name, text_of(*params));
            digest_ = std::move(name);
        } else if (key == OSSL_STORE_PARAM_ALIAS) {
            return refuse(Reason::search_unsupported, "search by alias: name the object in the URI, as in trustx:E0E1");
        } else if (key == OSSL_STORE_PARAM_SERIAL) {
            TRY(auto number, number_of(*params));
            serial_ = std::move(number);
        } else if (key == OSSL_STORE_PARAM_SUBJECT || key == OSSL_STORE_PARAM_ISSUER ||
                   key == OSSL_STORE_PARAM_FINGERPRINT) {
            TRY(auto octets, octets_of(*params));
            (key == OSSL_STORE_PARAM_SUBJECT  ? subject_
             : key == OSSL_STORE_PARAM_ISSUER ? issuer_
                                              : fingerprint_) = std::move(octets);
        }
    }
    return {};
}

bool StoreSearch::matches(OSSL_LIB_CTX* libctx, const Bytes& certificate) const {
    if (!by_certificate()) {
        return true;
    }
    const X509Owner parsed = parse_certificate(libctx, certificate);
    return parsed != nullptr && (!subject_ || same_name(*subject_, X509_get_subject_name(parsed.get()))) &&
           (!issuer_ || same_name(*issuer_, X509_get_issuer_name(parsed.get()))) &&
           (!serial_ || *serial_ == serial_of(parsed.get())) &&
           (!fingerprint_ || *fingerprint_ == fingerprint_of(libctx, certificate, digest_));
}

}  // namespace trustx::provider
