// SPDX-License-Identifier: Apache-2.0
// What somebody sees and can do who listens to a connection of TLS 1.2 with AES128-GCM and SHA-256, and finds a key log
// file.
#pragma once

#include "tls_parties.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <openssl/kdf.h>

namespace trustx::test {

struct TlsRecord {
    unsigned char type;
    std::string fragment;

    static constexpr unsigned char change_cipher_spec = 20;
    static constexpr unsigned char handshake = 22;
    static constexpr unsigned char application_data = 23;
    static constexpr std::size_t header_size = 5;
};

inline std::vector<TlsRecord> tls_records(const std::string& bytes) {
    std::vector<TlsRecord> records;
    for (std::size_t at = 0; at + TlsRecord::header_size <= bytes.size();) {
        const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(bytes.at(at + index)); };
        const std::size_t size = std::size_t{byte(3)} << 8 | byte(4);
        records.push_back({byte(0), bytes.substr(at + TlsRecord::header_size, size)});
        at += TlsRecord::header_size + size;
    }
    return records;
}

inline std::string hex_of(const std::string& bytes) {
    std::ostringstream out;
    for (const char c : bytes) {
        constexpr const char* digits = "0123456789abcdef";
        out << digits[static_cast<unsigned char>(c) >> 4] << digits[static_cast<unsigned char>(c) & 15];
    }
    return out.str();
}

inline std::string from_hex(const std::string& text) {
    std::string bytes;
    for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
        bytes.push_back(static_cast<char>(std::stoi(text.substr(at, 2), nullptr, 16)));
    }
    return bytes;
}

// Wiretap keeps what one side sends. It must outlive nothing, and the connection must outlive it.
class Wiretap {
 public:
    explicit Wiretap(SSL* sender) : sender_{sender} {
        BIO* const wire = SSL_get_wbio(sender);
        BIO_set_callback_arg(wire, reinterpret_cast<char*>(this));
        BIO_set_callback_ex(wire, note);
    }
    Wiretap(const Wiretap&) = delete;
    Wiretap& operator=(const Wiretap&) = delete;
    ~Wiretap() { BIO_set_callback_ex(SSL_get_wbio(sender_), nullptr); }

    [[nodiscard]] std::string client_random() const { return hex_of(random(SSL_get_client_random)); }

    // decrypt gives the first application data with a line `CLIENT_RANDOM random master-secret` of a key log file;
    // nothing where that is another connection's, or does not decrypt it.
    [[nodiscard]] std::optional<std::string> decrypt(const std::string& line) const {
        std::istringstream words(line);
        std::string kind;
        std::string connection;
        std::string master;
        words >> kind >> connection >> master;
        std::transform(connection.begin(), connection.end(), connection.begin(), ::tolower);
        if (kind != "CLIENT_RANDOM" || connection != client_random()) {
            return std::nullopt;
        }
        unsigned char number = 0;  // of the encrypted record
        bool encrypted = false;
        for (const auto& record : tls_records(sent_)) {
            if (record.type == TlsRecord::application_data) {
                return decrypt(record, number, key_block(from_hex(master)));
            }
            number = static_cast<unsigned char>(number + (encrypted ? 1 : 0));
            encrypted = encrypted || record.type == TlsRecord::change_cipher_spec;
        }
        return std::nullopt;
    }

 private:
    static constexpr std::size_t key_size = 16;
    static constexpr std::size_t salt_size = 4;
    static constexpr std::size_t nonce_size = 8;  // the part that is sent
    static constexpr std::size_t tag_size = 16;

    static long note(BIO* bio, int operation, const char* data, std::size_t, int, long, int result,
                     std::size_t* processed) {
        if (operation == (BIO_CB_WRITE | BIO_CB_RETURN) && result > 0 && processed != nullptr) {
            reinterpret_cast<Wiretap*>(BIO_get_callback_arg(bio))->sent_.append(data, *processed);
        }
        return result;
    }

    [[nodiscard]] std::string random(std::size_t (*of)(const SSL*, unsigned char*, std::size_t)) const {
        std::string bytes(SSL3_RANDOM_SIZE, '\0');
        of(sender_, reinterpret_cast<unsigned char*>(bytes.data()), bytes.size());
        return bytes;
    }

    // Both keys, then both salts, the client's first (RFC 5246 section 6.3).
    [[nodiscard]] std::string key_block(std::string master) const {
        const Handle<EVP_KDF, EVP_KDF_free> kdf(EVP_KDF_fetch(nullptr, "TLS1-PRF", nullptr));
        const Handle<EVP_KDF_CTX, EVP_KDF_CTX_free> ctx(EVP_KDF_CTX_new(kdf.get()));
        std::string digest = "SHA256";
        std::string seed = "key expansion" + random(SSL_get_server_random) + random(SSL_get_client_random);
        std::string block(2 * (key_size + salt_size), '\0');
        const std::array<OSSL_PARAM, 4> params{
            OSSL_PARAM_construct_utf8_string("digest", digest.data(), 0),
            OSSL_PARAM_construct_octet_string("secret", master.data(), master.size()),
            OSSL_PARAM_construct_octet_string("seed", seed.data(), seed.size()), OSSL_PARAM_construct_end()};
        REQUIRE(EVP_KDF_derive(ctx.get(), reinterpret_cast<unsigned char*>(block.data()), block.size(),
                               params.data()) == 1);
        return block;
    }

    static std::optional<std::string> decrypt(const TlsRecord& record, unsigned char number, const std::string& block) {
        const auto octets = [](const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); };
        const std::size_t size = record.fragment.size() - nonce_size - tag_size;
        const std::string key = block.substr(0, key_size);
        const std::string nonce = block.substr(2 * key_size, salt_size) + record.fragment.substr(0, nonce_size);
        const std::string additional = std::string(7, '\0') + static_cast<char>(number) +
                                       static_cast<char>(record.type) + "\x03\x03" + static_cast<char>(size >> 8) +
                                       static_cast<char>(size & 0xFF);
        std::string tag = record.fragment.substr(nonce_size + size);
        std::string plain(size, '\0');
        const Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> ctx(EVP_CIPHER_CTX_new());
        int length = 0;
        REQUIRE(EVP_DecryptInit_ex(ctx.get(), EVP_aes_128_gcm(), nullptr, octets(key), octets(nonce)) == 1);
        REQUIRE(EVP_DecryptUpdate(ctx.get(), nullptr, &length, octets(additional),
                                  static_cast<int>(additional.size())) == 1);
        REQUIRE(EVP_DecryptUpdate(ctx.get(), reinterpret_cast<unsigned char*>(plain.data()), &length,
                                  octets(record.fragment) + nonce_size, static_cast<int>(size)) == 1);
        REQUIRE(EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag_size), tag.data()) == 1);
        unsigned char end = 0;
        return EVP_DecryptFinal_ex(ctx.get(), &end, &length) == 1 ? std::optional{plain} : std::nullopt;
    }

    SSL* sender_;
    std::string sent_;
};

}  // namespace trustx::test
