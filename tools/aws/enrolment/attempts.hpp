// SPDX-License-Identifier: Apache-2.0
// Attempts one after another, with pauses between them, until the broker does what it should or the time is up.
#pragma once

#include "aws/enrolment/mqtt_port.hpp"

#include <functional>

namespace trustx::aws {

// Pauses are how long to wait before each further attempt.
using Pauses = std::function<Duration()>;

// by_backoff is for a gateway that is known: aws-iot.md section 2.1.
Pauses by_backoff(const Broker& broker);

// by_schedule is for one that is being registered: 2, 4, 8, 16, 30, then 60 s, with jitter (section 7.4).
Pauses by_schedule(const Broker& broker);

using TryOnce = std::function<Result<Acceptance>(const Deadline&)>;

// keep_trying makes attempts until one is accepted or never will be, and gives its answer; or the last one's, `later`,
// when the time of the broker is up. The first is made even without any time. Errors are those of an attempt.
Result<Acceptance> keep_trying(const Broker& broker, Pauses pause_after, const TryOnce& attempt);

}  // namespace trustx::aws
