// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include "common/files/input_error.hpp"
#include "common/openssl/curve_names.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <initializer_list>

namespace trustx::cli {
namespace {

// names_of lists the objects of some kinds: "E0F0 (device-key-1), E0F1 (device-key-2)".
std::string names_of(std::initializer_list<ObjectKind> kinds) {
    std::string names;
    for (const auto& info : all_objects()) {
        if (std::find(kinds.begin(), kinds.end(), info.kind) != kinds.end()) {
            names += (names.empty() ? "" : ", ") + title(info.id);
        }
    }
    return names;
}

Result<ObjectId> parse_kind(const std::string& text, std::initializer_list<ObjectKind> kinds, const std::string& what) {
    TRY(auto object, parse_object(text));
    const auto* info = describe(object);
    if (std::find(kinds.begin(), kinds.end(), info->kind) == kinds.end()) {
        return fail(InputErrc::usage, title(object) + " is not " + what + "; there are " + names_of(kinds));
    }
    return object;
}

}  // namespace

Result<ObjectId> parse_object(const std::string& text) {
    TRY(const auto object, ObjectId::parse(text));
    if (describe(object) == nullptr) {
        return fail(InputErrc::usage,
                    "this chip has no object " + object.hex() + "; `trustx object --help` lists those it has");
    }
    return object;
}

Result<ObjectId> parse_slot(const std::string& text) {
    return parse_kind(text, {ObjectKind::key}, "a key slot");
}

Result<ObjectId> parse_certificate_place(const std::string& text) {
    return parse_kind(text, {ObjectKind::certificate, ObjectKind::trust_anchor}, "a place for certificates");
}

Result<Curve> parse_curve(const std::string& text) {
    const auto curve = curve_named(openssl::group_name(text));
    if (!curve) {
        return fail(InputErrc::usage, "--curve " + text + ": the chip knows P-256 and P-384");
    }
    return *curve;
}

Result<KeyUsage> parse_usage(const std::string& text) {
    const auto usage = parse_key_usage(text);
    return usage ? usage : usage.failure("--usage");
}

std::vector<std::string> usage_words(KeyUsage usage) {
    std::vector<std::string> words;
    for (unsigned bit = 1; bit <= UINT8_MAX; bit <<= 1U) {
        if (const auto one = usage & static_cast<KeyUsage>(bit); one != KeyUsage::none) {
            words.push_back(to_string(one));
        }
    }
    return words;
}

std::string title(ObjectId object) {
    const auto* info = describe(object);
    return info == nullptr ? object.hex() : object.hex() + " (" + std::string{info->name} + ")";
}

}  // namespace trustx::cli
