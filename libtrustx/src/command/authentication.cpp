// SPDX-License-Identifier: Apache-2.0
// One-way authentication: SetAuthScheme, SetAuthMsg, GetAuthMsg.
#include "command/apdu.hpp"

#include <trustx/commands.hpp>

#include <algorithm>

namespace trustx {
namespace {

// The chip answers with r and s of fixed width (chip-commands.md section 5); the integers go without leading zeros.
Bytes integer(ByteView fixed) {
    const auto first = std::find_if(fixed.begin(), fixed.end(), [](std::uint8_t byte) { return byte != 0; });
    return {first, fixed.end()};
}

}  // namespace

Result<void> SetAuthScheme::encode(ApduWriter& apdu) const {
    apdu.u16(key.value);
    return {};
}

Result<void> SetAuthMsg::encode(ApduWriter& apdu) const {
    if (challenge.size() < min_challenge || challenge.size() > max_challenge) {
        return fail(Errc::argument_invalid, "challenge of " + std::to_string(challenge.size()) +
                                                " bytes, the chip takes " + std::to_string(min_challenge) + " to " +
                                                std::to_string(max_challenge));
    }
    apdu.bytes(challenge);
    return {};
}

Result<void> GetAuthMsg::encode(ApduWriter& /*apdu*/) {
    return {};
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
