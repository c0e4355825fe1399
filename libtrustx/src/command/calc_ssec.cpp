// SPDX-License-Identifier: Apache-2.0
#include "command/apdu.hpp"
#include "command/public_key.hpp"
#include "command/result_target.hpp"

#include <trustx/commands.hpp>

namespace trustx {
namespace {

constexpr std::uint8_t calc_ssec_tag_key_object = 0x01;
constexpr std::uint8_t calc_ssec_tag_algorithm = 0x05;
constexpr std::uint8_t calc_ssec_tag_public_key = 0x06;

}  // namespace

Result<void> CalcSSec::encode(ApduWriter& apdu) const {
    apdu.tlv_u16(calc_ssec_tag_key_object, key.value);
    apdu.tlv_u8(calc_ssec_tag_algorithm, static_cast<std::uint8_t>(peer.curve));
    apdu.tlv(calc_ssec_tag_public_key, public_key_bit_string(peer));
    return write_result_target(apdu, session);
}

Result<SecretBytes> CalcSSec::decode(ByteView data) const {
    return decode_secret(data, field_size(peer.curve), session);
}

}  // namespace trustx
