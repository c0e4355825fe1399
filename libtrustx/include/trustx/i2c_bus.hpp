// SPDX-License-Identifier: Apache-2.0
// What the protocol stack needs from below: I2C transfers to one target. It is implemented by a Linux I2C adapter, by a
// socket to a simulated or relayed chip, and by the buses of the tests.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/clock.hpp>
#include <trustx/result.hpp>

#include <memory>
#include <string>

namespace trustx {

struct BusAddress;

// I2cBus carries plain transfers, START to STOP, to one target address. Two transfers instead of a combined one,
// because the chip does not support repeated start (chip-i2c.md section 1).
//
// Errors: Errc::address_nak when the target did not acknowledge its address (nothing was transferred), errno codes
// and Errc::bus_failure for everything else. They do not name the bus; the Device does. Not for use by several threads
// at once.
class TRUSTX_EXPORT I2cBus {
 public:
    virtual ~I2cBus() = default;

    // write sends bytes in one transfer. An empty span is an address probe.
    [[nodiscard]] virtual Result<void> write(ByteView bytes, Deadline deadline) = 0;

    // read fills bytes in one transfer.
    [[nodiscard]] virtual Result<void> read(std::span<std::uint8_t> bytes, Deadline deadline) = 0;

    // pulse_reset drives the chip's reset line low and high again, and interrupts its supply, as far as the bus has
    // such lines; Errc::not_supported where it has none, Errc::line_unavailable when they cannot be driven.
    [[nodiscard]] virtual Result<void> pulse_reset(Deadline deadline);

    // resets_hung_chip: who set up this system has given the bus lines for pulse_reset(), so that a chip that answers
    // nothing any more can be reset without being asked for.
    [[nodiscard]] virtual bool resets_hung_chip() const { return false; }

    // rest says that the bus is not needed for a while: it may release what it holds of the system, and take that again
    // at the next transfer.
    virtual void rest() noexcept {}

    // name is the address in full, for messages: "i2c:/dev/i2c-1@0x30".
    [[nodiscard]] virtual const std::string& name() const = 0;
};

// open_bus opens the bus that an address names. Errors, which do not repeat the address: errno codes,
// Errc::not_supported when the adapter cannot do plain I2C transfers. The lines that the address names are taken when
// they are used. clock must outlive the bus.
TRUSTX_EXPORT Result<std::unique_ptr<I2cBus>> open_bus(const BusAddress& address, Clock& clock);

}  // namespace trustx
