// SPDX-License-Identifier: Apache-2.0
// Why a gateway gets no CONNACK: one cause, one remedy. The way from the chip to the broker is examined stage by stage;
// the first that fails is the cause, and what would only follow from it is not examined. Where the broker refuses
// without saying why, and there are credentials of an operator, the service is asked.
#pragma once

#include "aws/doctor/options.hpp"
#include "aws/doctor/ports.hpp"
#include "aws/doctor/report.hpp"

namespace trustx::aws::doctor {

// examine changes nothing: neither in the chip nor in files nor in the cloud. It costs two uses of the private key.
// Another client that is connected with this gateway's client id loses its connection.
Report examine(const Seams& seams, const Options& options);

}  // namespace trustx::aws::doctor
