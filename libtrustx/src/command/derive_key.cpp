// SPDX-License-Identifier: Apache-2.0
#include "command/apdu.hpp"
#include "command/result_target.hpp"

#include <trustx/commands.hpp>

namespace trustx {
namespace {

constexpr std::uint8_t derive_key_tag_secret_object = 0x01;
constexpr std::uint8_t derive_key_tag_seed = 0x02;
constexpr std::uint8_t derive_key_tag_length = 0x03;

}  // namespace

Result<void> DeriveKey::encode(ApduWriter& apdu) const {
    if (label_and_seed.size() < min_seed || label_and_seed.size() > max_seed) {
        return fail(Errc::argument_invalid, "label and seed of " + std::to_string(label_and_seed.size()) +
                                                " bytes, the chip takes " + std::to_string(min_seed) + " to " +
                                                std::to_string(max_seed));
    }
    const auto longest = session ? max_session_length : max_length;
    if (length < min_length || length > longest) {
        return fail(Errc::argument_invalid, "a key of " + std::to_string(length) + " bytes, the chip derives " +
                                                std::to_string(min_length) + " to " + std::to_string(longest) +
                                                (session ? " into a session" : ""));
    }
    apdu.tlv_u16(derive_key_tag_secret_object, secret.value);
    apdu.tlv(derive_key_tag_seed, label_and_seed);
    apdu.tlv_u16(derive_key_tag_length, length);
    return write_result_target(apdu, session);
}

Result<SecretBytes> DeriveKey::decode(ByteView data) const {
    return decode_secret(data, length, session);
}

}  // namespace trustx
