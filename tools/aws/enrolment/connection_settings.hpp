// SPDX-License-Identifier: Apache-2.0
// How a connection to AWS's broker is made, whatever it is for.
#pragma once

#include "aws/enrolment/mqtt_port.hpp"
#include "connection/connection.hpp"

#include <chrono>

namespace trustx::aws {

// connection_settings: MQTT 5, which gives reasons (aws-iot.md section 2), and no session that outlives it.
mqtt::ConnectionSettings connection_settings(const Presented& presented, std::chrono::seconds timeout);

}  // namespace trustx::aws
