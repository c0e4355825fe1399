// SPDX-License-Identifier: Apache-2.0
// What name and port of an endpoint say (aws-iot.md section 1.1).
#pragma once

#include "aws/enrolment/order.hpp"

#include <string>

namespace trustx::aws {

// region_in is that of a name of AWS's: "prefix-ats.iot.REGION.amazonaws.com". Empty: it is another name.
std::string region_in(const std::string& host);

// alpn_for is what a client has to offer on the port; empty: nothing.
std::string alpn_for(const Endpoint& endpoint);

}  // namespace trustx::aws
