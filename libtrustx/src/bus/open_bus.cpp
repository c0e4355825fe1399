// SPDX-License-Identifier: Apache-2.0
// From an address to the bus behind it.
#include "bus/linux_i2c_bus.hpp"
#include "bus/socket_bus.hpp"

#include <trustx/bus_address.hpp>
#include <trustx/i2c_bus.hpp>

namespace trustx {

Result<void> I2cBus::pulse_reset(Deadline /*deadline*/) {
    return fail(Errc::not_supported, "reset line");
}

Result<std::unique_ptr<I2cBus>> open_bus(const BusAddress& address, const Clock& clock) {
    switch (address.kind) {
        case BusAddress::Kind::linux_i2c:
            return open_linux_i2c_bus(address);
        case BusAddress::Kind::unix_socket:
            return open_socket_bus(address, clock);
    }
    return fail(Errc::address_invalid);
}

}  // namespace trustx
