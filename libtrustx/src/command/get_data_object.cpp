// SPDX-License-Identifier: Apache-2.0
#include "command/apdu.hpp"

#include <trustx/commands.hpp>

namespace trustx {
namespace {

constexpr std::uint8_t cmd_get_data_object = 0x01;
constexpr std::uint8_t param_data = 0x00;
constexpr std::uint8_t param_metadata = 0x01;

}  // namespace

Result<void> GetDataObject::encode(ApduWriter& apdu) const {
    if (length == 0 || length > max_length) {
        return fail(Errc::argument_invalid, "read of " + std::to_string(length) + " bytes, one command takes 1 to " +
                                                std::to_string(max_length));
    }
    apdu.begin(cmd_get_data_object, param_data);
    apdu.u16(object.value);
    apdu.u16(offset);
    apdu.u16(length);
    return apdu.finish();
}

Result<Bytes> GetDataObject::decode(ByteView data) const {
    if (data.size() > length) {
        return fail(Errc::response_malformed,
                    std::to_string(data.size()) + " bytes, " + std::to_string(length) + " were asked for");
    }
    return Bytes{data.begin(), data.end()};
}

Result<void> GetMetadata::encode(ApduWriter& apdu) const {
    apdu.begin(cmd_get_data_object, param_metadata);
    apdu.u16(object.value);
    return apdu.finish();
}

Result<Metadata> GetMetadata::decode(ByteView data) {
    return Metadata::parse(data);
}

}  // namespace trustx
