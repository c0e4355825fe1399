// SPDX-License-Identifier: Apache-2.0
#include "command/apdu.hpp"

#include <trustx/commands.hpp>

namespace trustx {
Result<void> GetDataObject::encode(ApduWriter& apdu) const {
    if (length == 0 || length > max_length) {
        return fail(Errc::argument_invalid, "read of " + std::to_string(length) + " bytes, one command takes 1 to " +
                                                std::to_string(max_length));
    }
    apdu.u16(object.value);
    apdu.u16(offset);
    apdu.u16(length);
    return {};
}

Result<Bytes> GetDataObject::decode(ByteView data) const {
    if (data.size() > length) {
        return fail(Errc::response_malformed,
                    std::to_string(data.size()) + " bytes, " + std::to_string(length) + " were asked for");
    }
    return Bytes{data.begin(), data.end()};
}

Result<void> GetMetadata::encode(ApduWriter& apdu) const {
    apdu.u16(object.value);
    return {};
}

Result<Metadata> GetMetadata::decode(ByteView data) {
    return Metadata::parse(data);
}

}  // namespace trustx
