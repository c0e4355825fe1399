// SPDX-License-Identifier: Apache-2.0
#include "ifx_i2c/physical_layer.hpp"

#include "support/catch.hpp"
#include "support/scripted_chip.hpp"

using namespace trustx;
using namespace trustx::ifx_i2c;
using namespace std::chrono_literals;
using test::ScriptedChip;
using test::VirtualClock;

namespace {

struct Fixture {
    VirtualClock clock;
    ScriptedChip chip{clock};
    PhysicalLayer physical{chip, clock};
};

}  // namespace

TEST_CASE("the physical layer waits for a chip that does not acknowledge its address", "[physical_layer]") {
    Fixture f;
    f.chip.naks = 15;  // a chip that is starting
    REQUIRE(f.physical.read_state(f.clock.in(1s)));
    CHECK(f.chip.transfers == 17);
}

TEST_CASE("the physical layer reports a missing chip after a quarter of a second", "[physical_layer]") {
    Fixture f;
    f.chip.naks = 1'000'000;
    const auto start = f.clock.now();
    const auto state = f.physical.read_state(f.clock.in(1h));
    REQUIRE_FALSE(state);
    CHECK(state.error().code() == Errc::no_chip);
    CHECK(f.clock.now() - start < 300ms);
}

TEST_CASE("the physical layer keeps to the caller's deadline", "[physical_layer]") {
    Fixture f;
    f.chip.naks = 1'000'000;
    const auto start = f.clock.now();
    const auto state = f.physical.read_state(f.clock.in(20ms));
    REQUIRE_FALSE(state);
    CHECK(state.error().code() == Errc::timeout);
    CHECK(f.clock.now() - start < 25ms);
}

TEST_CASE("the physical layer repeats a disturbed transfer but not a broken one", "[physical_layer]") {
    Fixture f;
    f.chip.errors = {errno_code(EIO), errno_code(ETIMEDOUT), errno_code(EAGAIN)};
    CHECK(f.physical.read_state(f.clock.in(1s)));

    f.chip.transfers = 0;
    f.chip.errors = {errno_code(ENODEV)};
    const auto state = f.physical.read_state(f.clock.in(1s));
    REQUIRE_FALSE(state);
    CHECK(state.error().code() == errno_code(ENODEV));
    CHECK(f.chip.transfers == 1);

    f.chip.errors.assign(10, errno_code(EIO));
    CHECK_FALSE(f.physical.read_state(f.clock.in(1s)));
}

TEST_CASE("the physical layer keeps the guard time between two transfers", "[physical_layer]") {
    Fixture f;
    for (int i = 0; i < 5; ++i) {
        REQUIRE(f.physical.read_state(f.clock.in(1s)));
    }
    for (std::size_t i = 1; i < f.chip.starts.size(); ++i) {
        CHECK(f.chip.starts[i] - f.chip.starts[i - 1] >= 150us);  // 100 us transfer, 50 us guard time
    }
}

TEST_CASE("polling a register sets the register pointer once", "[physical_layer]") {
    Fixture f;
    for (int i = 0; i < 5; ++i) {
        REQUIRE(f.physical.read_state(f.clock.in(1s)));
    }
    CHECK(f.chip.transfers == 6);
    f.physical.forget_register_pointer();
    REQUIRE(f.physical.read_state(f.clock.in(1s)));
    CHECK(f.chip.transfers == 8);
}

TEST_CASE("the frame size is what the chip grants", "[physical_layer]") {
    Fixture f;
    CHECK(f.physical.negotiate_frame_size(f.clock.in(1s)).value() == 0x0115);
    f.chip.data_reg_len = 0x0019;
    CHECK(f.physical.negotiate_frame_size(f.clock.in(1s)).value() == 0x0019);
    f.chip.data_reg_len = 0x0004;
    const auto size = f.physical.negotiate_frame_size(f.clock.in(1s));
    REQUIRE_FALSE(size);
    CHECK_THAT(size.error().message(), ContainsSubstring("DATA_REG_LEN"));
}

TEST_CASE("a state that no chip has is read again with the register written again", "[physical_layer]") {
    Fixture f;
    REQUIRE(f.physical.read_state(f.clock.in(1s)));
    f.chip.read_as_ones = 2;
    f.chip.transfers = 0;
    const auto state = f.physical.read_state(f.clock.in(1s));
    REQUIRE(state);
    CHECK_FALSE(state->busy);
    CHECK(f.chip.transfers == 1 + 2 + 2);
}

TEST_CASE("a bus that only reads as ones is not taken for a chip", "[physical_layer]") {
    Fixture f;
    f.chip.read_as_ones = 1'000'000;
    const auto state = f.physical.read_state(f.clock.in(1s));
    REQUIRE_FALSE(state);
    CHECK(state.error().code() == Errc::no_chip);
    CHECK_THAT(state.error().message(), ContainsSubstring("I2C_STATE reads FFFFFFFF"));
    const auto size = f.physical.negotiate_frame_size(f.clock.in(1s));
    REQUIRE_FALSE(size);
    CHECK_THAT(size.error().message(), ContainsSubstring("DATA_REG_LEN reads FFFF"));
}
