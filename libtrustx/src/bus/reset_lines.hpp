// SPDX-License-Identifier: Apache-2.0
// A bus beside which GPIO lines lead to the chip: to its reset pin, to the switch of its supply, or to both.
#pragma once

#include "bus/output_line.hpp"

#include <trustx/bus_address.hpp>
#include <trustx/clock.hpp>
#include <trustx/i2c_bus.hpp>

#include <functional>
#include <memory>

namespace trustx {

using TakeLine = std::function<decltype(take_output_line)>;

// with_reset_lines adds to a bus the lines that the address names; one of them it must name. They are taken for a reset
// and given back after it: in between they belong to nobody, and no descriptor of theirs is open. clock must outlive
// the bus.
std::unique_ptr<I2cBus> with_reset_lines(std::unique_ptr<I2cBus> bus, const BusAddress& address, Clock& clock,
                                         TakeLine take = take_output_line);

}  // namespace trustx
