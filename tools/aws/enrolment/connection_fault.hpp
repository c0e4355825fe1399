// SPDX-License-Identifier: Apache-2.0
// What a connection that was not accepted says about whose turn it is: the broker's judgement, or something that kept
// it from judging. `trustx aws doctor` ends with the same exit code for the same cause.
#pragma once

#include "aws/enrolment/mqtt_port.hpp"
#include "connection/error.hpp"
#include "connection/events.hpp"

#include <vector>

namespace trustx::aws {

// alerts_of are the alerts by which the broker ended TLS, by their numbers.
std::vector<int> alerts_of(const mqtt::ConnectFailed& failure);

// acceptance_after is never `accepted`.
Acceptance acceptance_after(const mqtt::Error& error, const std::vector<int>& alerts);

}  // namespace trustx::aws
