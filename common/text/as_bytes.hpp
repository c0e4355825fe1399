// SPDX-License-Identifier: Apache-2.0
// Text as the bytes that it is made of, and back.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace trustx::text {

// as_bytes is a view of the text, which must outlive it.
inline std::span<const std::uint8_t> as_bytes(std::string_view text) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// as_text is the inverse.
inline std::string_view as_text(std::span<const std::uint8_t> bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace trustx::text
