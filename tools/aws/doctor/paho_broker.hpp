// SPDX-License-Identifier: Apache-2.0
// BrokerPort by Paho and MQTT 5, in which a broker says why it refuses or ends a connection.
#pragma once

#include "aws/doctor/ports.hpp"

namespace trustx::aws::doctor {

// PahoBroker connects with keys that this process's OpenSSL can load: for a key in the chip its provider is active.
class PahoBroker final : public BrokerPort {
 public:
    // clock must outlive the port. `timeout` is for the broker's answer to CONNECT.
    PahoBroker(const Clock& clock, std::chrono::seconds timeout) : clock_{clock}, timeout_{timeout} {}

    Meeting meet(const Presented& presented, std::chrono::milliseconds watch) override;

 private:
    const Clock& clock_;
    std::chrono::seconds timeout_;
};

}  // namespace trustx::aws::doctor
