// SPDX-License-Identifier: Apache-2.0
// Points in time as RFC 3339 writes them, in UTC: "2024-05-26T05:55:24Z".
#pragma once

#include <ctime>
#include <string>

namespace trustx::text {

std::string time_text(std::time_t time);

// The same for a time that is broken down already, in UTC.
std::string time_text(const std::tm& utc);

}  // namespace trustx::text
