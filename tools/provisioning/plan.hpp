// SPDX-License-Identifier: Apache-2.0
// The plan: what a chip lacks of what a recipe says, found out by looking at the chip. A blank chip, one that was half
// done when the power failed, and one that is complete are the same to it.
#pragma once

#include "provisioning/journal.hpp"
#include "provisioning/recipe.hpp"
#include "provisioning/seams.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace trustx::provisioning {

// ActionKind is what an action does. Their order is that of the work: contents are written before conditions close
// them, a handshake proves the identity before anything is permanent, and the manifest names finished chips.
enum class ActionKind : std::uint8_t { key, usage, content, certificate, proof, conditions, life_cycle, manifest };

struct Action {
    ActionKind kind;
    ObjectId object{};  // 0000 where it is about none
    std::string words{};
    bool permanent = false;  // nothing takes it back
};

struct Plan {
    std::vector<Action> actions{};  // in their order; none: the chip is what the recipe says, and in the manifest,
                                    // or it is scrap
    std::vector<std::string> warnings{};   // what to think about before a thousand chips are like this
    std::vector<std::string> obstacles{};  // why nothing is done: something would be lost, or has to be done first
    std::vector<std::string> scrap{};      // why this chip can never become what the recipe says
};

// make_plan reads the chip and changes nothing; where a slot holds a key that the journal does not know, it signs once
// or twice to show which. journal: what is known of this chip. Errors: those of the chip; pki::PkiErrc::clock_wrong.
Result<Plan> make_plan(const Recipe& recipe, const Seams& seams, const Journal& journal);

// warnings are those of the plan that need no chip: certificates that end before the device does.
std::vector<std::string> expiry_warnings(const Recipe& recipe, std::time_t now);

}  // namespace trustx::provisioning
