// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <sstream>

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

Outcome<ObjectId> parse_kind(const std::string& text, std::initializer_list<ObjectKind> kinds,
                             const std::string& what) {
    auto object = parse_object(text);
    if (!object) {
        return object;
    }
    const auto* info = describe(*object);
    if (std::find(kinds.begin(), kinds.end(), info->kind) == kinds.end()) {
        return give_up(ExitCode::usage, title(*object) + " is not " + what + "; there are " + names_of(kinds));
    }
    return object;
}

}  // namespace

Outcome<ObjectId> parse_object(const std::string& text) {
    const auto object = ObjectId::parse(text);
    if (!object) {
        return give_up(object.error());
    }
    if (describe(*object) == nullptr) {
        return give_up(ExitCode::usage,
                       "this chip has no object " + object->hex() + "; `trustx object --help` lists those it has");
    }
    return *object;
}

Outcome<ObjectId> parse_slot(const std::string& text) {
    return parse_kind(text, {ObjectKind::key}, "a key slot");
}

Outcome<ObjectId> parse_certificate_place(const std::string& text) {
    return parse_kind(text, {ObjectKind::certificate, ObjectKind::trust_anchor}, "a place for certificates");
}

Outcome<Curve> parse_curve(const std::string& text) {
    constexpr std::array<std::string_view, 4> p256_names{"p-256", "p256", "prime256v1", "secp256r1"};
    constexpr std::array<std::string_view, 3> p384_names{"p-384", "p384", "secp384r1"};
    std::string lower = text;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (std::find(p256_names.begin(), p256_names.end(), lower) != p256_names.end()) {
        return Curve::p256;
    }
    if (std::find(p384_names.begin(), p384_names.end(), lower) != p384_names.end()) {
        return Curve::p384;
    }
    return give_up(ExitCode::usage, "--curve " + text + ": the chip knows P-256 and P-384");
}

Outcome<KeyUsage> parse_usage(const std::string& text) {
    const auto usage = parse_key_usage(text);
    if (!usage) {
        return give_up(usage.error(), "--usage");
    }
    return *usage;
}

std::vector<std::string> usage_words(KeyUsage usage) {
    std::istringstream list{to_string(usage)};
    std::vector<std::string> words;
    for (std::string word; std::getline(list, word, ',');) {
        words.push_back(word);
    }
    return words;
}

std::string title(ObjectId object) {
    const auto* info = describe(object);
    return info == nullptr ? object.hex() : object.hex() + " (" + std::string{info->name} + ")";
}

}  // namespace trustx::cli
