// SPDX-License-Identifier: Apache-2.0
// What a handshake of TLS 1.2 derives: the master secret (RFC 5246 section 8.1, RFC 7627 section 4), then from that the
// key block and both Finished messages (RFC 5246 sections 6.3 and 7.4.9). Told by the labels that seeds begin with.
#pragma once

#include <trustx/bytes.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace trustx::provider::tls_labels {

inline constexpr std::uint16_t master_size = 48;
inline constexpr int finished_messages = 2;  // in each handshake

inline bool begins_with(ByteView label_and_seed, std::string_view label) {
    return label_and_seed.size() >= label.size() &&
           std::equal(label.begin(), label.end(), label_and_seed.begin(),
                      [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

inline bool is_master(ByteView label_and_seed) {
    return begins_with(label_and_seed, "master secret") || begins_with(label_and_seed, "extended master secret");
}
inline bool is_finished(ByteView label_and_seed) {
    return begins_with(label_and_seed, "client finished") || begins_with(label_and_seed, "server finished");
}

}  // namespace trustx::provider::tls_labels
