// SPDX-License-Identifier: Apache-2.0
#include "foreign_host.hpp"

#include "model/base/bytes.hpp"  // of the simulator

#include <array>
#include <stdexcept>

namespace trustx::test {
namespace {

using namespace std::chrono_literals;

// Writes of register DATA with frames of golden/frames.json: re-synchronisation, the first of a chain, GetDataObject
// E0C6 as frame 0, ACK 0.
constexpr const char* resync_frame = "80C000000A9A";
constexpr const char* get_e0c6 = "800300070001000002E0C61357";
constexpr const char* acknowledge_0 = "808000000CEC";
constexpr std::uint8_t reg_data = 0x80;
constexpr std::uint8_t reg_data_reg_len = 0x81;
constexpr std::uint8_t reg_i2c_state = 0x82;

constexpr std::uint8_t response_ready = 0x40;
constexpr std::uint8_t control_frame = 0x80;

constexpr int most_tries = 10'000;

}  // namespace

// A chip at work does not listen: every host tries again.
void ForeignHost::write(Bytes bytes) {
    for (int tries = 0; tries < most_tries; ++tries) {
        time_.pass(100us);
        if (bus_.write(bytes, {})) {
            return;
        }
    }
    throw std::runtime_error("the foreign host reaches no chip");
}

void ForeignHost::write_frame(std::string_view hex) {
    write(sim::from_hex(hex).value());
}

Bytes ForeignHost::fetch() {
    for (int tries = 0; tries < most_tries; ++tries) {
        std::array<std::uint8_t, 4> state{};
        write({reg_i2c_state});
        time_.pass(100us);
        if (bus_.read(state, {}) && (state[0] & response_ready) != 0) {
            write({reg_data});
            Bytes frame(static_cast<std::size_t>(state[2] << 8 | state[3]));
            time_.pass(100us);
            if (bus_.read(frame, {})) {
                return frame;
            }
        }
    }
    throw std::runtime_error("the foreign host gets no answer");
}

void ForeignHost::fetch_response() {
    while ((fetch().at(0) & control_frame) != 0) {
    }
}

void ForeignHost::resynchronise() {
    write_frame(resync_frame);
}

void ForeignHost::set_frame_size(std::uint16_t size) {
    write({reg_data_reg_len, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)});
}

void ForeignHost::leave_half_a_chain() {
    resynchronise();
    // The first packet of OpenApplication at a frame size of 0019, as recorded.
    set_frame_size(0x0019);
    write_frame(
        "8003001401F0000010D27600000447656E41757468417070"
        "2A69");
    set_frame_size(0x0115);
}

void ForeignHost::leave_unread_response() {
    resynchronise();
    write_frame(get_e0c6);
}

void ForeignHost::leave_unacknowledged_response() {
    leave_unread_response();
    fetch_response();
}

void ForeignHost::use_it() {
    leave_unread_response();
    fetch_response();
    write_frame(acknowledge_0);
}

}  // namespace trustx::test
