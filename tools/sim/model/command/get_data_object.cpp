// SPDX-License-Identifier: Apache-2.0
// GetDataObject: data and metadata (chip-commands.md section 6.2).
#include "common/try.hpp"
#include "model/command/command.hpp"

#include <algorithm>

namespace trustx::sim {

namespace {

constexpr std::uint8_t get_data_object_param_data = 0x00;
constexpr std::uint8_t get_data_object_param_metadata = 0x01;

Outcome<Bytes> read_metadata(const Object& object, const ByteReader& reader) {
    if (!reader.complete()) {
        return fail(ErrorCode::invalid_length);
    }
    return encode(object.metadata, object.content.size());
}

struct Range {
    std::size_t offset = 0;
    std::size_t length = SIZE_MAX;
};

Outcome<Range> read_range(ByteReader& reader) {
    Range range;
    if (reader.left() > 0) {
        range.offset = reader.u16();
        range.length = reader.u16();
    }
    if (!reader.complete()) {
        return fail(ErrorCode::invalid_length);
    }
    return range;
}

Bytes take_last_error(ApplicationState& application) {
    const auto code = static_cast<std::uint8_t>(application.last_error);
    application.last_error = ErrorCode::none;
    return {code};
}

Outcome<Bytes> slice(const Bytes& content, const Range& range) {
    // An empty object reads as nothing; whether the chip says 08 instead is not known.
    const bool whole_of_empty = range.offset == 0 && content.empty();
    if (range.offset >= content.size() && !whole_of_empty) {
        return fail(ErrorCode::object_boundary_exceeded);
    }
    const std::size_t length = std::min(range.length, content.size() - range.offset);
    if (length > max_data_size) {
        return fail(ErrorCode::insufficient_memory);
    }
    return to_bytes(ByteView{content}.subspan(range.offset, length));
}

}  // namespace

Outcome<Bytes> get_data_object(CommandContext& context, const Request& request) {
    if (request.param != get_data_object_param_data && request.param != get_data_object_param_metadata) {
        return fail(ErrorCode::invalid_param);
    }
    ByteReader reader{request.data};
    const auto id = static_cast<ObjectId>(reader.u16());
    if (reader.failed()) {
        return fail(ErrorCode::invalid_length);
    }
    const Object* object = context.chip.find(id);
    if (object == nullptr) {
        return fail(ErrorCode::invalid_oid);
    }
    if (request.param == get_data_object_param_metadata) {
        return read_metadata(*object, reader);
    }
    TRY(const auto range, read_range(reader));
    // Keys and sessions cannot be read, whatever their metadata says.
    const bool readable_kind = object->kind == ObjectKind::data || object->kind == ObjectKind::system;
    if (!readable_kind || !context.chip.permits(object->metadata.read, *object)) {
        return fail(ErrorCode::access_conditions_not_satisfied);
    }
    if (id == ObjectId::last_error) {
        return range.offset == 0 ? slice(take_last_error(context.application), range)
                                 : fail(ErrorCode::object_boundary_exceeded);
    }
    return slice(object->content, range);
}

}  // namespace trustx::sim
