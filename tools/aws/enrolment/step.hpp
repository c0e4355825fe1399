// SPDX-License-Identifier: Apache-2.0
// A step of a method, as data: what enroll, resume, plan and abandon walk through.
#pragma once

#include "aws/enrolment/run.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace trustx::aws {

// Place is where a step changes something. `nothing`: it only looks.
enum class Place : std::uint8_t { nothing, chip, cloud, files, broker };

// Step is one step. The journal names it before it begins, and everything that earlier steps found out is recorded by
// then. perform may be called again after it was interrupted at any point, itself or its recording: it first finds out
// what was done already, by names, ids and keys that do not depend on an answer that may have been lost. undo, where
// there is one, takes back what perform may have done, and may be repeated as well.
struct Step {
    std::string_view name;
    Place place;
    std::string (*plan)(const Order& order);  // what it will do, in words
    Result<void> (*perform)(Run& run);
    Result<void> (*undo)(Run& run);  // nullptr: nothing that has to be taken back
    bool no_way_back = false;        // from its beginning on, what was begun can only be carried on
};

}  // namespace trustx::aws
