// SPDX-License-Identifier: Apache-2.0
#include "common/text/printable.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace trustx::text {
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

struct Range {
    std::uint32_t first;
    std::uint32_t last;
};
// Controls; the marks, embeddings, overrides and isolates of bidirectional text; separators of lines and paragraphs;
// surrogates.
constexpr Range refused[]{{0x00, 0x1F},     {0x7F, 0x9F},     {0x061C, 0x061C}, {0x200E, 0x200F},
                          {0x2028, 0x202E}, {0x2066, 0x2069}, {0xD800, 0xDFFF}, {0x110000, 0xFFFFFFFF}};

bool is_printable(std::uint32_t character) {
    return std::none_of(std::begin(refused), std::end(refused), [character](const Range& range) {
        return range.first <= character && character <= range.last;
    });
}

// printable_size is how many bytes the first character of text has; 0 where it is malformed or not printable.
std::size_t printable_size(std::string_view text) {
    const auto leading = static_cast<std::uint8_t>(text.front());
    const Sequence* sequence = sequence_of(leading);
    if (sequence == nullptr || text.size() <= sequence->following) {
        return 0;
    }
    std::uint32_t character = leading & static_cast<std::uint8_t>(~sequence->mask);
    for (std::size_t index = 1; index <= sequence->following; ++index) {
        const auto byte = static_cast<std::uint8_t>(text[index]);
        if ((byte & 0xC0) != 0x80) {
            return 0;
        }
        character = character << 6 | (byte & 0x3F);
    }
    return character >= sequence->smallest && is_printable(character) ? std::size_t{1} + sequence->following : 0;
}

}  // namespace

bool is_printable(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto size = printable_size(text);
        if (size == 0) {
            return false;
        }
        text.remove_prefix(size);
    }
    return true;
}

std::string printable(std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string shown;
    shown.reserve(text.size());
    while (!text.empty()) {
        const auto size = printable_size(text);
        if (size == 0) {
            const auto byte = static_cast<std::uint8_t>(text.front());
            shown.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 0x0F]);
        } else {
            shown.append(text.substr(0, size));
        }
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return shown;
}

}  // namespace trustx::text
