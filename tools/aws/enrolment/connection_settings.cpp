// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/connection_settings.hpp"

#include "aws/enrolment/endpoint_name.hpp"

namespace trustx::aws {

mqtt::ConnectionSettings connection_settings(const Presented& presented, std::chrono::seconds timeout) {
    constexpr std::chrono::seconds keep_alive{60};
    return {.host = presented.endpoint.host,
            .port = presented.endpoint.port,
            .client_id = presented.client_id,
            .ca_file = presented.ca_file,
            .certificate_file = presented.certificate_file,
            .key_file = presented.key_file,
            .alpn = alpn_for(presented.endpoint),
            .keep_alive = keep_alive,
            .timeout = timeout,
            .persistent_session = false,
            .version = mqtt::Version::v5};
}

}  // namespace trustx::aws
