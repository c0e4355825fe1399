// SPDX-License-Identifier: Apache-2.0
// Registers of the chip, reached in spite of missing acknowledgements. Source: chip-i2c.md sections 1 to 4.
//
// A chip that is starting, asleep or at work does not acknowledge its address; only this layer tries again.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/clock.hpp>
#include <trustx/i2c_bus.hpp>
#include <trustx/result.hpp>

#include <cstdint>

namespace trustx::ifx_i2c {

// chip-i2c.md section 3.
enum class Register : std::uint8_t {
    data = 0x80,
    data_reg_len = 0x81,
    i2c_state = 0x82,
    soft_reset = 0x88,
};

// State is the parsed register I2C_STATE.
struct State {
    bool busy = false;            // a command is being executed
    bool response_ready = false;  // a frame of `length` bytes waits in DATA
    std::uint16_t length = 0;
};

// PhysicalLayer reads and writes registers. Errors of all functions: Errc::no_chip when the address stays
// unacknowledged, Errc::timeout at the deadline, and what the bus reports.
class PhysicalLayer {
 public:
    PhysicalLayer(I2cBus& bus, Clock& clock) : bus_{bus}, clock_{clock} {}

    [[nodiscard]] Result<void> write_register(Register address, ByteView value, Deadline deadline);
    [[nodiscard]] Result<void> read_register(Register address, std::span<std::uint8_t> value, Deadline deadline);

    [[nodiscard]] Result<State> read_state(Deadline deadline);

    // write_data delivers a frame; the first byte of the buffer is Register::data.
    [[nodiscard]] Result<void> write_data(ByteView register_and_frame, Deadline deadline);
    // read_data fetches exactly the frame that I2C_STATE announced.
    [[nodiscard]] Result<void> read_data(std::span<std::uint8_t> frame, Deadline deadline);

    // negotiate_frame_size sets DATA_REG_LEN to the protocol's maximum and returns what the chip made of it.
    [[nodiscard]] Result<std::uint16_t> negotiate_frame_size(Deadline deadline);

    // forget_register_pointer: another host may have used the chip since.
    void forget_register_pointer() noexcept { pointer_known_ = false; }

    // last_nak is when the chip last did not acknowledge its address.
    [[nodiscard]] TimePoint last_nak() const noexcept { return last_nak_; }

    // misreads counts what was read as I2C_STATE and can be none: the bus was disturbed, or another host has moved the
    // register pointer.
    [[nodiscard]] unsigned misreads() const noexcept { return misreads_; }

 private:
    template <class Transfer>
    Result<void> persist(Transfer transfer, Deadline deadline);
    Result<void> write(ByteView bytes, Deadline deadline);
    Result<void> read(std::span<std::uint8_t> bytes, Deadline deadline);
    Result<void> point_to(Register address, Deadline deadline);

    I2cBus& bus_;
    Clock& clock_;
    TimePoint bus_free_at_{};  // end of the guard time
    TimePoint last_nak_{};
    unsigned misreads_ = 0;
    bool pointer_known_ = false;
    Register pointer_{};
    Bytes outgoing_;
};

}  // namespace trustx::ifx_i2c
