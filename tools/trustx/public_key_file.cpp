// SPDX-License-Identifier: Apache-2.0
#include "public_key_file.hpp"

#include "certificate.hpp"
#include "input_file.hpp"
#include "key_file.hpp"
#include "openssl_handles.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

namespace trustx::cli {
namespace {

bool has_block(ByteView content, std::string_view label) {
    const std::string_view text{reinterpret_cast<const char*>(content.data()), content.size()};
    return text.find("-----BEGIN " + std::string{label} + "-----") != std::string_view::npos;
}

// info_of finds the SubjectPublicKeyInfo of a PEM block; empty when the block is damaged.
Bytes info_of(ByteView pem) {
    const auto bio = must<BioHandle>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    unsigned char* data = nullptr;
    long length = 0;
    const int found = PEM_bytes_read_bio(&data, &length, nullptr, PEM_STRING_PUBLIC, bio.get(), nullptr, nullptr);
    ERR_clear_error();
    Bytes info = found == 1 ? Bytes(data, data + length) : Bytes{};
    OPENSSL_free(data);
    return info;
}

Outcome<PublicKey> certified(ByteView content, const std::string& name) {
    const auto certificates = parse_certificate_file(content, name);
    return certificates ? certificates->front().public_key() : certificates.failure();
}

}  // namespace

Outcome<PublicKey> parse_public_key(ByteView content, const std::string& name) {
    if (has_block(content, KeyReference::pem_label)) {
        auto reference = parse_key_file(content, name);
        return reference ? Outcome<PublicKey>{std::move(reference->public_key)} : reference.failure();
    }
    if (has_block(content, PEM_STRING_X509)) {
        return certified(content, name);
    }
    const bool pem = has_block(content, PEM_STRING_PUBLIC);
    if (auto key =
            PublicKey::from_subject_public_key_info(pem ? info_of(content) : Bytes(content.begin(), content.end()))) {
        return std::move(*key);
    }
    if (!pem) {
        if (auto key = certified(content, name)) {
            return key;
        }
    }
    return give_up(ExitCode::file, name +
                                       ": no public key on P-256 or P-384 with its curve by name and its point "
                                       "uncompressed; give a public key (`openssl pkey -pubout`), a certificate or "
                                       "a key file");
}

Outcome<PublicKey> read_public_key(const std::string& path) {
    const auto content = read_input(path);
    return content ? parse_public_key(*content, input_name(path)) : content.failure();
}

std::string public_key_pem(const PublicKey& key) {
    const auto info = key.subject_public_key_info();
    const auto bio = must<BioHandle>(BIO_new(BIO_s_mem()));
    PEM_write_bio(bio.get(), PEM_STRING_PUBLIC, "", info.data(), static_cast<long>(info.size()));
    char* data = nullptr;
    const auto length = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(length)};
}

}  // namespace trustx::cli
