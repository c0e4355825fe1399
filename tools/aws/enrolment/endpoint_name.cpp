// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/endpoint_name.hpp"

#include <string_view>

namespace trustx::aws {

std::string region_in(const std::string& host) {
    constexpr std::string_view service = ".iot.";
    constexpr std::string_view domain = ".amazonaws.com";
    const auto begin = host.find(service);
    const auto end = host.find(domain);
    return begin == std::string::npos || end == std::string::npos || end < begin
               ? std::string{}
               : host.substr(begin + service.size(), end - begin - service.size());
}

std::string alpn_for(const Endpoint& endpoint) {
    constexpr std::uint16_t https = 443;
    return endpoint.port == https ? "x-amzn-mqtt-ca" : "";
}

}  // namespace trustx::aws
