// SPDX-License-Identifier: Apache-2.0
// The chip's names: object identifiers, commands, codes. Numbers from chip-commands.md and chip-objects.md.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trustx::sim {

// ObjectId is an OID of chip-objects.md section 1.
enum class ObjectId : std::uint16_t {
    lcs_global = 0xE0C0,
    security_status_global = 0xE0C1,
    uid = 0xE0C2,
    sleep_activation_delay = 0xE0C3,
    current_limit = 0xE0C4,
    security_event_counter = 0xE0C5,
    max_communication_buffer = 0xE0C6,
    certificate_1 = 0xE0E0,
    certificate_4 = 0xE0E3,
    trust_anchor_1 = 0xE0E8,
    trust_anchor_8 = 0xE0EF,
    key_1 = 0xE0F0,
    key_4 = 0xE0F3,
    session_1 = 0xE100,
    session_4 = 0xE103,
    lcs_application = 0xF1C0,
    security_status_application = 0xF1C1,
    last_error = 0xF1C2,
    data_first = 0xF1D0,
    data_last = 0xF1DF,
    large_data_first = 0xF1E0,
    large_data_last = 0xF1E1,
};

constexpr bool between(ObjectId first, ObjectId id, ObjectId last) {
    return first <= id && id <= last;
}
constexpr bool is_session(ObjectId id) {
    return between(ObjectId::session_1, id, ObjectId::session_4);
}
constexpr bool is_key(ObjectId id) {
    return between(ObjectId::key_1, id, ObjectId::key_4);
}

// Opcode is the Cmd byte without bit 7 (chip-commands.md section 2).
enum class Opcode : std::uint8_t {
    get_data_object = 0x01,
    set_data_object = 0x02,
    get_random = 0x0C,
    set_auth_scheme = 0x10,
    get_auth_msg = 0x18,
    set_auth_msg = 0x19,
    proc_up_link_msg = 0x1A,
    proc_down_link_msg = 0x1B,
    calc_hash = 0x30,
    calc_sign = 0x31,
    verify_sign = 0x32,
    calc_ssec = 0x33,
    derive_key = 0x34,
    gen_key_pair = 0x38,
    open_application = 0x70,
};

// ErrorCode is the content of object F1C2 (chip-commands.md section 3).
enum class ErrorCode : std::uint8_t {
    none = 0x00,
    invalid_oid = 0x01,
    invalid_param = 0x03,
    invalid_length = 0x04,
    invalid_parameter_in_data = 0x05,
    internal_process_error = 0x06,
    access_conditions_not_satisfied = 0x07,
    object_boundary_exceeded = 0x08,
    metadata_truncation = 0x09,
    invalid_command = 0x0A,
    command_out_of_sequence = 0x0B,
    command_not_available = 0x0C,
    insufficient_memory = 0x0D,
    invalid_handshake_message = 0x21,
    version_mismatch = 0x22,
    unsupported_cipher_suite = 0x23,
    unsupported_key_usage_or_algorithm = 0x24,  // or an extension
    unsupported_parameters = 0x25,
    invalid_trust_anchor = 0x26,
    trust_anchor_expired = 0x27,
    unsupported_trust_anchor = 0x28,
    invalid_certificate_format = 0x29,
    unsupported_certificate = 0x2A,
    certificate_expired = 0x2B,
    signature_verification_failed = 0x2C,
};

// Life cycle states, for the chip (LcsG), its application (LcsA) and each object (LcsO); chip-objects.md section 4.
enum class LifeCycle : std::uint8_t { creation = 0x01, initialisation = 0x03, operational = 0x07, termination = 0x0F };

constexpr bool is_life_cycle(std::uint8_t value) {
    return value == 0x01 || value == 0x03 || value == 0x07 || value == 0x0F;
}

enum class Curve : std::uint8_t { p256 = 0x03, p384 = 0x04 };

constexpr bool is_curve(std::uint8_t value) {
    return value == 0x03 || value == 0x04;
}
// field_size is the number of bytes of a coordinate, a private key, and of each half of a signature.
constexpr std::size_t field_size(Curve curve) {
    return curve == Curve::p256 ? 32 : 48;
}

// Key usage bits (chip-commands.md section 4).
namespace usage {
constexpr std::uint8_t auth = 0x01;
constexpr std::uint8_t sign = 0x10;
constexpr std::uint8_t key_agree = 0x20;
constexpr std::uint8_t all = 0x01 | 0x02 | 0x04 | 0x08 | 0x10 | 0x20;
// valid: at least one usage, and none that the chip does not know.
constexpr bool legal(std::uint8_t mask) {
    return mask != 0 && (mask & ~all & 0xFF) == 0;
}
}  // namespace usage

// Sizes of chip-commands.md section 1.
constexpr std::size_t max_apdu_size = 0x0615;
constexpr std::size_t apdu_header_size = 4;
constexpr std::size_t max_data_size = max_apdu_size - apdu_header_size;

}  // namespace trustx::sim
