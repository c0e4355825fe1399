// SPDX-License-Identifier: Apache-2.0
#include "store_uri.hpp"

#include "common/text/lower_case.hpp"

namespace trustx::provider {
namespace {

constexpr std::string_view scheme = "trustx:";  // in any letters (RFC 3986 section 3.1)

tl::unexpected<ProviderError> unreadable(std::string_view uri, std::string_view why, Place place = Place::here()) {
    return fail(Reason::uri_invalid, std::string{uri} + ": " + std::string{why}, place);
}

Outcome<void> read_object(StoreUri& result, std::string_view uri, std::string_view text) {
    const auto id = ObjectId::parse(text);
    const ObjectInfo* const info = id ? describe(*id) : nullptr;
    const bool usable = info != nullptr && (info->kind == ObjectKind::key || info->kind == ObjectKind::certificate ||
                                            info->kind == ObjectKind::trust_anchor);
    if (!usable || result.object) {
        return unreadable(uri,
                          "expected one key (E0F0 to E0F3), certificate (E0E0 to E0E3) or trust anchor "
                          "(E0E8, E0EF)");
    }
    result.object = *id;
    return {};
}

Outcome<void> read_type(StoreUri& result, std::string_view uri, std::string_view value) {
    if (value == "private") {
        result.type = StoreUri::Type::private_key;
    } else if (value == "public") {
        result.type = StoreUri::Type::public_key;
    } else if (value == "cert") {
        result.type = StoreUri::Type::certificate;
    } else {
        return unreadable(uri, "type is private, public or cert");
    }
    return {};
}

Outcome<void> read_part(StoreUri& result, std::string_view uri, std::string_view part) {
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) {
        return read_object(result, uri, part);
    }
    const auto name = part.substr(0, equals);
    const auto value = part.substr(equals + 1);
    if (name == "slot" || name == "object") {
        return read_object(result, uri, value);
    }
    if (name == "type") {
        return read_type(result, uri, value);
    }
    if (name == "device") {
        result.device = value;
        return {};
    }
    return unreadable(uri, "unknown attribute " + std::string{name} + "; there are slot, type and device");
}

}  // namespace

Outcome<StoreUri> StoreUri::parse(std::string_view uri) {
    if (!text::starts_with(uri, scheme)) {
        return unreadable(uri, "expected trustx:");
    }
    StoreUri result;
    auto rest = uri.substr(scheme.size());
    while (!rest.empty()) {
        const auto end = rest.find_first_of(";&");
        TRYV(read_part(result, uri, rest.substr(0, end)));
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
    return result;
}

}  // namespace trustx::provider
