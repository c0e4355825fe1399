// SPDX-License-Identifier: Apache-2.0
#include "objects/object_io.hpp"

#include "common/try.hpp"
#include "objects/refusal.hpp"

#include <algorithm>
#include <limits>

namespace trustx {
namespace {

constexpr std::size_t largest_object = std::numeric_limits<std::uint16_t>::max();

}  // namespace

Result<void> check_fit(ObjectId object, const Metadata& metadata, std::size_t offset, std::size_t size) {
    const ObjectInfo* info = describe(object);
    const std::size_t capacity = metadata.max_size.value_or(info != nullptr ? info->max_size : 0);
    if (size == 0) {
        return fail(Errc::argument_invalid, "no bytes to write");
    }
    if (object == object::life_cycle_global || object == object::life_cycle_application) {
        // What cannot be undone has functions that do nothing else.
        return fail(Errc::argument_invalid, "a life cycle state is raised, not written (trustx/life_cycle.hpp)");
    }
    if (offset > capacity || size > capacity - offset) {
        return fail(Errc::argument_invalid, std::to_string(size) + " bytes at offset " + std::to_string(offset) +
                                                " do not fit, the object takes " + std::to_string(capacity));
    }
    return {};
}

Result<Bytes> ObjectIo::read() {
    return read_range({0, largest_object}, "read");
}

Result<Bytes> ObjectIo::read_slice(std::uint16_t offset, std::size_t length) {
    TRY(auto content, read_range({offset, offset + std::min(length, largest_object - offset)}, "read"));
    if (content.empty() && length > 0 && offset > 0) {
        return fail(ChipError::data_object_boundary_exceeded,
                    name("read") + " from offset " + std::to_string(offset) + " on");
    }
    return content;
}

Result<void> ObjectIo::replace(ByteView data) {
    return store({0, largest_object}, data, SetDataObject::Mode::erase_and_write);
}

Result<void> ObjectIo::patch(std::uint16_t offset, ByteView data) {
    return store({offset, offset + data.size()}, data, SetDataObject::Mode::write);
}

// The chip clips a slice at the used size, so a short slice is the last one; a slice that would begin there is an
// error to the chip, and so may be the first slice of an object without content (chip-commands.md section 6.2).
Result<Bytes> ObjectIo::read_range(Range range, const char* verb) {
    Bytes content;
    while (range.offset < range.end) {
        const auto length =
            static_cast<std::uint16_t>(std::min<std::size_t>(GetDataObject::max_length, range.end - range.offset));
        const auto slice = commands_.run(GetDataObject{object_, static_cast<std::uint16_t>(range.offset), length});
        if (!slice && slice.error() == ChipError::data_object_boundary_exceeded) {
            break;
        }
        if (!slice) {
            return tl::unexpected{explained(commands_, object_, AccessKind::read, slice.error(), name(verb))};
        }
        content.insert(content.end(), slice->begin(), slice->end());
        if (slice->size() < length) {
            break;
        }
        range.offset += slice->size();
    }
    return content;
}

Result<Metadata> ObjectIo::check(std::size_t offset, std::size_t size) {
    TRY(auto metadata, commands_.run(GetMetadata{object_}).during(name("write")));
    TRYV(check_fit(object_, metadata, offset, size).during(name("write")));
    return metadata;
}

Result<void> ObjectIo::store(Range range, ByteView data, SetDataObject::Mode first_mode) {
    TRY(const auto metadata, check(range.offset, data.size()));
    TRYV(write(range.offset, data, first_mode));
    return never_allows(metadata.read_access) ? Result<void>{} : compare(range, data);
}

Result<void> ObjectIo::write(std::size_t offset, ByteView data, SetDataObject::Mode first_mode) {
    SetDataObject::Mode mode = first_mode;
    for (std::size_t done = 0; done < data.size();) {
        const ByteView slice = data.subspan(done, std::min(SetDataObject::max_data, data.size() - done));
        const std::string progress =
            done == 0 ? ""
                      : ", interrupted after " + std::to_string(done) + " of " + std::to_string(data.size()) + " bytes";
        const auto written =
            commands_.run(SetDataObject{object_, static_cast<std::uint16_t>(offset + done), slice, mode});
        if (!written) {
            return tl::unexpected{
                explained(commands_, object_, AccessKind::change, written.error(), name("write") + progress)};
        }
        done += slice.size();
        mode = SetDataObject::Mode::write;
    }
    return {};
}

Result<void> ObjectIo::compare(Range range, ByteView data) {
    TRY(const auto content, read_range(range, "read back"));
    return std::ranges::equal(content, data) ? Result<void>{} : fail(Errc::verify_mismatch, name("write"));
}

}  // namespace trustx
