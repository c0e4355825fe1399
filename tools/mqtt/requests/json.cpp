// SPDX-License-Identifier: Apache-2.0
#include "requests/json.hpp"

#include <limits>

namespace trustx::mqtt {
namespace {

const Json* member(const Json& object, std::string_view name) {
    if (!object.is_object()) {
        return nullptr;
    }
    const auto found = object.find(std::string{name});
    return found == object.end() ? nullptr : &*found;
}

}  // namespace

std::optional<Json> read_object(std::string_view text) {
    if (text.size() > longest_json) {
        return std::nullopt;
    }
    bool too_deep = false;
    const auto within_depth = [&too_deep](int depth, Json::parse_event_t /*event*/, Json& /*value*/) {
        too_deep = too_deep || depth > deepest_json;
        return !too_deep;
    };
    auto value = Json::parse(text.begin(), text.end(), within_depth, false);
    if (too_deep || !value.is_object()) {
        return std::nullopt;
    }
    return value;
}

std::string write(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string write_ascii(const Json& value) {
    return value.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::optional<std::string> text_member(const Json& object, std::string_view name) {
    const auto* found = member(object, name);
    return found != nullptr && found->is_string() ? std::optional{found->get<std::string>()} : std::nullopt;
}

std::optional<std::int64_t> integer_member(const Json& object, std::string_view name) {
    const auto* found = member(object, name);
    if (found == nullptr || !found->is_number_integer()) {
        return std::nullopt;
    }
    constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (found->is_number_unsigned() && found->get<std::uint64_t>() > largest) {
        return std::nullopt;
    }
    return found->get<std::int64_t>();
}

const Json* object_member(const Json& object, std::string_view name) {
    const auto* found = member(object, name);
    return found != nullptr && found->is_object() ? found : nullptr;
}

}  // namespace trustx::mqtt
