// SPDX-License-Identifier: Apache-2.0
// Another host on the same bus, one that knows nothing of locks: what it does to the chip and leaves there.
#pragma once

#include "chip_bus.hpp"

#include <string_view>

namespace trustx::test {

class ForeignHost {
 public:
    ForeignHost(ChipBus& bus, VirtualTime& time) : bus_{bus}, time_{time} {}

    // Each starts with a re-synchronisation, as a host does that knows nothing of the chip's state.
    void resynchronise();
    void leave_half_a_chain();
    void leave_unread_response();
    void leave_unacknowledged_response();
    // use_it runs one command properly to its end.
    void use_it();

    void set_frame_size(std::uint16_t size);

 private:
    void write(Bytes bytes);
    void write_frame(std::string_view hex);
    // fetch waits until the chip offers a frame and reads it; fetch_response goes on until that is a data frame.
    Bytes fetch();
    void fetch_response();

    ChipBus& bus_;
    VirtualTime& time_;
};

}  // namespace trustx::test
