// SPDX-License-Identifier: Apache-2.0
// The map of the chip (chip-objects.md section 1) as one table.
#include "codec/parse_number.hpp"

#include <trustx/bytes.hpp>
#include <trustx/object_id.hpp>

#include <algorithm>
#include <array>

namespace trustx {
namespace {

constexpr std::uint16_t certificate_size = 1728;
constexpr std::uint16_t trust_anchor_size = 1200;
constexpr std::uint16_t small_data_size = 100;
constexpr std::uint16_t large_data_size = 1500;
constexpr std::string_view customer_certificate = "certificate of the customer";
constexpr std::string_view customer_key = "private key of the customer";
constexpr std::string_view session_context = "volatile context: a key pair, a shared secret or a DTLS session";
constexpr std::string_view free_data = "data of the application";

using enum ObjectKind;

constexpr ObjectInfo small_data(std::uint16_t value, std::string_view name) {
    return {{value}, data, name, free_data, small_data_size};
}

constexpr std::array objects{
    ObjectInfo{{0xE0C0}, system, "life-cycle-global", "life cycle state of the chip", 1},
    ObjectInfo{{0xE0C1}, system, "security-status-global", "security status of the chip", 1},
    ObjectInfo{{0xE0C2}, system, "uid", "coprocessor UID", 27},
    ObjectInfo{{0xE0C3}, system, "sleep-activation-delay", "idle time before sleep, in milliseconds", 1},
    ObjectInfo{{0xE0C4}, system, "current-limitation", "current limit, in milliamperes", 1},
    ObjectInfo{{0xE0C5}, system, "security-event-counter", "security event counter", 1},
    ObjectInfo{{0xE0C6}, system, "max-com-buffer-size", "largest APDU, in bytes", 2},
    ObjectInfo{
        {0xE0E0}, certificate, "certificate-1", "certificate issued by Infineon for device-key-1", certificate_size},
    ObjectInfo{{0xE0E1}, certificate, "certificate-2", customer_certificate, certificate_size},
    ObjectInfo{{0xE0E2}, certificate, "certificate-3", customer_certificate, certificate_size},
    ObjectInfo{{0xE0E3}, certificate, "certificate-4", customer_certificate, certificate_size},
    ObjectInfo{
        {0xE0E8}, trust_anchor, "trust-anchor-1", "root certificate for authenticating servers", trust_anchor_size},
    ObjectInfo{{0xE0EF}, trust_anchor, "trust-anchor-8", "root certificate for platform integrity", trust_anchor_size},
    ObjectInfo{{0xE0F0}, key, "device-key-1", "private key made by Infineon, P-256, for authentication", 0},
    ObjectInfo{{0xE0F1}, key, "device-key-2", customer_key, 0},
    ObjectInfo{{0xE0F2}, key, "device-key-3", customer_key, 0},
    ObjectInfo{{0xE0F3}, key, "device-key-4", customer_key, 0},
    ObjectInfo{{0xE100}, session, "session-1", session_context, 0},
    ObjectInfo{{0xE101}, session, "session-2", session_context, 0},
    ObjectInfo{{0xE102}, session, "session-3", session_context, 0},
    ObjectInfo{{0xE103}, session, "session-4", session_context, 0},
    ObjectInfo{{0xF1C0}, system, "life-cycle-application", "life cycle state of the application", 1},
    ObjectInfo{{0xF1C1}, system, "security-status-application", "security status of the application", 1},
    ObjectInfo{{0xF1C2}, system, "last-error-code", "last error code, cleared by reading it", 1},
    small_data(0xF1D0, "data-1"),
    small_data(0xF1D1, "data-2"),
    small_data(0xF1D2, "data-3"),
    small_data(0xF1D3, "data-4"),
    small_data(0xF1D4, "data-5"),
    small_data(0xF1D5, "data-6"),
    small_data(0xF1D6, "data-7"),
    small_data(0xF1D7, "data-8"),
    small_data(0xF1D8, "data-9"),
    small_data(0xF1D9, "data-10"),
    small_data(0xF1DA, "data-11"),
    small_data(0xF1DB, "data-12"),
    small_data(0xF1DC, "data-13"),
    small_data(0xF1DD, "data-14"),
    small_data(0xF1DE, "data-15"),
    small_data(0xF1DF, "data-16"),
    ObjectInfo{{0xF1E0}, data, "data-large-1", free_data, large_data_size},
    ObjectInfo{{0xF1E1}, data, "data-large-2", free_data, large_data_size},
};

static_assert(std::ranges::is_sorted(objects, {}, &ObjectInfo::id), "describe searches by halving");

// E0F0..E0F3 and E0E0..E0E3 belong together in this order.
constexpr std::uint16_t key_to_certificate = 0xE0F0 - 0xE0E0;

}  // namespace

Result<ObjectId> ObjectId::parse(std::string_view text) {
    if (const auto* found = std::ranges::find(objects, text, &ObjectInfo::name); found != objects.end()) {
        return found->id;
    }
    const std::string_view digits = text.starts_with("0x") || text.starts_with("0X") ? text.substr(2) : text;
    if (digits.size() == 4) {
        if (const auto value = parse_hexadecimal(digits, 0xFFFF)) {
            return ObjectId{static_cast<std::uint16_t>(*value)};
        }
    }
    return fail(Errc::argument_invalid,
                "object `" + std::string{text} + "`, expected a number such as E0F1 or a name such as device-key-2");
}

std::string ObjectId::hex() const {
    return to_hex(std::array{static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)});
}

std::span<const ObjectInfo> all_objects() noexcept {
    return objects;
}

const ObjectInfo* describe(ObjectId id) noexcept {
    const auto* found = std::ranges::lower_bound(objects, id, {}, &ObjectInfo::id);
    return found != objects.end() && found->id == id ? found : nullptr;
}

std::optional<ObjectId> paired_certificate(ObjectId key) noexcept {
    if (key < object::device_key_1 || key > object::device_key_4) {
        return std::nullopt;
    }
    return ObjectId{static_cast<std::uint16_t>(key.value - key_to_certificate)};
}

std::optional<ObjectId> paired_key(ObjectId certificate) noexcept {
    if (certificate < object::certificate_1 || certificate > object::certificate_4) {
        return std::nullopt;
    }
    return ObjectId{static_cast<std::uint16_t>(certificate.value + key_to_certificate)};
}

}  // namespace trustx
