// SPDX-License-Identifier: Apache-2.0
// What a handler says about its work, as the service takes it: names and texts. AWS's model of "iot-jobs-data" has 1 to
// 128 of a-z A-Z 0-9 : _ - for a name, and 1 to 1024 characters without control characters for a text.
#pragma once

#include "requests/json.hpp"

#include <string>
#include <string_view>

namespace trustx::mqtt {

// status_details makes the members of an object what the service takes: texts stay, other values are written as JSON,
// control characters become blanks, what is too long is cut, a name that is none is left out.
[[nodiscard]] Json status_details(const Json& object);

// detail_text is the same for one text; empty: nothing is left.
[[nodiscard]] std::string detail_text(std::string_view text);

}  // namespace trustx::mqtt
