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
    if (!content) {
        return content.failure("read the coprocessor UID");
    }
    return Uid::from_bytes(*content);
}

}  // namespace trustx
