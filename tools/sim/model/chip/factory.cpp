// SPDX-License-Identifier: Apache-2.0
#include "model/chip/factory.hpp"

#include "model/chip/certificate.hpp"

#include <algorithm>
#include <array>

namespace trustx::sim {

namespace {

constexpr std::array<Profile, 3> profiles{{
    {"A", "CD16335601001C000500000A0784D700050080008E801010701048", 0x58},
    {"B", "CD16335601001C000500000A0784D7000500470087801010701048", 0x30},
    {"C", "CD16336B01001C000100000A085255000A005C0046801010711118", 0x30},
}};

const Bytes always{access::always};
const Bytes never{access::never};
// LcsO < operational
const Bytes until_operational{0xE1, 0xFC, 0x07};

constexpr std::uint16_t certificate_size = 0x06C0;
constexpr std::uint16_t trust_anchor_size = 0x04B0;
constexpr std::uint16_t data_size = 0x0064;
constexpr std::uint16_t large_data_size = 0x05DC;

Object system_object(Bytes content, std::optional<Bytes> change) {
    Object object;
    object.kind = ObjectKind::system;
    object.metadata.max_size = static_cast<std::uint16_t>(content.size());
    object.metadata.change = std::move(change);
    object.metadata.read = always;
    object.content = std::move(content);
    return object;
}

Object data_object(std::uint16_t size, const Bytes& change, Bytes content) {
    Object object;
    object.metadata.life_cycle = LifeCycle::creation;
    object.metadata.max_size = size;
    object.metadata.shows_used_size = true;
    object.metadata.change = change;
    object.metadata.read = always;
    object.content = std::move(content);
    return object;
}

// Unused objects come zero-filled to their full size (chip-objects.md section 1.5).
Object unused_object(std::uint16_t size) {
    return data_object(size, until_operational, Bytes(size, 0));
}

Object empty_key() {
    Object object;
    object.kind = ObjectKind::private_key;
    object.metadata.life_cycle = LifeCycle::creation;
    object.metadata.change = until_operational;
    return object;
}

Object session_object() {
    Object object;
    object.kind = ObjectKind::session;
    object.metadata.change = never;
    object.metadata.read = never;
    return object;
}

void fill(ChipState& state, ObjectId first, ObjectId last, const Object& object) {
    for (auto id = static_cast<unsigned>(first); id <= static_cast<unsigned>(last); ++id) {
        state.objects[static_cast<ObjectId>(id)] = object;
    }
}

void add_system_objects(ChipState& state, const Profile& profile) {
    constexpr auto operational = static_cast<std::uint8_t>(LifeCycle::operational);
    constexpr auto creation = static_cast<std::uint8_t>(LifeCycle::creation);
    auto& objects = state.objects;
    objects[ObjectId::lcs_global] = system_object({operational}, always);
    objects[ObjectId::security_status_global] = system_object({0x00}, always);
    objects[ObjectId::uid] = system_object(from_hex(profile.uid).value(), never);
    objects[ObjectId::sleep_activation_delay] = system_object({20}, always);
    objects[ObjectId::current_limit] = system_object({6}, always);
    objects[ObjectId::security_event_counter] = system_object({0x00}, never);
    objects[ObjectId::max_communication_buffer] = system_object({0x06, 0x15}, std::nullopt);
    objects[ObjectId::lcs_application] = system_object({creation}, always);
    objects[ObjectId::security_status_application] = system_object({0x00}, always);
    objects[ObjectId::last_error] = system_object({0x00}, never);
}

void add_user_objects(ChipState& state) {
    fill(state, ObjectId::certificate_1, ObjectId::certificate_4, unused_object(certificate_size));
    state.objects[ObjectId::trust_anchor_1] = unused_object(trust_anchor_size);
    state.objects[ObjectId::trust_anchor_8] = unused_object(trust_anchor_size);
    fill(state, ObjectId::key_1, ObjectId::key_4, empty_key());
    fill(state, ObjectId::session_1, ObjectId::session_4, session_object());
    fill(state, ObjectId::data_first, ObjectId::data_last, unused_object(data_size));
    fill(state, ObjectId::large_data_first, ObjectId::large_data_last, unused_object(large_data_size));
}

void add_identity(ChipState& state, Crypto& crypto) {
    const KeyPair device = crypto.generate(Curve::p256);
    Object& key = state.objects[ObjectId::key_1];
    key.metadata.change = never;
    key.metadata.algorithm = static_cast<std::uint8_t>(Curve::p256);
    key.metadata.key_usage = usage::auth;
    key.content = device.scalar;
    const IssuedCertificate issued = issue_certificate(crypto, device.point);
    state.objects[ObjectId::certificate_1] = data_object(certificate_size, never, tls_identity(issued.device));
    state.ca_certificate = issued.ca;
}

}  // namespace

const Profile* find_profile(std::string_view name) {
    const auto found =
        std::find_if(profiles.begin(), profiles.end(), [&](const Profile& profile) { return profile.name == name; });
    return found == profiles.end() ? nullptr : &*found;
}

ChipState make_chip(const Profile& profile, Crypto& crypto) {
    ChipState state;
    state.profile = profile.name;
    state.i2c_address = profile.i2c_address;
    const Bytes context_key = crypto.random(state.context_key.size());
    std::copy(context_key.begin(), context_key.end(), state.context_key.begin());
    add_system_objects(state, profile);
    add_user_objects(state);
    add_identity(state, crypto);
    return state;
}

}  // namespace trustx::sim
