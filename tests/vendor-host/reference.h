/* SPDX-License-Identifier: Apache-2.0
 * What the chip's answers are compared with: the same calculated by OpenSSL's default provider. Each function that can
 * fail returns 1 or 0. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

/* chip_public_key: a key from the BIT STRING that GenKeyPair returns. NULL when it is none. */
EVP_PKEY* chip_public_key(const char* curve, const uint8_t* bit_string, size_t size);

/* public_key_for_chip: a BIT STRING for CalcSSec; returns its size. */
size_t public_key_for_chip(EVP_PKEY* key, uint8_t* bit_string, size_t capacity);

/* certificate_key: the public key of a DER certificate. NULL when it is none. */
EVP_PKEY* certificate_key(const uint8_t* der, size_t size);

/* private_fits_public: is the BIT STRING's point the product of the OCTET STRING's number and the generator? */
int private_fits_public(const char* curve, const uint8_t* octet_string, size_t private_size, const uint8_t* bit_string,
                        size_t public_size);

/* verifies: CalcSign's two INTEGERs without their SEQUENCE. */
int verifies(EVP_PKEY* key, const uint8_t* digest, size_t digest_size, const uint8_t* signature, size_t size);

/* verifies_raw: r and s of equal width over the SHA-256 of a message, as GetAuthMsg returns them. */
int verifies_raw(EVP_PKEY* key, const uint8_t* message, size_t message_size, const uint8_t* signature, size_t size);

/* agree: the x coordinate that ECDH yields. */
int agree(EVP_PKEY* own, EVP_PKEY* peer, uint8_t* secret, size_t size);

/* tls_prf: RFC 5246, section 5, with SHA-256; label and seed in one. */
int tls_prf(const uint8_t* secret, size_t secret_size, const uint8_t* seed, size_t seed_size, uint8_t* out,
            size_t size);

void sha256(const uint8_t* data, size_t size, uint8_t digest[32]);

#endif
