// SPDX-License-Identifier: Apache-2.0
// The chip's map: 16-bit object ids and their names. Source: chip-objects.md section 1.
#pragma once

#include <trustx/export.hpp>
#include <trustx/result.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace trustx {

// ObjectId names one object of the chip.
struct TRUSTX_EXPORT ObjectId {
    std::uint16_t value = 0;

    // parse reads `E0F1`, `0xE0F1`, or a name such as `device-key-2`. Error: Errc::argument_invalid.
    static Result<ObjectId> parse(std::string_view text);

    // hex is the number as the chip's documents write it: `E0F1`.
    [[nodiscard]] std::string hex() const;

    friend auto operator<=>(ObjectId, ObjectId) = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 errs
};

enum class ObjectKind : std::uint8_t { system, certificate, trust_anchor, key, session, data };

// ObjectInfo describes an object of the map, whether the chip answers or not.
struct ObjectInfo {
    ObjectId id;
    ObjectKind kind;
    std::string_view name;     // accepted by ObjectId::parse
    std::string_view purpose;  // in words
    std::uint16_t max_size;    // bytes; 0 where the object has no readable content
};

// all_objects lists the map in ascending order of id.
TRUSTX_EXPORT std::span<const ObjectInfo> all_objects() noexcept;

// describe finds an object of the map; nothing for an id the chip does not have.
TRUSTX_EXPORT const ObjectInfo* describe(ObjectId id) noexcept;

// paired_certificate is the certificate object that belongs to a key object by convention (E0F1: E0E1),
// paired_key the inverse.
TRUSTX_EXPORT std::optional<ObjectId> paired_certificate(ObjectId key) noexcept;
TRUSTX_EXPORT std::optional<ObjectId> paired_key(ObjectId certificate) noexcept;

namespace object {
inline constexpr ObjectId life_cycle_global{0xE0C0};
inline constexpr ObjectId security_status_global{0xE0C1};
inline constexpr ObjectId coprocessor_uid{0xE0C2};
inline constexpr ObjectId sleep_activation_delay{0xE0C3};
inline constexpr ObjectId current_limitation{0xE0C4};
inline constexpr ObjectId security_event_counter{0xE0C5};
inline constexpr ObjectId max_com_buffer_size{0xE0C6};
inline constexpr ObjectId certificate_1{0xE0E0};
inline constexpr ObjectId certificate_4{0xE0E3};
inline constexpr ObjectId trust_anchor_1{0xE0E8};
inline constexpr ObjectId trust_anchor_8{0xE0EF};
inline constexpr ObjectId device_key_1{0xE0F0};
inline constexpr ObjectId device_key_4{0xE0F3};
inline constexpr ObjectId session_1{0xE100};
inline constexpr ObjectId session_4{0xE103};
inline constexpr ObjectId life_cycle_application{0xF1C0};
inline constexpr ObjectId security_status_application{0xF1C1};
inline constexpr ObjectId last_error_code{0xF1C2};
}  // namespace object

}  // namespace trustx
