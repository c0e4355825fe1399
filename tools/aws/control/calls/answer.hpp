// SPDX-License-Identifier: Apache-2.0
// Reading answers, and writing requests, of the calls in this directory.
#pragma once

#include "aws/control/api_call.hpp"
#include "aws/signing/credentials.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace trustx::aws::wire {

// text_of is a member that must be there. ApiErrc::answer_malformed. text_or_empty is one that may be missing.
Result<std::string> text_of(const Json& object, const char* name);
std::string text_or_empty(const Json& object, const char* name);
bool is_true(const Json& object, const char* name);
std::int64_t number_or_zero(const Json& object, const char* name);

// time_of reads a time as AWS IoT sends it: seconds since 1970.
std::optional<WallTime> time_of(const Json& object, const char* name);

// member is an object or a list that must be there; list gives an empty one for none.
Result<const Json*> member(const Json& object, const char* name);
const Json& list(const Json& object, const char* name);

// texts are the strings of a list.
std::vector<std::string> texts(const Json& object, const char* name);

inline Result<NoAnswer> no_answer(const Json& /*answer*/) {
    return NoAnswer{};
}

// Names are an enumeration's values as AWS writes them.
template <class Value, std::size_t size>
using Names = std::array<std::pair<Value, std::string_view>, size>;

template <class Value, std::size_t size>
std::string_view name_of(const Names<Value, size>& names, Value value) {
    for (const auto& [each, name] : names) {
        if (each == value) {
            return name;
        }
    }
    return {};
}

template <class Value, std::size_t size>
Value value_of(const Names<Value, size>& names, std::string_view text, Value otherwise) {
    for (const auto& [value, name] : names) {
        if (name == text) {
            return value;
        }
    }
    return otherwise;
}

inline std::string text_of(bool value) {
    return value ? "true" : "false";
}

// token_page and marker_page ask for a page of a list: the service has two ways.
QueryParameters token_page(const std::string& next);
QueryParameters marker_page(const std::string& marker, int size = 250);

// body is a request's JSON on one line.
inline std::string body(const nlohmann::json& json) {
    return json.dump();
}

// set gives a member to a request unless it is empty.
inline void set(nlohmann::json& json, const char* name, const std::string& value) {
    if (!value.empty()) {
        json[name] = value;
    }
}

}  // namespace trustx::aws::wire
