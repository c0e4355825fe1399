// SPDX-License-Identifier: Apache-2.0
// NetworkPort by this computer's network.
#pragma once

#include "aws/doctor/ports.hpp"
#include "aws/http/http_client.hpp"

#include <chrono>
#include <optional>

namespace trustx::aws::doctor {

class SystemNetwork final : public NetworkPort {
 public:
    // `service` is the control plane, whose time is asked for; nothing: there is none to ask. The client must not look
    // at the dates of certificates. All must outlive the port.
    SystemNetwork(HttpClient& http, const Clock& clock, std::optional<Url> service)
        : http_{http}, clock_{clock}, service_{std::move(service)} {}

    mqtt::ProbeResult probe(const mqtt::ProbeTarget& target) override;
    std::optional<WallTime> service_time() override;

 private:
    HttpClient& http_;
    const Clock& clock_;
    std::optional<Url> service_;
};

}  // namespace trustx::aws::doctor
