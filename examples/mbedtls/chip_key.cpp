// SPDX-License-Identifier: Apache-2.0
#include "chip_key.hpp"

#include "failure.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

#include <mbedtls/ecdsa.h>
#include <mbedtls/pk_internal.h>

#if defined(MBEDTLS_ECP_RESTARTABLE)
#error "this mbed TLS hands signatures over in pieces (MBEDTLS_ECP_RESTARTABLE), which the chip cannot do"
#endif

namespace {

// mbed TLS allocates and frees what a context refers to; it is this pointer.
struct Reference {
    ChipKey* key;
};

ChipKey& key_of(const void* context) {
    return *static_cast<const Reference*>(context)->key;
}

size_t bit_length(const void* context) {
    return mbedtls_pk_get_bitlen(&key_of(context).certified());
}

// TLS asks by which algorithm it may sign, and finds the curve by the certificate.
int can_do(mbedtls_pk_type_t type) {
    return type == MBEDTLS_PK_ECDSA ? 1 : 0;
}

int sign(void* context, mbedtls_md_type_t algorithm, const unsigned char* digest, size_t digest_length,
         unsigned char* signature, size_t* length, int (*)(void*, unsigned char*, size_t), void*) {
    try {
        return key_of(context).sign(algorithm, {digest, digest_length}, signature, *length);
    } catch (const std::bad_alloc&) {
        return MBEDTLS_ERR_PK_ALLOC_FAILED;
    } catch (...) {
        return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
    }
}

void* allocate() {
    return std::calloc(1, sizeof(Reference));
}

const mbedtls_pk_info_t& chip_key_info() {
    static const mbedtls_pk_info_t info = [] {
        mbedtls_pk_info_t made{};  // what is null mbed TLS takes for not available
        made.type = MBEDTLS_PK_ECDSA;
        made.name = "Trust X";
        made.get_bitlen = bit_length;
        made.can_do = can_do;
        made.sign_func = sign;
        made.ctx_alloc_func = allocate;
        made.ctx_free_func = std::free;
        return made;
    }();
    return info;
}

trustx::Curve curve_of(const mbedtls_pk_context& key) {
    const auto* pair = mbedtls_pk_can_do(&key, MBEDTLS_PK_ECDSA) == 1 ? mbedtls_pk_ec(key) : nullptr;
    if (pair != nullptr && pair->grp.id == MBEDTLS_ECP_DP_SECP256R1) {
        return trustx::Curve::p256;
    }
    if (pair != nullptr && pair->grp.id == MBEDTLS_ECP_DP_SECP384R1) {
        return trustx::Curve::p384;
    }
    throw Failure{"the certificate is not for a key on P-256 or P-384, and the chip has no others"};
}

}  // namespace

ChipKey::ChipKey(trustx::Device& device, trustx::ObjectId slot, mbedtls_pk_context& certified)
    : device_{device}, slot_{slot}, curve_{curve_of(certified)}, certified_{certified} {
    mbedtls_pk_init(&context_);
    must(mbedtls_pk_setup(&context_, &chip_key_info()), "make a key of mbed TLS");
    static_cast<Reference*>(context_.pk_ctx)->key = this;
}

ChipKey::~ChipKey() {
    mbedtls_pk_free(&context_);
}

int ChipKey::refuse(std::string why) {
    failure_ = std::move(why);
    return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
}

int ChipKey::sign(mbedtls_md_type_t algorithm, trustx::ByteView digest, unsigned char* signature, std::size_t& length) {
    failure_.reset();
    // ECDSA takes the leftmost bits of a digest that is longer than the key: SHA-384 with a key on P-256.
    const auto size = std::min(digest.size(), trustx::field_size(curve_));
    const auto made = device_.run(trustx::CalcSign{.key = slot_, .digest = digest.first(size)});
    if (!made) {
        return refuse(made.error().message());
    }
    const auto der = made->der();
    std::copy(der.begin(), der.end(), signature);
    length = der.size();
    // The broker would say no more than that it does not accept the signature.
    if (mbedtls_pk_verify(&certified_, algorithm, digest.data(), digest.size(), signature, length) != 0) {
        return refuse("the signature by " + slot_.hex() + " is not of the key that the certificate is for");
    }
    return 0;
}
