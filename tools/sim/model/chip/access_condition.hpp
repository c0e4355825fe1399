// SPDX-License-Identifier: Apache-2.0
// Access conditions, the expressions in metadata that say when an object may be changed or read
// (chip-objects.md section 5).
#pragma once

#include "model/base/bytes.hpp"
#include "model/base/names.hpp"

namespace trustx::sim::access {

constexpr std::uint8_t always = 0x00;
constexpr std::uint8_t never = 0xFF;

// States are the life cycles that a condition can ask for.
struct States {
    LifeCycle global;       // LcsG, E0C0
    LifeCycle application;  // LcsA, F1C0
    LifeCycle object;       // LcsO of the object in question
};

// valid tells whether the chip accepts an expression in metadata.
bool valid(ByteView expression);

// holds evaluates a valid expression.
bool holds(ByteView expression, const States& states);

}  // namespace trustx::sim::access
