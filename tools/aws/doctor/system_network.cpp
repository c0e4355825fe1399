// SPDX-License-Identifier: Apache-2.0
#include "aws/doctor/system_network.hpp"

namespace trustx::aws::doctor {

mqtt::ProbeResult SystemNetwork::probe(const mqtt::ProbeTarget& target) {
    constexpr std::chrono::seconds patience{10};
    return mqtt::probe(target, patience);
}

// Any answer has the header Date, also the refusal of a request that is not signed (aws-iot.md section 1.5).
std::optional<WallTime> SystemNetwork::service_time() {
    constexpr std::chrono::seconds patience{10};
    if (!service_) {
        return std::nullopt;
    }
    const auto answer = http_.send({.url = *service_}, Deadline::after(clock_, patience));
    const auto date = answer ? answer->date() : std::nullopt;
    return date ? std::optional<WallTime>{*date} : std::nullopt;
}

}  // namespace trustx::aws::doctor
