// SPDX-License-Identifier: Apache-2.0
// SetDataObject: data, with and without erasing first, and metadata (chip-commands.md section 6.3).
#include "common/try.hpp"
#include "model/command/command.hpp"

#include <algorithm>

namespace trustx::sim {

namespace {

constexpr std::uint8_t set_data_object_param_write = 0x00;
constexpr std::uint8_t set_data_object_param_metadata = 0x01;
constexpr std::uint8_t set_data_object_param_erase_and_write = 0x40;

constexpr std::size_t header_size = 4;  // OID and offset
// Objects up to this size are written as a whole or not at all: one page of memory, which is our choice. Known is only
// that certificates are not written atomically (section 6.3).
constexpr std::size_t largest_atomic_object = 0x100;

Outcome<Bytes> write_metadata(Object& object, std::size_t offset, ByteView request) {
    if (offset != 0) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    TRY(auto result, changed(object.metadata, request, object.content.size()));
    object.metadata = result;
    return Bytes{};
}

// raise moves LcsG or LcsA upward (chip-objects.md section 4).
Outcome<Bytes> raise(std::uint8_t& state, std::uint8_t wanted, bool may_terminate) {
    if (!is_life_cycle(wanted) || (wanted == static_cast<std::uint8_t>(LifeCycle::termination) && !may_terminate)) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    if (wanted < state) {
        return fail(ErrorCode::access_conditions_not_satisfied);
    }
    state = wanted;
    return Bytes{};
}

Outcome<Bytes> set_in_range(std::uint8_t& value, std::uint8_t wanted, std::uint8_t lowest, std::uint8_t highest) {
    if (wanted < lowest || wanted > highest) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    value = wanted;
    return Bytes{};
}

// The objects with their own rules (chip-objects.md sections 1.1, 4 and 8); all that can be changed are one byte.
Outcome<Bytes> write_system_object(ObjectId id, Object& object, std::size_t offset, ByteView data) {
    if (offset + data.size() > object.content.size()) {
        return fail(ErrorCode::object_boundary_exceeded);
    }
    if (data.empty()) {
        return fail(ErrorCode::invalid_length);
    }
    std::uint8_t& value = object.content[0];
    switch (id) {
        case ObjectId::lcs_global:
            return raise(value, data[0], true);
        case ObjectId::lcs_application:
            return raise(value, data[0], false);
        case ObjectId::security_status_global:
        case ObjectId::security_status_application:
            value &= data[0];
            return Bytes{};
        case ObjectId::sleep_activation_delay:
            return set_in_range(value, data[0], 20, 255);
        case ObjectId::current_limit:
            return set_in_range(value, data[0], 6, 15);
        default:
            return fail(ErrorCode::access_conditions_not_satisfied);
    }
}

Outcome<Bytes> write_data(Object& object, std::size_t offset, ByteView data, bool erase) {
    if (offset + data.size() > object.capacity()) {
        return fail(ErrorCode::object_boundary_exceeded);
    }
    Bytes content = erase ? Bytes{} : object.content;
    content.resize(std::max(content.size(), offset + data.size()), 0);
    std::copy(data.begin(), data.end(), content.begin() + static_cast<std::ptrdiff_t>(offset));
    object.content = std::move(content);
    return Bytes{};
}

}  // namespace

Outcome<Bytes> set_data_object(CommandContext& context, const Request& request) {
    const bool known_param = request.param == set_data_object_param_write ||
                             request.param == set_data_object_param_metadata ||
                             request.param == set_data_object_param_erase_and_write;
    if (!known_param) {
        return fail(ErrorCode::invalid_param);
    }
    ByteReader reader{request.data};
    const auto id = static_cast<ObjectId>(reader.u16());
    const std::size_t offset = reader.u16();
    const ByteView data = reader.rest();
    if (reader.failed()) {
        return fail(ErrorCode::invalid_length);
    }
    Object* object = context.chip.find(id);
    if (object == nullptr) {
        return fail(ErrorCode::invalid_oid);
    }
    if (request.param == set_data_object_param_metadata) {
        return write_metadata(*object, offset, data);
    }
    const bool writable_kind = object->kind == ObjectKind::data || object->kind == ObjectKind::system;
    if (!writable_kind || !context.chip.permits(object->metadata.change, *object)) {
        return fail(ErrorCode::access_conditions_not_satisfied);
    }
    if (object->kind == ObjectKind::system) {
        return write_system_object(id, *object, offset, data);
    }
    return write_data(*object, offset, data, request.param == set_data_object_param_erase_and_write);
}

std::optional<Bytes> torn_set_data_object(const ChipState& chip, const Request& request, double share) {
    const Object* object = chip.find(static_cast<ObjectId>(ByteReader(request.data).u16()));
    const bool tears = object != nullptr && object->kind == ObjectKind::data &&
                       object->capacity() > largest_atomic_object && request.param != set_data_object_param_metadata;
    if (!tears) {
        return std::nullopt;
    }
    const std::size_t size = request.data.size() - header_size;
    const auto written = std::min(size, static_cast<std::size_t>(share * static_cast<double>(size)));
    if (written == 0 && request.param == set_data_object_param_write) {
        return std::nullopt;
    }
    return to_bytes(request.data.first(header_size + written));
}

}  // namespace trustx::sim
