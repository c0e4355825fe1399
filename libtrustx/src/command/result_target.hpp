// SPDX-License-Identifier: Apache-2.0
// Where the chip puts a computed secret: into its answer, or into a session object (chip-commands.md
// sections 6.10, 6.11).
#pragma once

#include "command/apdu.hpp"

#include <trustx/object_id.hpp>
#include <trustx/secret.hpp>

#include <optional>

namespace trustx {

// write_result_target writes that choice. Error: Errc::argument_invalid when the object is no session.
inline Result<void> write_result_target(ApduWriter& apdu, const std::optional<ObjectId>& session) {
    constexpr std::uint8_t tag_export = 0x07;
    constexpr std::uint8_t tag_session = 0x08;
    if (!session) {
        apdu.tlv(tag_export, {});
    } else if (*session < object::session_1 || *session > object::session_4) {
        return fail(Errc::argument_invalid, session->hex() + " is not a session object");
    } else {
        apdu.tlv_u16(tag_session, session->value);
    }
    return {};
}

// decode_secret takes an answer of exactly this size, or an empty one when the secret stays in a session.
inline Result<SecretBytes> decode_secret(ByteView data, std::size_t size, const std::optional<ObjectId>& session) {
    const auto expected = session ? 0 : size;
    if (data.size() != expected) {
        return fail(Errc::response_malformed,
                    "secret of " + std::to_string(data.size()) + " bytes instead of " + std::to_string(expected));
    }
    return SecretBytes{data.begin(), data.end()};
}

}  // namespace trustx
