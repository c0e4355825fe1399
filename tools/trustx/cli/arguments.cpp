// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include "cli/nearest.hpp"
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

// mistyped passes the library's word about a value of the command line on: it says what would be right, and the request
// that the value belongs to was never made.
tl::unexpected<Error> mistyped(const Error& error, const std::string& nearest = {}) {
    return fail(InputErrc::usage, error.operation() + nearest);
}

std::vector<std::string> object_names() {
    std::vector<std::string> names;
    for (const auto& info : all_objects()) {
        names.emplace_back(info.name);
    }
    return names;
}

}  // namespace

Result<ObjectId> parse_object(const std::string& text) {
    const auto object = ObjectId::parse(text);
    if (!object) {
        return mistyped(object.error(), did_you_mean(text, object_names()));
    }
    if (describe(*object) == nullptr) {
        return fail(InputErrc::usage,
                    "this chip has no object " + object->hex() + "; `trustx object --help` lists those it has");
    }
    return *object;
}

Result<ObjectId> parse_slot(const std::string& text) {
    return parse_kind(text, {ObjectKind::key}, "a key slot");
}

Result<ObjectId> parse_certificate_place(const std::string& text) {
    return parse_kind(text, {ObjectKind::certificate, ObjectKind::trust_anchor}, "a place for certificates");
}

Result<ObjectId> parse_anchor(const std::string& text) {
    return parse_kind(text, {ObjectKind::trust_anchor}, "a trust anchor");
}

Result<Curve> parse_curve(const std::string& text) {
    const auto curve = curve_named(openssl::group_name(text));
    if (!curve) {
        return fail(InputErrc::usage, "--curve " + text + ": the chip knows P-256 and P-384");
    }
    return *curve;
}

Result<KeyUsage> parse_usage(const std::string& text) {
    auto usage = parse_key_usage(text);
    return usage ? std::move(usage) : mistyped(usage.error().during("--usage"));
}

Result<Bytes> parse_condition(const std::string& text, const std::string& option) {
    auto condition = parse_access(text);
    return condition ? std::move(condition) : mistyped(condition.error().during(option));
}

Result<LifeCycleState> parse_state(const std::string& text) {
    auto state = parse_life_cycle_state(text);
    return state ? std::move(state)
                 : mistyped(state.error(),
                            did_you_mean(text, {"creation", "initialisation", "operational", "termination"}));
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
