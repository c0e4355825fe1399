// SPDX-License-Identifier: Apache-2.0
#include "codec/utf8.hpp"

#include <cstddef>
#include <cstdint>

namespace trustx {
namespace {

// A leading byte's pattern says how many bytes follow and how many bits it brings (RFC 3629 section 3).
struct Sequence {
    std::uint8_t mask;
    std::uint8_t pattern;
    std::uint8_t following;
    std::uint32_t smallest;  // a smaller value has a shorter form
};
constexpr Sequence sequences[]{
    {0x80, 0x00, 0, 0}, {0xE0, 0xC0, 1, 0x80}, {0xF0, 0xE0, 2, 0x800}, {0xF8, 0xF0, 3, 0x10000}};

const Sequence* sequence_of(std::uint8_t leading) {
    for (const Sequence& sequence : sequences) {
        if ((leading & sequence.mask) == sequence.pattern) {
            return &sequence;
        }
    }
    return nullptr;
}

bool is_printable(std::uint32_t character) {
    const bool control = character < 0x20 || (character >= 0x7F && character < 0xA0);
    const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
    return !control && !surrogate && character <= 0x10FFFF;
}

// take takes one character off the front of text, and says whether it is well-formed and printable.
bool take(std::string_view& text) {
    const auto leading = static_cast<std::uint8_t>(text.front());
    const Sequence* sequence = sequence_of(leading);
    if (sequence == nullptr || text.size() <= sequence->following) {
        return false;
    }
    std::uint32_t character = leading & static_cast<std::uint8_t>(~sequence->mask);
    for (std::size_t index = 1; index <= sequence->following; ++index) {
        const auto byte = static_cast<std::uint8_t>(text[index]);
        if ((byte & 0xC0) != 0x80) {
            return false;
        }
        character = character << 6 | (byte & 0x3F);
    }
    text.remove_prefix(1 + sequence->following);
    return character >= sequence->smallest && is_printable(character);
}

}  // namespace

bool is_printable_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        if (!take(text)) {
            return false;
        }
    }
    return true;
}

}  // namespace trustx
