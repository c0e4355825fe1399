// SPDX-License-Identifier: Apache-2.0
#include "common/try.hpp"
#include "objects/device_commands.hpp"
#include "objects/object_io.hpp"

#include <trustx/objects.hpp>

#include <algorithm>

namespace trustx {

Result<Bytes> read_object(LockedDevice& device, ObjectId object) {
    DeviceCommands commands{device};
    return ObjectIo{commands, object}.read();
}

Result<Bytes> read_slice(LockedDevice& device, ObjectId object, std::uint16_t offset, std::size_t length) {
    DeviceCommands commands{device};
    return ObjectIo{commands, object}.read_slice(offset, length);
}

Result<void> check_write(LockedDevice& device, ObjectId object, std::size_t offset, std::size_t size) {
    DeviceCommands commands{device};
    TRYV(ObjectIo{commands, object}.check(offset, size));
    return {};
}

Result<void> check_write(ObjectId object, std::size_t offset, std::size_t size) {
    return check_fit(object, Metadata{}, offset, size).during("write object " + object.hex());
}

Result<void> write_object(LockedDevice& device, ObjectId object, ByteView data) {
    DeviceCommands commands{device};
    return ObjectIo{commands, object}.replace(data);
}

Result<void> write_slice(LockedDevice& device, ObjectId object, std::uint16_t offset, ByteView data) {
    DeviceCommands commands{device};
    return ObjectIo{commands, object}.patch(offset, data);
}

Result<Uid> read_uid(LockedDevice& device) {
    constexpr std::string_view operation = "read the coprocessor UID E0C2";
    TRY(const auto content, device.run(GetDataObject{object::coprocessor_uid, 0, Uid::size}).during(operation));
    return Uid::from_bytes(content).during(operation);
}

// An object that was never written is full of zeros (chip-objects.md section 1.5), which no form of certificate begins
// with: its first bytes tell, without a long read of the rest.
Result<CertificateObject> read_certificates(LockedDevice& device, ObjectId object) {
    constexpr std::uint16_t probe_length = 16;
    const auto start = device.run(GetDataObject{object, 0, probe_length});
    if (!start && start.error() == ChipError::data_object_boundary_exceeded) {
        return CertificateObject{};  // used size 0
    }
    if (!start) {
        return start.failure();
    }
    if (std::ranges::all_of(*start, [](std::uint8_t byte) { return byte == 0; })) {
        return CertificateObject{};
    }
    TRY(const auto content, read_object(device, object));
    return parse_certificate_object(content).during("object " + object.hex());
}

Result<void> write_certificates(LockedDevice& device, ObjectId object, const CertificateObject& content) {
    TRY(const auto encoded, encode_certificate_object(content));
    return write_object(device, object, encoded);
}

Result<void> write_trust_anchor(LockedDevice& device, ObjectId object, ByteView certificate) {
    const ObjectInfo* info = describe(object);
    if (info == nullptr || info->kind != ObjectKind::trust_anchor) {
        return fail(Errc::argument_invalid,
                    "write trust anchor: " + object.hex() + " is none, there are E0E8 and E0EF");
    }
    return write_certificates(device, object, {CertificateForm::der, {Bytes{certificate.begin(), certificate.end()}}});
}

}  // namespace trustx
