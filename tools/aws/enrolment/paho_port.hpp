// SPDX-License-Identifier: Apache-2.0
// MqttPort by Paho and MQTT 5, in which a broker says why it refuses.
#pragma once

#include "aws/enrolment/mqtt_port.hpp"

#include <trustx/clock.hpp>

namespace trustx::aws {

// PahoPort connects with keys that this process's OpenSSL can load: for a key in the chip its provider is active.
class PahoPort final : public MqttPort {
 public:
    // clock must outlive the port; deadlines are by it.
    explicit PahoPort(const Clock& clock) : clock_{clock} {}

    // Errors: InputErrc for files that cannot be used or do not belong together.
    Result<Acceptance> connect(const Presented& presented, const Deadline& deadline) override;
    Result<Opened> open(const Presented& presented, const Deadline& deadline) override;

 private:
    const Clock& clock_;
};

}  // namespace trustx::aws
