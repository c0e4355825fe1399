// SPDX-License-Identifier: Apache-2.0
// Records of DTLS 1.2 with AES-128-CCM-8 (chip-dtls.md section 5), which may come in parts. CCM (RFC 3610) is written
// out on single blocks because libcrypto wants the whole message at once.
#pragma once

#include "model/base/result.hpp"
#include "model/crypto/crypto.hpp"
#include "model/dtls/wiped.hpp"

#include <optional>

namespace trustx::sim::dtls {

enum class ContentType : std::uint8_t { alert = 21, handshake = 22, application_data = 23 };

constexpr std::size_t record_header_size = 13;
constexpr std::size_t explicit_nonce_size = 8;
constexpr std::size_t record_tag_size = 8;
constexpr std::size_t max_plaintext_size = 0x4000;

// A record's header. length is that of what follows it here.
struct RecordHeader {
    std::uint8_t type;
    std::uint16_t version;
    Bytes number;  // epoch and sequence number, 8 bytes
    std::size_t length;
};

// read_record_header takes the first 13 bytes; empty when there are fewer.
std::optional<RecordHeader> read_record_header(ByteView bytes);
Bytes encode(const RecordHeader& header);

// What protects the records of one direction.
struct RecordKey {
    Wiped<16> key;
    Wiped<4> iv;
};

// Protection is one record on its way through the cipher, in either direction.
class Protection {
 public:
    enum class Direction { seal, open };
    // The header has the length of the plaintext.
    Protection(Direction direction, const Crypto& crypto, const RecordKey& key, const RecordHeader& header,
               ByteView explicit_nonce);

    // convert turns the next part of the text into ciphertext or back.
    [[nodiscard]] Bytes convert(ByteView part);
    // tag is what belongs behind the ciphertext, once everything was converted.
    [[nodiscard]] Bytes tag();
    [[nodiscard]] std::size_t left() const { return left_; }

 private:
    Aes128::Block counter_block(std::uint32_t number) const;
    void authenticate(std::uint8_t byte);
    void end_authenticated_block();

    Direction direction_;
    Aes128 cipher_;
    Bytes nonce_;
    std::size_t left_;
    Aes128::Block mac_{};
    std::size_t mac_used_ = 0;
    Aes128::Block stream_{};
    std::size_t stream_used_ = 16;
    std::uint32_t counter_ = 1;
};

}  // namespace trustx::sim::dtls
