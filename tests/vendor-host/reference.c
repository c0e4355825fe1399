/* SPDX-License-Identifier: Apache-2.0 */
#include "reference.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/kdf.h>
#include <openssl/x509.h>
#include <string.h>

EVP_PKEY* chip_public_key(const char* curve, const uint8_t* bit_string, size_t size) {
    if (size < 4 || bit_string[0] != 3 || bit_string[1] != size - 2 || bit_string[2] != 0 || bit_string[3] != 4) {
        return NULL;
    }
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char*)curve, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void*)(bit_string + 3), size - 3),
        OSSL_PARAM_construct_end()};
    EVP_PKEY* key = NULL;
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, (OSSL_PARAM*)parameters) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    return key;
}

size_t public_key_for_chip(EVP_PKEY* key, uint8_t* bit_string, size_t capacity) {
    size_t size = 0;
    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, bit_string + 3, capacity - 3, &size) !=
        1) {
        return 0;
    }
    bit_string[0] = 3;
    bit_string[1] = (uint8_t)(size + 1);
    bit_string[2] = 0;
    return size + 3;
}

EVP_PKEY* certificate_key(const uint8_t* der, size_t size) {
    X509* certificate = d2i_X509(NULL, &der, (long)size);
    EVP_PKEY* key = certificate == NULL ? NULL : X509_get_pubkey(certificate);
    X509_free(certificate);
    return key;
}

int private_fits_public(const char* curve, const uint8_t* octet_string, size_t private_size, const uint8_t* bit_string,
                        size_t public_size) {
    if (private_size < 3 || octet_string[0] != 4 || octet_string[1] != private_size - 2 || public_size < 4) {
        return 0;
    }
    EC_GROUP* group = EC_GROUP_new_by_curve_name(EC_curve_nist2nid(curve));
    BIGNUM* number = BN_bin2bn(octet_string + 2, (int)private_size - 2, NULL);
    EC_POINT* point = EC_POINT_new(group);
    uint8_t encoded[128];
    size_t size = 0;
    if (EC_POINT_mul(group, point, number, NULL, NULL, NULL) == 1) {
        size = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, encoded, sizeof encoded, NULL);
    }
    EC_POINT_free(point);
    BN_clear_free(number);
    EC_GROUP_free(group);
    return size == public_size - 3 && memcmp(encoded, bit_string + 3, size) == 0;
}

static int verifies_der(EVP_PKEY* key, const uint8_t* digest, size_t digest_size, const uint8_t* der, size_t size) {
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(key, NULL);
    const int right =
        EVP_PKEY_verify_init(context) == 1 && EVP_PKEY_verify(context, der, size, digest, digest_size) == 1;
    EVP_PKEY_CTX_free(context);
    return right;
}

int verifies(EVP_PKEY* key, const uint8_t* digest, size_t digest_size, const uint8_t* signature, size_t size) {
    uint8_t der[160] = {0x30, (uint8_t)size};
    if (size > 127) {
        return 0;
    }
    memcpy(der + 2, signature, size);
    return verifies_der(key, digest, digest_size, der, size + 2);
}

int verifies_raw(EVP_PKEY* key, const uint8_t* message, size_t message_size, const uint8_t* signature, size_t size) {
    uint8_t digest[32];
    uint8_t* der = NULL;
    ECDSA_SIG* pair = ECDSA_SIG_new();
    const int half = (int)(size / 2);
    ECDSA_SIG_set0(pair, BN_bin2bn(signature, half, NULL), BN_bin2bn(signature + half, half, NULL));
    const int der_size = i2d_ECDSA_SIG(pair, &der);
    sha256(message, message_size, digest);
    const int right = der_size > 0 && verifies_der(key, digest, sizeof digest, der, (size_t)der_size);
    OPENSSL_free(der);
    ECDSA_SIG_free(pair);
    return right;
}

int agree(EVP_PKEY* own, EVP_PKEY* peer, uint8_t* secret, size_t size) {
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(own, NULL);
    size_t length = size;
    const int right = EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, peer) == 1 &&
                      EVP_PKEY_derive(context, secret, &length) == 1 && length == size;
    EVP_PKEY_CTX_free(context);
    return right;
}

int tls_prf(const uint8_t* secret, size_t secret_size, const uint8_t* seed, size_t seed_size, uint8_t* out,
            size_t size) {
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, "SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, (void*)secret, secret_size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, (void*)seed, seed_size), OSSL_PARAM_construct_end()};
    EVP_KDF* function = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
    EVP_KDF_CTX* context = EVP_KDF_CTX_new(function);
    const int right = EVP_KDF_derive(context, out, size, parameters) == 1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(function);
    return right;
}

void sha256(const uint8_t* data, size_t size, uint8_t digest[32]) {
    EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL);
}
