// SPDX-License-Identifier: Apache-2.0
#include "object_io.hpp"

#include <trustx/objects.hpp>

namespace trustx {

Result<Bytes> read_object(LockedDevice& device, ObjectId object) {
    return ObjectIo{device, object}.read();
}

Result<void> write_object(LockedDevice& device, ObjectId object, ByteView data) {
    return ObjectIo{device, object}.replace(data);
}

Result<void> write_slice(LockedDevice& device, ObjectId object, std::uint16_t offset, ByteView data) {
    return ObjectIo{device, object}.patch(offset, data);
}

Result<Uid> read_uid(LockedDevice& device) {
    const auto content = device.run(GetDataObject{object::coprocessor_uid, 0, Uid::size});
    const auto uid = content ? Uid::from_bytes(*content) : Result<Uid>{content.failure()};
    return uid ? uid : Result<Uid>{uid.failure("read the coprocessor UID E0C2")};
}

}  // namespace trustx
