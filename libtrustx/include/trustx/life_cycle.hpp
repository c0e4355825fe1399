// SPDX-License-Identifier: Apache-2.0
// The three life cycles: LcsG of the chip, LcsA of its application, LcsO of each object. A state can only be raised,
// and that cannot be undone: hence functions that do this and nothing else. Source: chip-objects.md section 4.
#pragma once

#include <trustx/device.hpp>
#include <trustx/export.hpp>
#include <trustx/metadata.hpp>
#include <trustx/object_id.hpp>
#include <trustx/result.hpp>

#include <cstdint>
#include <string>

namespace trustx {

// effective_life_cycle is the state of an object; an absent one counts as operational (chip-objects.md section 2).
constexpr LifeCycleState effective_life_cycle(const Metadata& metadata) noexcept {
    return metadata.life_cycle.value_or(LifeCycleState::operational);
}

TRUSTX_EXPORT Result<LifeCycleState> read_chip_life_cycle(LockedDevice& device);         // LcsG, object E0C0
TRUSTX_EXPORT Result<LifeCycleState> read_application_life_cycle(LockedDevice& device);  // LcsA, object F1C0

// read_life_cycles reads LcsG and LcsA and takes LcsO from the object's metadata.
TRUSTX_EXPORT Result<LifeCycles> read_life_cycles(LockedDevice& device, const Metadata& metadata);

// AccessKind is what an access condition is for.
enum class AccessKind : std::uint8_t { change, read };

// explain_refusal is a sentence without full stop: "F1D2 is operational: it can never be written again (change LcsO <
// operational)". Empty when these states grant the access, or the condition cannot be evaluated.
TRUSTX_EXPORT std::string explain_refusal(ObjectId object, AccessKind kind, const Metadata& metadata,
                                          const LifeCycles& states);

// read_refusal is the same for the present state, which it reads. Errors: those of reading.
TRUSTX_EXPORT Result<std::string> read_refusal(LockedDevice& device, ObjectId object, AccessKind kind);

// The raise_ functions are IRREVERSIBLE. Each reads the state first, raises it, reads it back and compares. A state
// that is reached already is success and writes nothing. Errors: Errc::argument_invalid for a state below the present
// one or outside the four, before anything is written; ChipError::access_conditions_not_satisfied for an object without
// a life cycle state; Errc::verify_mismatch; Errc::outcome_unknown when the answer was lost: read the state
// to learn it.

// The metadata of an operational object can never be changed, and what its access conditions say of LcsO is final.
// termination ends its use.
TRUSTX_EXPORT Result<void> raise_object_life_cycle(LockedDevice& device, ObjectId object, LifeCycleState state);

// This affects every access condition that compares LcsG.
TRUSTX_EXPORT Result<void> raise_chip_life_cycle(LockedDevice& device, LifeCycleState state);

// termination is refused: it does not apply to the application, and would leave the chip without one.
TRUSTX_EXPORT Result<void> raise_application_life_cycle(LockedDevice& device, LifeCycleState state);

}  // namespace trustx
