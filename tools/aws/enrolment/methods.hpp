// SPDX-License-Identifier: Apache-2.0
// The methods: which steps each has, in which order.
#pragma once

#include "aws/enrolment/step.hpp"

#include <span>

namespace trustx::aws {

// steps_of gives the steps of an order, by its method, in their order. What makes a certificate usable comes after
// everything that can fail (aws-iot.md section 7.1).
std::span<const Step> steps_of(const Order& order);

}  // namespace trustx::aws
