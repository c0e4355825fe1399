// SPDX-License-Identifier: Apache-2.0
// The security monitor: counter, credit and delay (chip-objects.md section 9).
#include "model/chip/security_monitor.hpp"

#include "host.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

void sign(Host& host, int times) {
    for (int i = 0; i < times; ++i) {
        REQUIRE(host.apdu(sign_command("E0F0")).substr(0, 4) == "0000");
    }
}

std::string counter(Host& host) {
    return host.apdu("01000002E0C5").substr(8);
}

sim::Duration time_to_sign(Host& host) {
    const sim::Time start = host.clock.now();
    sign(host, 1);
    return host.clock.now() - start;
}

}  // namespace

TEST_CASE("sim: each use of a stored private key raises the security event counter", "[monitor]") {
    Host host;
    CHECK(counter(host) == "00");
    sign(host, 3);
    CHECK(counter(host) == "03");
    CHECK(host.apdu("10910002E0F0") == "00000000");
    CHECK(host.apdu("190100080102030405060708") == "00000000");
    CHECK(host.apdu("18020000").substr(0, 4) == "0000");
    CHECK(counter(host) == "04");
}

TEST_CASE("sim: session keys and refused commands are no security events", "[monitor]") {
    Host host;
    CHECK(host.apdu("38030009010002E10002000110").substr(0, 4) == "0000");
    CHECK(host.apdu(sign_command("E100")).substr(0, 4) == "0000");
    CHECK(host.error(sign_command("E0F1")) == "05");
    CHECK(counter(host) == "00");
}

TEST_CASE("sim: five quiet seconds take one event back, and later earn credit up to five", "[monitor]") {
    Host host;
    sign(host, 2);
    host.clock.advance(milliseconds(4999));
    CHECK(counter(host) == "02");
    host.clock.advance(milliseconds(1));
    CHECK(counter(host) == "01");
    host.clock.advance(seconds(5));
    CHECK(counter(host) == "00");
    CHECK(host.chip->credit() == 0);
    host.clock.advance(seconds(5));
    CHECK(host.chip->credit() == 1);
    host.clock.advance(std::chrono::hours(1000));
    CHECK(host.chip->credit() == 5);
    sign(host, 6);
    CHECK(counter(host) == "01");
}

TEST_CASE("sim: a reset loses the credit and keeps the counter", "[monitor]") {
    Host host;
    host.clock.advance(seconds(60));
    CHECK(host.chip->credit() == 5);
    sign(host, 7);
    host.chip->pulse_reset();
    host.reset_counters();
    host.open_application();
    CHECK(host.chip->credit() == 0);
    CHECK(counter(host) == "02");
}

TEST_CASE("sim: signing is fast up to 127 events, then slower, and never slower than one in five seconds",
          "[monitor]") {
    Host host({.timing = sim::Timing::typical(400)});
    sim::Duration full_speed = time_to_sign(host);
    for (int i = 1; i < 127; ++i) {
        full_speed = std::max(full_speed, time_to_sign(host));
    }
    CHECK(full_speed < milliseconds(200));
    sign(host, 60);
    const sim::Duration throttled = time_to_sign(host);
    CHECK(throttled > milliseconds(1000));
    sign(host, 300);
    const sim::Duration slowest = time_to_sign(host);
    CHECK(slowest > throttled);
    CHECK(slowest < seconds(6));
}

TEST_CASE("sim: without timing the counter saturates and nothing slows down", "[monitor]") {
    Host host;
    sign(host, 300);
    CHECK(counter(host) == "FF");
    CHECK(host.clock.now() < seconds(1));
}

TEST_CASE("sim: the counter survives a start, whatever the clock of the machine says", "[monitor]") {
    sim::SecurityMonitor monitor;
    std::uint8_t counter = 200;
    monitor.advance(std::chrono::hours(100), counter);
    CHECK(counter == 200);
    monitor.advance(std::chrono::hours(100) + sim::SecurityMonitor::tmax, counter);
    CHECK(counter == 199);
}
