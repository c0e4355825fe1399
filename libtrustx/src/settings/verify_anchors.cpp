// SPDX-License-Identifier: Apache-2.0
// The value of the setting verify-anchors.
#include "common/text/lower_case.hpp"
#include "common/try.hpp"

#include <trustx/bytes.hpp>
#include <trustx/settings.hpp>

#include <algorithm>
#include <optional>
#include <span>

namespace trustx {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    const auto begin = text.find_first_not_of(blanks);
    return begin == std::string_view::npos ? std::string_view{}
                                           : text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

tl::unexpected<Error> wrong_entry(std::string_view entry, const std::string& why) {
    return fail(Errc::setting_invalid, "`verify-anchors`: `" + std::string{entry} + "` " + why);
}

std::optional<std::uint8_t> digit_of(char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto at = digits.find(text::lower_case(c));
    return at == std::string_view::npos ? std::nullopt : std::optional{static_cast<std::uint8_t>(at)};
}

// parse_digest reads as many bytes as there are, and no more.
bool parse_digest(std::string_view text, std::span<std::uint8_t> bytes) {
    if (text.size() != 2 * bytes.size()) {
        return false;
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto high = digit_of(text[2 * i]);
        const auto low = digit_of(text[2 * i + 1]);
        if (!high || !low) {
            return false;
        }
        bytes[i] = static_cast<std::uint8_t>(*high << 4 | *low);
    }
    return true;
}

Result<VerifyAnchor> parse_entry(std::string_view entry) {
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos) {
        return wrong_entry(entry, "is not OBJECT=DIGEST");
    }
    const auto object = ObjectId::parse(trimmed(entry.substr(0, equals)));
    const auto* const known = object ? describe(*object) : nullptr;
    if (known == nullptr || known->kind != ObjectKind::trust_anchor) {
        return wrong_entry(entry, "does not name a trust anchor of the chip, E0E8 or E0EF");
    }
    VerifyAnchor anchor{.object = *object, .key_sha256 = {}};
    if (!parse_digest(trimmed(entry.substr(equals + 1)), anchor.key_sha256)) {
        return wrong_entry(entry, "does not end in the SHA-256 of a key, 64 hexadecimal digits");
    }
    return anchor;
}

}  // namespace

Result<std::vector<VerifyAnchor>> parse_verify_anchors(std::string_view text) {
    std::vector<VerifyAnchor> anchors;
    for (bool more = true; more;) {
        const auto comma = text.find(',');
        const auto entry = trimmed(text.substr(0, comma));
        more = comma != std::string_view::npos;
        text.remove_prefix(more ? comma + 1 : text.size());
        TRY(const auto anchor, parse_entry(entry));
        if (std::ranges::find(anchors, anchor.object, &VerifyAnchor::object) != anchors.end() ||
            std::ranges::find(anchors, anchor.key_sha256, &VerifyAnchor::key_sha256) != anchors.end()) {
            return wrong_entry(entry, "names an object or a key that is there already");
        }
        anchors.push_back(anchor);
    }
    return anchors;
}

std::string to_string(const std::vector<VerifyAnchor>& anchors) {
    std::string text;
    for (const auto& anchor : anchors) {
        text.append(text.empty() ? "" : ",").append(anchor.object.hex()).append("=");
        text.append(text::lower_case(to_hex(anchor.key_sha256)));
    }
    return text;
}

}  // namespace trustx
