// SPDX-License-Identifier: Apache-2.0
#include "model/dtls/record.hpp"

#include <algorithm>

namespace trustx::sim::dtls {

namespace {

// RFC 3610 section 2 with L = 3 and M = 8.
constexpr std::uint8_t flags_of_length = 3 - 1;
constexpr std::uint8_t flags_of_first_block = 0x40 | (record_tag_size - 2) / 2 << 3U | flags_of_length;

}  // namespace

std::optional<RecordHeader> read_record_header(ByteView bytes) {
    ByteReader reader{bytes};
    RecordHeader header{};
    header.type = reader.u8();
    header.version = reader.u16();
    header.number = to_bytes(reader.take(8));
    header.length = reader.u16();
    return reader.failed() ? std::nullopt : std::optional(header);
}

Bytes encode(const RecordHeader& header) {
    Bytes bytes{header.type};
    append_u16(bytes, header.version);
    append(bytes, header.number);
    append_u16(bytes, header.length);
    return bytes;
}

Protection::Protection(Direction direction, const Crypto& crypto, const RecordKey& key, const RecordHeader& header,
                       ByteView explicit_nonce)
    : direction_{direction},
      cipher_{crypto.aes128(key.key.view())},
      nonce_{to_bytes(key.iv.view())},
      left_{header.length} {
    append(nonce_, explicit_nonce);
    // B_0, then the length of the additional data and the data: number, type, version, length.
    authenticate(flags_of_first_block);
    std::for_each(nonce_.begin(), nonce_.end(), [this](std::uint8_t byte) { authenticate(byte); });
    Bytes rest{0};
    append_u16(rest, header.length);
    append_u16(rest, record_header_size);
    append(rest, header.number);
    rest.push_back(header.type);
    append_u16(rest, header.version);
    append_u16(rest, header.length);
    std::for_each(rest.begin(), rest.end(), [this](std::uint8_t byte) { authenticate(byte); });
    end_authenticated_block();
}

Bytes Protection::convert(ByteView part) {
    Bytes converted;
    converted.reserve(part.size());
    for (const std::uint8_t byte : part) {
        if (stream_used_ == stream_.size()) {
            stream_ = cipher_.encrypt(counter_block(counter_++));
            stream_used_ = 0;
        }
        const auto other = static_cast<std::uint8_t>(byte ^ stream_[stream_used_++]);
        authenticate(direction_ == Direction::seal ? byte : other);
        converted.push_back(other);
    }
    left_ -= part.size();
    return converted;
}

Bytes Protection::tag() {
    end_authenticated_block();
    const auto mask = cipher_.encrypt(counter_block(0));
    Bytes tag(record_tag_size);
    for (std::size_t i = 0; i < tag.size(); ++i) {
        tag[i] = static_cast<std::uint8_t>(mac_[i] ^ mask[i]);
    }
    return tag;
}

Aes128::Block Protection::counter_block(std::uint32_t number) const {
    Aes128::Block block{flags_of_length};
    std::copy(nonce_.begin(), nonce_.end(), block.begin() + 1);
    block[13] = static_cast<std::uint8_t>(number >> 16U & 0xFFU);
    block[14] = static_cast<std::uint8_t>(number >> 8U & 0xFFU);
    block[15] = static_cast<std::uint8_t>(number & 0xFFU);
    return block;
}

void Protection::authenticate(std::uint8_t byte) {
    mac_[mac_used_] = static_cast<std::uint8_t>(mac_[mac_used_] ^ byte);
    if (++mac_used_ == mac_.size()) {
        end_authenticated_block();
    }
}

void Protection::end_authenticated_block() {
    if (mac_used_ > 0) {
        mac_ = cipher_.encrypt(mac_);
        mac_used_ = 0;
    }
}

}  // namespace trustx::sim::dtls
