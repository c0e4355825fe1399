// SPDX-License-Identifier: Apache-2.0
// One-way authentication: SetAuthScheme, SetAuthMsg, GetAuthMsg.
#include "command/apdu.hpp"
#include "command/no_response.hpp"

#include <trustx/commands.hpp>

#include <algorithm>

namespace trustx {
namespace {

constexpr std::uint8_t cmd_set_auth_scheme = 0x10;
constexpr std::uint8_t cmd_get_auth_msg = 0x18;
constexpr std::uint8_t cmd_set_auth_msg = 0x19;
constexpr std::uint8_t param_one_way_ecdsa = 0x91;
constexpr std::uint8_t param_challenge = 0x01;
constexpr std::uint8_t param_response = 0x02;

// The chip answers with r and s of fixed width (chip-commands.md section 5); the integers go without leading zeros.
Bytes integer(ByteView fixed) {
    const auto first = std::find_if(fixed.begin(), fixed.end(), [](std::uint8_t byte) { return byte != 0; });
    return {first, fixed.end()};
}

}  // namespace

Result<void> SetAuthScheme::encode(ApduWriter& apdu) const {
    apdu.begin(cmd_set_auth_scheme, param_one_way_ecdsa);
    apdu.u16(key.value);
    return apdu.finish();
}

Result<NoResponse> SetAuthScheme::decode(ByteView data) {
    return decode_no_response(data);
}

Result<void> SetAuthMsg::encode(ApduWriter& apdu) const {
    if (challenge.size() < min_challenge || challenge.size() > max_challenge) {
        return fail(Errc::argument_invalid, "challenge of " + std::to_string(challenge.size()) +
                                                " bytes, the chip takes " + std::to_string(min_challenge) + " to " +
                                                std::to_string(max_challenge));
    }
    apdu.begin(cmd_set_auth_msg, param_challenge);
    apdu.bytes(challenge);
    return apdu.finish();
}

Result<NoResponse> SetAuthMsg::decode(ByteView data) {
    return decode_no_response(data);
}

Result<void> GetAuthMsg::encode(ApduWriter& apdu) const {
    apdu.begin(cmd_get_auth_msg, param_response);
    return apdu.finish();
}

Result<Signature> GetAuthMsg::decode(ByteView data) {
    const auto width = field_size(Curve::p256);
    if (data.size() != 2 * width) {
        return fail(Errc::response_malformed, "authentication message of " + std::to_string(data.size()) + " bytes");
    }
    Signature signature{integer(data.first(width)), integer(data.subspan(width))};
    if (signature.r.empty() || signature.s.empty()) {
        return fail(Errc::response_malformed, "authentication message with r or s zero");
    }
    return signature;
}

}  // namespace trustx
