// SPDX-License-Identifier: Apache-2.0
// The coprocessor UID, object E0C2. Source: chip-objects.md section 6.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/export.hpp>
#include <trustx/result.hpp>

#include <array>
#include <cstdint>
#include <string>

namespace trustx {

// Uid identifies one chip: 27 bytes, unique and read-only.
struct TRUSTX_EXPORT Uid {
    static constexpr std::size_t size = 27;
    std::array<std::uint8_t, size> bytes{};

    // from_bytes takes exactly 27 bytes. Error: Errc::response_malformed.
    static Result<Uid> from_bytes(ByteView bytes);

    [[nodiscard]] std::string hex() const { return to_hex(bytes); }
    // firmware_build is the build in the form of Infineon's release notes: "1.40.1118" for build 1118 of firmware
    // 80101071.
    [[nodiscard]] std::string firmware_build() const;

    friend bool operator==(const Uid&, const Uid&) = default;
};

}  // namespace trustx
