// SPDX-License-Identifier: Apache-2.0
// Whole objects in slices, over anything that runs commands: a LockedDevice, or in tests an object in memory.
#pragma once

#include "common/try.hpp"

#include <trustx/commands.hpp>
#include <trustx/result.hpp>

#include <algorithm>
#include <concepts>
#include <limits>
#include <string>

namespace trustx {

template <class Runner>
concept CommandRunner = requires(Runner& runner, GetDataObject get, GetMetadata metadata, SetDataObject set) {
    { runner.run(get) } -> std::same_as<Result<Bytes>>;
    { runner.run(metadata) } -> std::same_as<Result<Metadata>>;
    { runner.run(set) } -> std::same_as<Result<NoResponse>>;
};

// ObjectIo reads and writes one object. It keeps nothing between calls.
template <CommandRunner Runner>
class ObjectIo {
 public:
    ObjectIo(Runner& runner, ObjectId object) : runner_{runner}, object_{object} {}

    Result<Bytes> read();
    Result<Bytes> read_slice(std::uint16_t offset, std::size_t length);
    Result<void> replace(ByteView data);
    Result<void> patch(std::uint16_t offset, ByteView data);

 private:
    static constexpr std::size_t largest_object = std::numeric_limits<std::uint16_t>::max();

    Result<Bytes> read_range(std::size_t offset, std::size_t end);
    Result<bool> check_fit(std::size_t offset, std::size_t size);
    Result<void> write(std::size_t offset, ByteView data, SetDataObject::Mode first_mode);
    Result<void> compare(const Result<Bytes>& content, ByteView data) const;

    [[nodiscard]] std::string name(const char* verb) const { return std::string{verb} + " object " + object_.hex(); }

    Runner& runner_;
    ObjectId object_;
};

template <CommandRunner Runner>
Result<Bytes> ObjectIo<Runner>::read() {
    auto content = read_range(0, largest_object);
    return content ? content : Result<Bytes>{content.failure(name("read"))};
}

template <CommandRunner Runner>
Result<Bytes> ObjectIo<Runner>::read_slice(std::uint16_t offset, std::size_t length) {
    auto content = read_range(offset, offset + std::min(length, largest_object - offset));
    if (content && content->empty() && length > 0 && offset > 0) {
        return fail(ChipError::data_object_boundary_exceeded,
                    name("read") + " from offset " + std::to_string(offset) + " on");
    }
    return content ? content : Result<Bytes>{content.failure(name("read"))};
}

// The chip clips a slice at the used size, so a short slice is the last one; a slice that would begin there is an
// error to the chip, and so may be the first slice of an object without content (chip-commands.md section 6.2).
template <CommandRunner Runner>
Result<Bytes> ObjectIo<Runner>::read_range(std::size_t offset, std::size_t end) {
    Bytes content;
    while (offset < end) {
        const auto length = static_cast<std::uint16_t>(std::min<std::size_t>(GetDataObject::max_length, end - offset));
        const auto slice = runner_.run(GetDataObject{object_, static_cast<std::uint16_t>(offset), length});
        if (!slice && slice.error() == ChipError::data_object_boundary_exceeded) {
            break;
        }
        if (!slice) {
            return slice.failure();
        }
        content.insert(content.end(), slice->begin(), slice->end());
        if (slice->size() < length) {
            break;
        }
        offset += slice->size();
    }
    return content;
}

template <CommandRunner Runner>
Result<void> ObjectIo<Runner>::replace(ByteView data) {
    const auto readable = check_fit(0, data.size());
    if (!readable) {
        return readable.failure(name("write"));
    }
    if (auto written = write(0, data, SetDataObject::Mode::erase_and_write); !written || !*readable) {
        return written;
    }
    return compare(read_range(0, largest_object), data);
}

template <CommandRunner Runner>
Result<void> ObjectIo<Runner>::patch(std::uint16_t offset, ByteView data) {
    const auto readable = check_fit(offset, data.size());
    if (!readable) {
        return readable.failure(name("write"));
    }
    if (auto written = write(offset, data, SetDataObject::Mode::write); !written || !*readable) {
        return written;
    }
    return compare(read_range(offset, offset + data.size()), data);
}

// check_fit asks the chip for the size of the object, and says whether it can ever be read back.
template <CommandRunner Runner>
Result<bool> ObjectIo<Runner>::check_fit(std::size_t offset, std::size_t size) {
    TRY(const auto metadata, runner_.run(GetMetadata{object_}));
    const ObjectInfo* info = describe(object_);
    const std::size_t room = metadata.max_size.value_or(info != nullptr ? info->max_size : 0);
    if (size == 0) {
        return fail(Errc::argument_invalid, "no bytes to write");
    }
    if (object_ == object::life_cycle_global || object_ == object::life_cycle_application) {
        // What nothing can take back has functions of its own.
        return fail(Errc::argument_invalid, "a life cycle state is raised, not written (trustx/life_cycle.hpp)");
    }
    if (offset > room || size > room - offset) {
        return fail(Errc::argument_invalid, std::to_string(size) + " bytes at offset " + std::to_string(offset) +
                                                ", the object holds " + std::to_string(room));
    }
    return explain_access(metadata.read_access) != "never";
}

template <CommandRunner Runner>
Result<void> ObjectIo<Runner>::write(std::size_t offset, ByteView data, SetDataObject::Mode first_mode) {
    SetDataObject::Mode mode = first_mode;
    for (std::size_t done = 0; done < data.size();) {
        const ByteView slice = data.subspan(done, std::min(SetDataObject::max_data, data.size() - done));
        const auto answer = runner_.run(SetDataObject{object_, static_cast<std::uint16_t>(offset + done), slice, mode});
        if (!answer && done > 0) {
            return answer.failure(name("write") + ", interrupted after " + std::to_string(done) + " of " +
                                  std::to_string(data.size()) + " bytes");
        }
        if (!answer) {
            return answer.failure(name("write"));
        }
        done += slice.size();
        mode = SetDataObject::Mode::write;
    }
    return {};
}

template <CommandRunner Runner>
Result<void> ObjectIo<Runner>::compare(const Result<Bytes>& content, ByteView data) const {
    if (!content) {
        return content.failure(name("read back"));
    }
    if (!std::ranges::equal(*content, data)) {
        return fail(Errc::verify_mismatch, name("write"));
    }
    return {};
}

}  // namespace trustx
