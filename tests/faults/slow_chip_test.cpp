// SPDX-License-Identifier: Apache-2.0
// Commands that must not be repeated, and a chip or a bus that is slow now and then: none of them may be given up.
#include "fixture.hpp"
#include "support/catch.hpp"

#include <trustx/commands.hpp>

#include <string>

using namespace trustx;
using test::Fixture;

TEST_CASE("forty signatures succeed however late the chip shows what became of the command", "[faults]") {
    static const auto prepared = test::prepare();
    const std::string rule =
        GENERATE(as<std::string>{},
                 // a look at I2C_STATE that began in time and ended too late
                 "delay=12ms,after=read,register=i2c_state,every=8", "delay=30ms,after=read,register=i2c_state,every=3",
                 // the transfer that brings the frame, or the next one
                 "delay=12ms,before=transfer,every=8", "delay=12ms,after=write,every=8");
    const auto style =
        GENERATE(sim::AcknowledgeStyle::automatic, sim::AcknowledgeStyle::separate, sim::AcknowledgeStyle::piggyback);
    CAPTURE(rule, static_cast<int>(style));
    Fixture gateway{prepared.image, style};
    REQUIRE(gateway.device->run(GetDataObject{.object = object::max_com_buffer_size}));
    gateway.chip->faults().add(sim::parse_fault_rule(rule).value());
    const Bytes digest(32, 0x5A);
    int failed = 0;
    for (int i = 0; i < 40; ++i) {
        const auto done = gateway.device->run(CalcSign{.key = ObjectId{0xE0F1}, .digest = digest});
        failed += done ? 0 : 1;
        UNSCOPED_INFO((done ? "done" : done.error().message()));
    }
    CHECK(failed == 0);
    CHECK(gateway.executed("CalcSign") == 40);
}
