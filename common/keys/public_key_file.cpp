// SPDX-License-Identifier: Apache-2.0
#include "common/keys/public_key_file.hpp"

#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/keys/key_file.hpp"
#include "common/openssl/pem.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"

#include <openssl/pem.h>

namespace trustx::keys {
namespace {

Result<PublicKey> certified(ByteView content, const std::string& name) {
    TRY(const auto certificates, x509::parse_certificate_file(content, name));
    return certificates.front().public_key();
}

}  // namespace

Result<PublicKey> parse_public_key(ByteView content, const std::string& name) {
    if (openssl::has_pem_label(content, KeyReference::pem_label)) {
        TRY(auto reference, parse_key_file(content, name));
        return std::move(reference.public_key);
    }
    if (openssl::has_pem_label(content, PEM_STRING_X509)) {
        return certified(content, name);
    }
    const bool pem = openssl::has_pem_label(content, PEM_STRING_PUBLIC);
    const auto info = pem ? openssl::pem_block(content, PEM_STRING_PUBLIC) : Bytes(content.begin(), content.end());
    if (auto key = PublicKey::from_subject_public_key_info(info.value_or(Bytes{}))) {
        return key;
    }
    if (!pem) {
        if (auto key = certified(content, name)) {
            return key;
        }
    }
    return fail(InputErrc::malformed, name +
                                          ": no public key on P-256 or P-384 with its curve by name and its point "
                                          "uncompressed; give a public key (`openssl pkey -pubout`), a certificate or "
                                          "a key file");
}

Result<PublicKey> read_public_key(const std::string& path) {
    TRY(const auto content, files::read_input(path));
    return parse_public_key(content, files::input_name(path));
}

std::string public_key_pem(const PublicKey& key) {
    return openssl::pem_text(PEM_STRING_PUBLIC, key.subject_public_key_info());
}

}  // namespace trustx::keys
