// SPDX-License-Identifier: Apache-2.0
// What one half of a divided enrolment does not have: an operator has no chip and is no MQTT client, a gateway has no
// account. Every call of these fails with Errc::not_supported; the steps of a half make none.
#pragma once

#include "aws/enrolment/mqtt_port.hpp"
#include "aws/http/http_client.hpp"
#include "pki/chip_port.hpp"

namespace trustx::aws {

pki::ChipPort& no_chip();
MqttPort& no_broker();
HttpClient& no_network();

}  // namespace trustx::aws
