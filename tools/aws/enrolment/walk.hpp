// SPDX-License-Identifier: Apache-2.0
// Walking through steps: forwards from where a journal is, and back again.
#pragma once

#include "aws/enrolment/step.hpp"

#include <span>
#include <string_view>

namespace trustx::aws {

// steps_begun is the steps up to that of the journal, which may have been done in part.
std::span<const Step> steps_begun(const Journal& journal, std::span<const Step> steps);

// carry_on performs the steps from that of the journal on, all of them if it names none. It stops before the step that
// is named by `until`, at which the journal then is; empty: it goes on to the end, and the journal says so.
// InputErrc::malformed: it names a step that is none of these, and nothing was done.
Result<void> carry_on(Run& run, std::span<const Step> steps, std::string_view until = {});

// take_back undoes the steps that may have been begun, the last one first, and removes the journal.
// InputErrc::malformed as for carry_on.
Result<void> take_back(Run& run, std::span<const Step> steps);

}  // namespace trustx::aws
