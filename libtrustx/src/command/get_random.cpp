// SPDX-License-Identifier: Apache-2.0
#include "command/apdu.hpp"

#include <trustx/commands.hpp>

namespace trustx {
Result<void> GetRandom::encode(ApduWriter& apdu) const {
    if (length < min_length || length > max_length) {
        return fail(Errc::argument_invalid, std::to_string(length) + " random bytes, one command gives " +
                                                std::to_string(min_length) + " to " + std::to_string(max_length));
    }
    apdu.u16(length);
    return {};
}

Result<Bytes> GetRandom::decode(ByteView data) const {
    if (data.size() != length) {
        return fail(Errc::response_malformed,
                    std::to_string(data.size()) + " random bytes, " + std::to_string(length) + " were asked for");
    }
    return Bytes{data.begin(), data.end()};
}

}  // namespace trustx
