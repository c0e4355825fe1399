// SPDX-License-Identifier: Apache-2.0
// From an address to the bus behind it.
#include "bus/linux_i2c_bus.hpp"
#include "bus/reset_lines.hpp"
#include "bus/socket_bus.hpp"
#include "common/try.hpp"

#include <trustx/bus_address.hpp>
#include <trustx/i2c_bus.hpp>

namespace trustx {

Result<void> I2cBus::pulse_reset(Deadline /*deadline*/) {
    return fail(Errc::not_supported, "reset line");
}

Result<std::unique_ptr<I2cBus>> open_bus(const BusAddress& address, Clock& clock) {
    switch (address.kind) {
        case BusAddress::Kind::linux_i2c: {
            TRY(auto bus, open_linux_i2c_bus(address.chip()));
            const bool has_lines = address.reset_line || address.supply_line;
            return has_lines ? with_reset_lines(std::move(bus), address, clock) : std::move(bus);
        }
        case BusAddress::Kind::unix_socket:
            return open_socket_bus(address, clock);
    }
    return fail(Errc::address_invalid);
}

}  // namespace trustx
