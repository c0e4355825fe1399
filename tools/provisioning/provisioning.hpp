// SPDX-License-Identifier: Apache-2.0
// Provisioning: a chip becomes what a recipe says, by steps that can be interrupted anywhere and taken up again.
#pragma once

#include "provisioning/plan.hpp"

namespace trustx::provisioning {

// plan says what provision would do to the chip that is attached. It writes nothing.
Result<Plan> plan(const Recipe& recipe, const Seams& seams);

// provision does it. Errors: ProvisioningErrc::scrap, ProvisioningErrc::busy; InputErrc::refused where the plan has
// obstacles; those of chip, files, authority and handshake: then it can be repeated.
Result<void> provision(const Recipe& recipe, const Seams& seams);

// check_plan is the error that a plan amounts to: ProvisioningErrc::scrap, InputErrc::refused, or none.
Result<void> check_plan(const Plan& plan);

}  // namespace trustx::provisioning
