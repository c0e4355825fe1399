// SPDX-License-Identifier: Apache-2.0
#include "command/apdu.hpp"

#include <trustx/commands.hpp>

namespace trustx {
namespace {

constexpr std::uint8_t cmd_get_random = 0x0C;

}  // namespace

Result<void> GetRandom::encode(ApduWriter& apdu) const {
    if (length < min_length || length > max_length) {
        return fail(Errc::argument_invalid, std::to_string(length) + " random bytes, one command gives " +
                                                std::to_string(min_length) + " to " + std::to_string(max_length));
    }
    apdu.begin(cmd_get_random, static_cast<std::uint8_t>(source));
    apdu.u16(length);
    return apdu.finish();
}

Result<Bytes> GetRandom::decode(ByteView data) const {
    if (data.size() != length) {
        return fail(Errc::response_malformed,
                    std::to_string(data.size()) + " random bytes, " + std::to_string(length) + " were asked for");
    }
    return Bytes{data.begin(), data.end()};
}

}  // namespace trustx
