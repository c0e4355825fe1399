// SPDX-License-Identifier: Apache-2.0
#include "ifx_i2c/physical_layer.hpp"

#include "common/try.hpp"
#include "ifx_i2c/frame.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace trustx::ifx_i2c {
namespace {

using namespace std::chrono_literals;

// chip-i2c.md section 1: between STOP and START.
constexpr Duration guard_time = 50us;
// Infineon's library retries 200 times at 1 ms (section 4). A chip starts within 12 ms and NAKs for at most a few more.
constexpr Duration nak_limit = 250ms;
// A stalled host must not be mistaken for a missing chip: at least this many attempts are made.
constexpr int min_attempts = 20;
constexpr Duration first_retry_pause = 100us;
constexpr Duration longest_retry_pause = 1ms;
// Disturbed transfers (arbitration, noise) and impossible values are worth another try, a broken bus is not.
constexpr int max_disturbances = 3;

bool is_disturbance(const std::error_code& code) {
    return code == errno_code(EIO) || code == errno_code(EAGAIN) || code == errno_code(ETIMEDOUT);
}

// I2C_STATE, section 3.
constexpr std::uint8_t busy_flag = 0x80;
constexpr std::uint8_t response_ready_flag = 0x40;
constexpr std::uint8_t soft_reset_flag = 0x08;  // Trust X always supports it
constexpr std::array<std::uint8_t, 2> reserved_flags{0x30, 0x7F};

// could_be_state tells a state from a bus that reads as ones and from another register: a lost write of the register
// address shows in no other way.
bool could_be_state(const std::array<std::uint8_t, 4>& raw, const State& state) {
    const bool flags_fit =
        (raw[0] & soft_reset_flag) != 0 && (raw[0] & reserved_flags[0]) == 0 && (raw[1] & reserved_flags[1]) == 0;
    const bool length_fits =
        state.length <= max_frame_size && (!state.response_ready || state.length >= frame_overhead);
    return flags_fit && length_fits;
}

State take_apart(const std::array<std::uint8_t, 4>& raw) {
    State state;
    state.busy = (raw[0] & busy_flag) != 0;
    state.response_ready = (raw[0] & response_ready_flag) != 0;
    state.length = static_cast<std::uint16_t>(raw[2] << 8 | raw[3]);
    return state;
}

tl::unexpected<Error> strange(const char* register_name, ByteView value) {
    return fail(Errc::no_chip, "register " + std::string{register_name} + " reads " + to_hex(value) +
                                   ", which no chip of this kind answers");
}

}  // namespace

template <class Transfer>
Result<void> PhysicalLayer::persist(Transfer transfer, Deadline deadline) {
    const auto give_up_at = clock_.now() + nak_limit;
    Duration pause = first_retry_pause;
    int disturbances = 0;
    for (int attempt = 1;; ++attempt) {
        if (clock_.now() < bus_free_at_) {
            clock_.sleep_until(bus_free_at_);
        }
        const auto start = clock_.now();
        auto done = transfer();
        bus_free_at_ = clock_.now() + guard_time;
        if (done) {
            return done;
        }
        const auto& code = done.error().code();
        if (is_disturbance(code)) {
            if (++disturbances > max_disturbances) {
                return done;
            }
        } else if (code != Errc::address_nak) {
            return done;
        } else {
            last_nak_ = start;
        }
        if (clock_.now() >= give_up_at && attempt >= min_attempts) {
            return fail(Errc::no_chip);
        }
        if (deadline.passed(clock_)) {
            return fail(Errc::timeout, "wait until the chip acknowledges its address");
        }
        clock_.sleep_for(pause);
        pause = std::min<Duration>(pause + pause / 2, longest_retry_pause);
    }
}

Result<void> PhysicalLayer::write(ByteView bytes, Deadline deadline) {
    return persist([&] { return bus_.write(bytes, deadline); }, deadline);
}

Result<void> PhysicalLayer::read(std::span<std::uint8_t> bytes, Deadline deadline) {
    return persist([&] { return bus_.read(bytes, deadline); }, deadline);
}

Result<void> PhysicalLayer::point_to(Register address, Deadline deadline) {
    // The register pointer stays where the last write put it (section 2), which saves a transfer for each poll.
    if (pointer_known_ && pointer_ == address) {
        return {};
    }
    pointer_known_ = false;
    const std::array<std::uint8_t, 1> pointer{static_cast<std::uint8_t>(address)};
    auto written = write(pointer, deadline);
    if (written) {
        pointer_known_ = true;
        pointer_ = address;
    }
    return written;
}

Result<void> PhysicalLayer::write_register(Register address, ByteView value, Deadline deadline) {
    outgoing_.assign(1, static_cast<std::uint8_t>(address));
    outgoing_.insert(outgoing_.end(), value.begin(), value.end());
    pointer_known_ = false;
    return write(outgoing_, deadline);
}

Result<void> PhysicalLayer::read_register(Register address, std::span<std::uint8_t> value, Deadline deadline) {
    TRYV(point_to(address, deadline));
    auto done = read(value, deadline);
    if (!done) {
        pointer_known_ = false;
    }
    return done;
}

Result<State> PhysicalLayer::read_state(Deadline deadline) {
    for (int disturbances = 0;;) {
        std::array<std::uint8_t, 4> raw{};
        TRYV(read_register(Register::i2c_state, raw, deadline));
        const auto state = take_apart(raw);
        if (could_be_state(raw, state)) {
            return state;
        }
        ++misreads_;
        pointer_known_ = false;
        if (++disturbances > max_disturbances) {
            return strange("I2C_STATE", raw);
        }
    }
}

Result<void> PhysicalLayer::write_data(ByteView register_and_frame, Deadline deadline) {
    pointer_known_ = false;
    return write(register_and_frame, deadline);
}

Result<void> PhysicalLayer::read_data(std::span<std::uint8_t> frame, Deadline deadline) {
    return read_register(Register::data, frame, deadline);
}

Result<std::uint16_t> PhysicalLayer::negotiate_frame_size(Deadline deadline) {
    constexpr std::array<std::uint8_t, 2> wanted{max_frame_size >> 8, max_frame_size & 0xFF};
    for (int disturbances = 0;;) {
        TRYV(write_register(Register::data_reg_len, wanted, deadline));
        std::array<std::uint8_t, 2> raw{};
        TRYV(read_register(Register::data_reg_len, raw, deadline));
        const auto size = static_cast<std::uint16_t>(raw[0] << 8 | raw[1]);
        if (size >= min_frame_size && size <= max_frame_size) {
            return size;
        }
        if (++disturbances > max_disturbances) {
            return strange("DATA_REG_LEN", raw);
        }
    }
}

}  // namespace trustx::ifx_i2c
