// SPDX-License-Identifier: Apache-2.0
#include "command/apdu.hpp"
#include "command/no_response.hpp"

namespace trustx {
namespace {

constexpr std::uint8_t cmd_set_data_object = 0x02;
constexpr std::uint8_t param_metadata = 0x01;

bool is_empty(const Metadata& metadata) {
    return metadata == Metadata{};
}

bool has_read_only_tag(const Metadata& metadata) {
    return metadata.max_size || metadata.used_size || metadata.key_algorithm;
}

bool fits(const std::optional<Bytes>& expression) {
    return !expression || (!expression->empty() && expression->size() < Metadata::max_encoded);
}

Result<void> check(const Metadata& metadata) {
    if (is_empty(metadata)) {
        return fail(Errc::argument_invalid, "no metadata tag given");
    }
    if (has_read_only_tag(metadata)) {
        return fail(Errc::argument_invalid, "maximum size, used size and key algorithm are set by the chip itself");
    }
    if (!fits(metadata.change_access) || !fits(metadata.read_access) || !fits(metadata.execute_access) ||
        metadata.encode().size() > Metadata::max_encoded) {
        return fail(Errc::argument_invalid, "an access condition is empty, or the metadata exceeds " +
                                                std::to_string(Metadata::max_encoded) + " bytes");
    }
    return {};
}

}  // namespace

Result<void> SetDataObject::encode(ApduWriter& apdu) const {
    if (data.empty() || data.size() > max_data) {
        return fail(Errc::argument_invalid, "write of " + std::to_string(data.size()) +
                                                " bytes, one command takes 1 to " + std::to_string(max_data));
    }
    apdu.begin(cmd_set_data_object, static_cast<std::uint8_t>(mode));
    apdu.u16(object.value);
    apdu.u16(offset);
    apdu.bytes(data);
    return apdu.finish();
}

Result<NoResponse> SetDataObject::decode(ByteView data) {
    return decode_no_response(data);
}

Result<void> SetMetadata::encode(ApduWriter& apdu) const {
    if (auto checked = check(metadata); !checked) {
        return checked;
    }
    apdu.begin(cmd_set_data_object, param_metadata);
    apdu.u16(object.value);
    apdu.u16(0);  // offset
    apdu.bytes(metadata.encode());
    return apdu.finish();
}

Result<NoResponse> SetMetadata::decode(ByteView data) {
    return decode_no_response(data);
}

}  // namespace trustx
