// SPDX-License-Identifier: Apache-2.0
// The bus behind /dev/i2c-N.
#pragma once

#include <trustx/bus_address.hpp>
#include <trustx/i2c_bus.hpp>

#include <memory>

namespace trustx {

Result<std::unique_ptr<I2cBus>> open_linux_i2c_bus(const BusAddress& address);

}  // namespace trustx
