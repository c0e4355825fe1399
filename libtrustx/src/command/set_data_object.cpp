// SPDX-License-Identifier: Apache-2.0
#include "command/apdu.hpp"
#include "common/try.hpp"

#include <trustx/commands.hpp>

namespace trustx {
namespace {

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
    apdu.u16(object.value);
    apdu.u16(offset);
    apdu.bytes(data);
    return {};
}

Result<void> SetMetadata::encode(ApduWriter& apdu) const {
    TRYV(check(metadata));
    apdu.u16(object.value);
    apdu.u16(0);  // offset
    apdu.bytes(metadata.encode());
    return {};
}

}  // namespace trustx
