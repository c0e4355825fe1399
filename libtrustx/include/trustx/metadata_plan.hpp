// SPDX-License-Identifier: Apache-2.0
// Changing the metadata of an object in two steps: a plan, which says in words what would change and what that means,
// and its execution. Raising a life cycle state is not part of a plan; life_cycle.hpp does that.
// Source: chip-objects.md sections 2, 3 and 5.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/device.hpp>
#include <trustx/export.hpp>
#include <trustx/key.hpp>
#include <trustx/metadata.hpp>
#include <trustx/object_id.hpp>
#include <trustx/result.hpp>

#include <optional>
#include <string>
#include <vector>

namespace trustx {

// MetadataChange says what is to change. What is absent stays.
struct MetadataChange {
    std::optional<Bytes> change_access = {};
    std::optional<Bytes> read_access = {};
    std::optional<Bytes> execute_access = {};
    std::optional<KeyUsage> key_usage = {};
};

// MetadataPlan is a change that the chip can be expected to accept.
struct TRUSTX_EXPORT MetadataPlan {
    ObjectId object;
    Metadata before;
    Metadata tags;                      // what is written: the tags that differ, nothing else
    std::vector<std::string> steps;     // in words: "read: always -> never"
    std::vector<std::string> cautions;  // what follows from it: "no program can read the content any more"

    // empty says that nothing has to change.
    [[nodiscard]] bool empty() const { return steps.empty(); }
    // after is what the metadata will be.
    [[nodiscard]] Metadata after() const;
};

// plan_metadata compares what is wanted with the metadata that is there. Errors: Errc::argument_invalid for an access
// condition that cannot be read, for the content of a key, and where the result exceeds the 28 bytes that the chip
// holds; Errc::not_supported for a condition for the use of a key where the chip shows none; and
// ChipError::access_conditions_not_satisfied for an operational object, whose metadata the chip no longer changes.
// states are what the cautions go by: LcsG and LcsA as read_life_cycles gives them; LcsO comes from `present`.
TRUSTX_EXPORT Result<MetadataPlan> plan_metadata(ObjectId object, const Metadata& present, const MetadataChange& change,
                                                 LifeCycles states = {});

// apply_metadata executes a plan, reads the metadata back and compares what was written. An empty plan touches nothing.
// Hold the lock from the reading of the metadata on, so that the plan is still true. Errors: Errc::verify_mismatch;
// Errc::outcome_unknown when the answer was lost.
TRUSTX_EXPORT Result<void> apply_metadata(LockedDevice& device, const MetadataPlan& plan);

}  // namespace trustx
