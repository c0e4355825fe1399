// SPDX-License-Identifier: Apache-2.0
// A private key of the chip as mbed TLS takes one: an mbedtls_pk_context of a kind that is made here.
//
// mbed TLS 2.28 has kinds of keys in tables of functions (mbedtls_pk_info_t). The only one of them that an application
// can fill by the documented interface is that of RSA keys (mbedtls_pk_setup_rsa_alt). The table itself is declared in
// mbedtls/pk_internal.h, which Debian installs, but which mbed TLS calls internal: it may change within 2.28, and has
// no successor among the installed headers of mbed TLS 3.
#pragma once

#include <trustx/device.hpp>

#include <optional>

#include <mbedtls/pk.h>

class ChipKey {
 public:
    // certified is the public key of the certificate that is shown together with this one. device and certified must
    // outlive the ChipKey. Throws Failure where the certificate is for no key that the chip can have.
    ChipKey(trustx::Device& device, trustx::ObjectId slot, mbedtls_pk_context& certified);
    ~ChipKey();
    ChipKey(const ChipKey&) = delete;
    ChipKey& operator=(const ChipKey&) = delete;

    // context is what mbedtls_ssl_conf_own_cert takes. It refers to this object, and is freed with it.
    mbedtls_pk_context* context() { return &context_; }

    // failure says why the last signature was not made, which an error code of mbed TLS cannot.
    [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }

    // sign is for the table of functions: an ECDSA signature in DER, of at most MBEDTLS_ECDSA_MAX_LEN bytes, and its
    // length; 0 or an error code of mbed TLS. One use of the private key.
    int sign(mbedtls_md_type_t algorithm, trustx::ByteView digest, unsigned char* signature, std::size_t& length);
    [[nodiscard]] mbedtls_pk_context& certified() const { return certified_; }

 private:
    int refuse(std::string why);

    trustx::Device& device_;
    trustx::ObjectId slot_;
    trustx::Curve curve_;
    mbedtls_pk_context& certified_;
    mbedtls_pk_context context_{};
    std::optional<std::string> failure_;
};
