// SPDX-License-Identifier: Apache-2.0
#include "aws/control/calls/answer.hpp"

#include <chrono>

namespace trustx::aws::wire {
namespace {

const Json* find(const Json& object, const char* name) {
    const auto found = object.is_object() ? object.find(name) : object.end();
    return object.is_object() && found != object.end() ? &*found : nullptr;
}

std::string copy(const Json& text) {
    return std::string{std::string_view{text.get_ref<const WipedString&>()}};
}

}  // namespace

Result<std::string> text_of(const Json& object, const char* name) {
    const auto* found = find(object, name);
    if (found == nullptr || !found->is_string()) {
        return fail(ApiErrc::answer_malformed, std::string{"it has no text `"} + name + "`");
    }
    return copy(*found);
}

std::string text_or_empty(const Json& object, const char* name) {
    const auto* found = find(object, name);
    return found != nullptr && found->is_string() ? copy(*found) : std::string{};
}

bool is_true(const Json& object, const char* name) {
    const auto* found = find(object, name);
    return found != nullptr && found->is_boolean() && found->get<bool>();
}

std::int64_t number_or_zero(const Json& object, const char* name) {
    const auto* found = find(object, name);
    return found != nullptr && found->is_number() ? found->get<std::int64_t>() : 0;
}

std::optional<WallTime> time_of(const Json& object, const char* name) {
    const auto* found = find(object, name);
    if (found == nullptr || !found->is_number()) {
        return std::nullopt;
    }
    const std::chrono::duration<double> since{found->get<double>()};
    return WallTime{std::chrono::duration_cast<WallTime::duration>(since)};
}

Result<const Json*> member(const Json& object, const char* name) {
    const auto* found = find(object, name);
    if (found == nullptr || !found->is_structured()) {
        return fail(ApiErrc::answer_malformed, std::string{"it has no `"} + name + "`");
    }
    return found;
}

const Json& list(const Json& object, const char* name) {
    static const Json none = Json::array();
    const auto* found = find(object, name);
    return found != nullptr && found->is_array() ? *found : none;
}

std::vector<std::string> texts(const Json& object, const char* name) {
    std::vector<std::string> found;
    for (const auto& each : list(object, name)) {
        if (each.is_string()) {
            found.push_back(copy(each));
        }
    }
    return found;
}

QueryParameters token_page(const std::string& next) {
    QueryParameters query{{"maxResults", "250"}};
    if (!next.empty()) {
        query.emplace_back("nextToken", next);
    }
    return query;
}

QueryParameters marker_page(const std::string& marker, int size) {
    QueryParameters query{{"pageSize", std::to_string(size)}};
    if (!marker.empty()) {
        query.emplace_back("marker", marker);
    }
    return query;
}

}  // namespace trustx::aws::wire
