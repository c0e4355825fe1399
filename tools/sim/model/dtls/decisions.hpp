// SPDX-License-Identifier: Apache-2.0
// What the simulated DTLS client does where nothing public says what a real chip does (chip-dtls.md section 10). Each
// can be changed here, or for one chip by ChipOptions::dtls; docs/simulator.md lists them.
#pragma once

#include "model/base/names.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace trustx::sim::dtls {

constexpr std::uint16_t group_p256 = 23;
constexpr std::uint16_t group_p384 = 24;

struct Decisions {
    // Section 10, point 1: the groups that ClientHello offers, and in one of which ServerKeyExchange must be. The
    // extensions are supported_groups, ec_point_formats and signature_algorithms, in this order, and no other.
    std::vector<std::uint16_t> groups{group_p256};
    // Point 2: the Unix time is in the random of ClientHello; certificates are also checked by it, if this is set.
    bool checks_dates = true;
    // Point 3: bytes of a handshake message in one answer without its header; at most what fits, which is the default.
    std::size_t chunk_size = largest_chunk;
    static constexpr std::size_t largest_chunk = max_data_size - 3 - 12;
    // Point 4: messages of the server must be numbered without gaps from ServerHello on (else error 21).
    bool checks_message_seq = true;
    // Point 5: before the server's Finished was accepted only handshake messages and alerts are encrypted. With this,
    // application data is, too.
    bool encrypts_early = false;
    // Point 6: the objects whose certificate may end the server's chain, tried in this order.
    std::vector<ObjectId> trust_anchors{ObjectId::trust_anchor_1};
    // Point 7: the explicit nonce is epoch and sequence number of the record. With this, a record to encrypt whose
    // sequence number is not above that of the one before is refused (05), since a nonce must not be used twice.
    bool sequence_must_rise = true;
    // Point 8: a C0 object with several certificates is sent entirely, a C2 object likewise, with the order of its
    // certificates turned round. With this unset only the certificate of the key is.
    bool sends_whole_chain = true;
    // Section 1 says one connection at a time, and that there are four session objects, each of which can hold the
    // state of one. SetAuthScheme for one more than this is refused (0D).
    std::size_t connections = 4;
    // Section 5: what F1C2 holds after a record that cannot be decrypted. A low code: hosts leave it there, and of
    // several unread codes the highest is kept, so that it hides no reason of a failed handshake.
    ErrorCode record_rejected = ErrorCode::internal_process_error;
};

}  // namespace trustx::sim::dtls
