// SPDX-License-Identifier: Apache-2.0
#include "model/chip/state_image.hpp"

#include "model/crypto/sha256.hpp"

#include <charconv>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace trustx::sim {

namespace {

using nlohmann::json;

constexpr std::string_view format_name = "trustx-sim nvm";
constexpr int format_version = 1;

constexpr std::array<std::pair<ObjectKind, std::string_view>, 4> kind_names{{{ObjectKind::data, "data"},
                                                                             {ObjectKind::system, "system"},
                                                                             {ObjectKind::private_key, "private key"},
                                                                             {ObjectKind::session, "session"}}};

std::string name_of(ObjectKind kind) {
    for (const auto& [value, name] : kind_names) {
        if (value == kind) {
            return std::string{name};
        }
    }
    throw std::logic_error("object kind without a name");
}

ObjectKind kind_of(const std::string& text) {
    for (const auto& [value, name] : kind_names) {
        if (name == text) {
            return value;
        }
    }
    throw std::invalid_argument("unknown kind of object \"" + text + "\"");
}

std::string name_of(ObjectId id) {
    Bytes bytes;
    append_u16(bytes, static_cast<std::uint16_t>(id));
    return to_hex(bytes);
}

Bytes hex_field(const json& object, const char* field) {
    const auto bytes = from_hex(object.at(field).get<std::string>());
    if (!bytes) {
        throw std::invalid_argument(std::string{field} + " is not hexadecimal");
    }
    return *bytes;
}

ObjectId id_of(const std::string& text) {
    const auto bytes = from_hex(text);
    if (!bytes || bytes->size() != 2) {
        throw std::invalid_argument("\"" + text + "\" is not an object identifier");
    }
    return static_cast<ObjectId>(ByteReader(*bytes).u16());
}

json encode(const Object& object) {
    return {{"kind", name_of(object.kind)},
            {"metadata", to_hex(encode(object.metadata, object.content.size()))},
            {"content", to_hex(object.content)}};
}

Object decode_object(const json& encoded) {
    Object object;
    object.kind = kind_of(encoded.at("kind").get<std::string>());
    const auto metadata = decode_metadata(hex_field(encoded, "metadata"));
    if (!metadata) {
        throw std::invalid_argument("metadata is malformed");
    }
    object.metadata = *metadata;
    object.content = hex_field(encoded, "content");
    return object;
}

json encode_chip(const ChipState& state) {
    json objects = json::object();
    for (const auto& [id, object] : state.objects) {
        objects[name_of(id)] = encode(object);
    }
    return {{"profile", state.profile},
            {"i2c_address", state.i2c_address},
            {"i2c_mode", state.i2c_mode},
            {"context_key", to_hex(state.context_key)},
            {"ca_certificate", to_hex(state.ca_certificate)},
            {"objects", objects}};
}

// The rest of the chip relies on these.
void require_system_objects(const ChipState& state) {
    for (const auto id : {ObjectId::lcs_global, ObjectId::security_status_global, ObjectId::sleep_activation_delay,
                          ObjectId::current_limit, ObjectId::security_event_counter, ObjectId::lcs_application,
                          ObjectId::security_status_application, ObjectId::last_error}) {
        const Object* object = state.find(id);
        if (object == nullptr || object->content.size() != 1) {
            throw std::invalid_argument("object " + name_of(id) + " is missing or of the wrong size");
        }
    }
}

ChipState decode_chip(const json& chip) {
    ChipState state;
    state.profile = chip.at("profile").get<std::string>();
    state.i2c_address = chip.at("i2c_address").get<std::uint8_t>();
    state.i2c_mode = chip.at("i2c_mode").get<std::uint8_t>();
    const Bytes key = hex_field(chip, "context_key");
    if (key.size() != state.context_key.size()) {
        throw std::invalid_argument("context_key has the wrong size");
    }
    std::copy(key.begin(), key.end(), state.context_key.begin());
    state.ca_certificate = hex_field(chip, "ca_certificate");
    for (const auto& [name, object] : chip.at("objects").items()) {
        state.objects.emplace(id_of(name), decode_object(object));
    }
    require_system_objects(state);
    return state;
}

std::string checksum(const json& chip) {
    return to_hex(Sha256::of(to_bytes(chip.dump())));
}

}  // namespace

std::string encode_image(const ChipState& state) {
    const json chip = encode_chip(state);
    const json image{{"format", format_name}, {"version", format_version}, {"sha256", checksum(chip)}, {"chip", chip}};
    return image.dump(1) + "\n";
}

Result<ChipState> decode_image(const std::string& image) {
    const json root = json::parse(image, nullptr, false);
    if (!root.is_object() || root.value("format", json()) != json(format_name)) {
        return fail("is not an NVM file of trustx-sim, or is cut off");
    }
    if (root.value("version", json()) != json(format_version)) {
        return fail("has NVM format version " + root.value("version", json()).dump() +
                    "; this trustx-sim reads version " + std::to_string(format_version));
    }
    const json chip = root.value("chip", json());
    if (root.value("sha256", json()) != json(checksum(chip))) {
        return fail("is damaged: its checksum does not match its content");
    }
    try {
        return decode_chip(chip);
    } catch (const std::exception& error) {
        return fail(std::string{"is damaged: "} + error.what());
    }
}

}  // namespace trustx::sim
