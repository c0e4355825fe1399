// SPDX-License-Identifier: Apache-2.0
// JSON as AWS IoT's services send it: foreign input, so it is read into a value that is bounded in size and depth, and
// each member is asked for with its type. The order of members is kept, so that a document is handed on as it came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace trustx::mqtt {

using Json = nlohmann::ordered_json;

// A message is no longer (aws-iot.md section 2); documents are nested less deeply by far (aws-iot.md section 8.1). To
// write a value takes stack for each level.
inline constexpr std::size_t longest_json = std::size_t{128} * 1024;
inline constexpr int deepest_json = 64;

// read_object gives the object that a text is; nothing: it is none, or exceeds a bound.
[[nodiscard]] std::optional<Json> read_object(std::string_view text);

// write gives a value in one line. What is not UTF-8 is replaced.
[[nodiscard]] std::string write(const Json& value);

// write_ascii does the same with nothing but ASCII, for terminals.
[[nodiscard]] std::string write_ascii(const Json& value);

// A member of an object with its type; nothing: there is none, or it has another type.
[[nodiscard]] std::optional<std::string> text_member(const Json& object, std::string_view name);
[[nodiscard]] std::optional<std::int64_t> integer_member(const Json& object, std::string_view name);
[[nodiscard]] const Json* object_member(const Json& object, std::string_view name);  // nullptr

}  // namespace trustx::mqtt
