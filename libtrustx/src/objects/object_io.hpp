// SPDX-License-Identifier: Apache-2.0
// Whole objects in slices.
#pragma once

#include "objects/object_commands.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace trustx {

// check_fit says whether that many bytes at an offset fit: by the metadata, or by the map where it tells nothing.
Result<void> check_fit(ObjectId object, const Metadata& metadata, std::size_t offset, std::size_t size);

// ObjectIo reads and writes one object. It keeps nothing between calls.
class ObjectIo {
 public:
    ObjectIo(ObjectCommands& commands, ObjectId object) : commands_{commands}, object_{object} {}

    Result<Bytes> read();
    // check gives the object's metadata when that many bytes can be written at an offset.
    Result<Metadata> check(std::size_t offset, std::size_t size);
    Result<Bytes> read_slice(std::uint16_t offset, std::size_t length);
    Result<void> replace(ByteView data);
    Result<void> patch(std::uint16_t offset, ByteView data);

 private:
    // Range is what a write replaces, and where reading it back ends.
    struct Range {
        std::size_t offset;
        std::size_t end;
    };

    Result<Bytes> read_range(Range range, const char* verb);
    Result<void> store(Range range, ByteView data, SetDataObject::Mode first_mode);
    Result<void> write(std::size_t offset, ByteView data, SetDataObject::Mode first_mode);
    Result<void> compare(Range range, ByteView data);

    [[nodiscard]] std::string name(const char* verb) const { return std::string{verb} + " object " + object_.hex(); }

    ObjectCommands& commands_;
    ObjectId object_;
};

}  // namespace trustx
