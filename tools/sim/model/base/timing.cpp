// SPDX-License-Identifier: Apache-2.0
#include "model/base/timing.hpp"

#include <algorithm>

namespace trustx::sim {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// A fixed part and a part per byte, at the current limit of a new chip. Printed by real Trust X chips where known, else
// from the successor's manual.
Duration base_time(Opcode opcode, std::uint8_t param, std::size_t size) {
    const auto bytes = static_cast<std::int64_t>(size);
    switch (opcode) {
        case Opcode::open_application:
            return milliseconds{8};
        case Opcode::get_data_object:
            return param == 0x01 ? milliseconds{4} : Duration{microseconds{7500}} + microseconds{50} * bytes;
        case Opcode::set_data_object:
            return Duration{milliseconds{10}} + microseconds{175} * bytes;
        case Opcode::get_random:
            return Duration{milliseconds{6}} + microseconds{50} * bytes;
        case Opcode::set_auth_scheme:
        case Opcode::set_auth_msg:
            return milliseconds{6};
        case Opcode::calc_hash:
            return Duration{milliseconds{60}} + microseconds{80} * bytes;
        case Opcode::calc_sign:
        case Opcode::get_auth_msg:
            return milliseconds{145};
        case Opcode::verify_sign:
            return milliseconds{220};
        case Opcode::calc_ssec:
            return milliseconds{130};
        case Opcode::derive_key:
            return milliseconds{50};
        case Opcode::gen_key_pair:
            return param == 0x04 ? milliseconds{250} : milliseconds{108};
        case Opcode::proc_up_link_msg:
        case Opcode::proc_down_link_msg:
            return milliseconds{6};
    }
    return milliseconds{4};
}

// Records: no chip printed times for them. A byte goes through AES twice in CCM, which was taken to be as fast as
// hashing it; a block of 16 bytes takes 1.3 ms.
constexpr Duration per_hashed_byte = microseconds{80};
constexpr Duration per_encrypted_byte = microseconds{80};

Duration time_of(const Work& work) {
    const auto times = [](std::size_t count, Duration each) { return each * static_cast<std::int64_t>(count); };
    return base_time(Opcode::proc_up_link_msg, 0, 0) + times(work.key_pairs, base_time(Opcode::gen_key_pair, 0x03, 0)) +
           times(work.agreements, base_time(Opcode::calc_ssec, 0, 0)) +
           times(work.signatures, base_time(Opcode::calc_sign, 0, 0)) +
           times(work.verifications, base_time(Opcode::verify_sign, 0, 0)) +
           times(work.derivations, base_time(Opcode::derive_key, 0, 0)) + times(work.hashed_bytes, per_hashed_byte) +
           times(work.encrypted_bytes, per_encrypted_byte);
}

Duration at_current(Duration base, std::uint8_t current_limit) {
    return base * Timing::default_current_limit / std::max(current_limit, Timing::default_current_limit);
}

}  // namespace

Timing Timing::typical(std::uint32_t scl_khz) {
    Timing timing;
    timing.realistic = true;
    timing.scl_khz = scl_khz;
    timing.start_up = milliseconds{10};
    timing.start_up_after_write = milliseconds{12};
    timing.reset_pulse = milliseconds{1};
    timing.guard_time = microseconds{50};
    timing.wake_up = milliseconds{1};
    timing.fragment_window = milliseconds{2};
    timing.command_window = microseconds{4085};  // chip A did not acknowledge after 4078 yet, chip B did after 4093
    timing.control_window = microseconds{200};
    timing.acknowledge_timer = milliseconds{5};
    timing.transmission_timeout = milliseconds{10};
    return timing;
}

Duration Timing::bus_time(std::size_t bytes) const {
    if (scl_khz == 0) {
        return Duration::zero();
    }
    // Nine clocks a byte with its acknowledge bit, and one each for START and STOP.
    const auto clocks = static_cast<std::int64_t>((1 + bytes) * 9 + 2);
    return Duration(clocks * 1'000'000 / scl_khz);
}

// Speed grows with the current: chip-objects.md section 10 has 60 % at 9 mA of what it is at 15 mA, and what real chips
// printed is two and a half times what the successor's manual states for 15 mA (chip-commands.md section 7).
Duration Timing::execution(std::optional<Opcode> opcode, std::uint8_t param, std::size_t size,
                           std::uint8_t current_limit) const {
    if (!realistic) {
        return Duration::zero();
    }
    return at_current(opcode ? base_time(*opcode, param, size) : milliseconds{4}, current_limit);
}

Duration Timing::execution(const Work& work, std::uint8_t current_limit) const {
    return realistic ? at_current(time_of(work), current_limit) : Duration::zero();
}

}  // namespace trustx::sim
