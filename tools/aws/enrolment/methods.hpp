// SPDX-License-Identifier: Apache-2.0
// The methods: which steps each has, in which order.
#pragma once

#include "aws/enrolment/step.hpp"

#include <span>

namespace trustx::aws {

// steps_of gives the steps of an order in their sequence. What makes a certificate usable comes after everything that
// can fail (aws-iot.md section 7.1). A rotation needs a method that can_rotate.
std::span<const Step> steps_of(const Order& order);

// can_rotate says whether a method issues a certificate for a key of a gateway that is enrolled already.
bool can_rotate(EnrolmentMethod method);

// ends_old_certificate says whether a rotation does that too, for which it needs an account.
bool ends_old_certificate(const Order& order);

// approval_steps_of gives those of an order that an operator takes in the cloud for a gateway that has no account; none
// for methods that have no such half. The last one activates the certificate, which the gateway has installed by then.
std::span<const Step> approval_steps_of(const Order& order);

}  // namespace trustx::aws
