// SPDX-License-Identifier: Apache-2.0
// The bus over a stream socket: a simulated chip, or a real one behind a relay.
#pragma once

#include <trustx/bus_address.hpp>
#include <trustx/i2c_bus.hpp>

#include <memory>

namespace trustx {

// clock must outlive the bus.
Result<std::unique_ptr<I2cBus>> open_socket_bus(const BusAddress& address, const Clock& clock);

}  // namespace trustx
