// SPDX-License-Identifier: Apache-2.0
// Names that become levels of topics. A wrong one would reach another topic, or cost the connection.
#pragma once

#include <string_view>

namespace trustx::mqtt {

// Source: AWS's model of its services "iot-data" and "iot-jobs-data" (aws-iot.md section 14.1).
[[nodiscard]] bool is_thing_name(std::string_view name);   // 1 to 128 of a-z A-Z 0-9 : _ -
[[nodiscard]] bool is_shadow_name(std::string_view name);  // 1 to 64 of the same
[[nodiscard]] bool is_job_id(std::string_view name);       // 1 to 64 of the same without the colon

}  // namespace trustx::mqtt
