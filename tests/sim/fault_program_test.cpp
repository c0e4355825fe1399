// SPDX-License-Identifier: Apache-2.0
// Faults and time, as the program offers them: --fault, --clock, --scl, and their commands of ctl.
#include "host.hpp"
#include "socket_client.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/simulator.hpp"

using namespace trustx;
using namespace trustx::test;
using sim::TransferStatus;

namespace {

const sim::Bytes probe{};

std::string refusal(const Simulator& simulator, const std::vector<std::string>& command, int status = 1) {
    std::vector<std::string> arguments{"ctl", simulator.address()};
    arguments.insert(arguments.end(), command.begin(), command.end());
    const Outcome outcome = run(program("trustx-sim"), arguments);
    CHECK(outcome.status == status);
    CHECK(outcome.out.empty());
    return outcome.err;
}

std::int64_t microseconds(const Simulator& simulator) {
    return nlohmann::json::parse(simulator.control({"time"})).at("microseconds").get<std::int64_t>();
}

}  // namespace

TEST_CASE("trustx-sim --fault: rules of the command line are in force from the first transfer", "[faults]") {
    const Simulator simulator({.arguments = {"--fault", "address-nak,at=write", "--fault", "bus-error,before=read"}});
    SocketTarget target(simulator.socket());
    Host host(target);
    CHECK(host.try_read(1) == TransferStatus::bus_error);
    CHECK(host.try_write(probe) == TransferStatus::address_nak);
    CHECK(host.try_write(probe) == TransferStatus::done);
}

TEST_CASE("trustx-sim does not start with a fault rule or a clock that makes no sense", "[faults]") {
    const auto message = [](const std::string& option, const std::string& value) {
        const TempDir directory;
        const auto outcome =
            run(program("trustx-sim"), {"--listen", "unix:" + (directory / "chip").string(), option, value});
        CHECK(outcome.status == 2);
        CHECK(outcome.out.empty());
        return outcome.err;
    };
    CHECK_THAT(message("--fault", "bus-error,at=read"), ContainsSubstring("use before= or after="));
    CHECK_THAT(message("--clock", "0x"), ContainsSubstring("such as 10x"));
    CHECK_THAT(message("--clock", "fast"), ContainsSubstring("real, virtual, or a factor"));
}

TEST_CASE("trustx-sim ctl fault: rules are added, applied, listed and removed while the program runs", "[faults]") {
    const Simulator simulator;
    SocketTarget target(simulator.socket());
    Host host(target);
    host.open_application();
    CHECK(simulator.control({"fault", "reset,during=CalcSign"}) == "1\n");
    CHECK(simulator.control({"fault", "address-nak,at=read,nth=1000"}) == "2\n");
    host.write_frame(Host::frame(1, 0, "00" + sign_command("E0F0")));
    CHECK(host.state() == "08000000");
    const auto rules = nlohmann::json::parse(simulator.control({"faults"}));
    REQUIRE(rules.size() == 2);
    CHECK(rules[0].at("rule") == "reset,during=CalcSign");
    CHECK(rules[0].at("matches") == 1);
    CHECK(rules[0].at("applied") == 1);
    CHECK(rules[1].at("applied") == 0);
    CHECK(simulator.stats().at("faults") == nlohmann::json{{"reset", 1}});
    CHECK(simulator.stats().at("interrupted_commands") == 1);
    CHECK(simulator.stats().at("pin_resets") == 1);
    CHECK(simulator.control({"clear-fault", "1"}).empty());
    CHECK(simulator.control({"clear-fault", "all"}).empty());
    CHECK(simulator.control({"faults"}) == "[]\n");
    host.reset_counters();
    host.open_application();
    CHECK(host.apdu(sign_command("E0F0")).substr(0, 4) == "0000");
}

TEST_CASE("trustx-sim ctl: what cannot be done is refused with the reason", "[ctl]") {
    const Simulator simulator;
    CHECK_THAT(refusal(simulator, {"fault", "explode"}), ContainsSubstring("there is no fault \"explode\""));
    CHECK_THAT(refusal(simulator, {"fault"}, 2), ContainsSubstring("the command is written as: fault RULE"));
    CHECK_THAT(refusal(simulator, {"stats", "now"}, 2), ContainsSubstring("the command is written as: stats"));
    CHECK_THAT(refusal(simulator, {"clear-fault", "7"}), ContainsSubstring("there is no fault rule 7"));
    CHECK_THAT(refusal(simulator, {"advance", "5s"}), ContainsSubstring("--clock virtual"));
    CHECK_THAT(refusal(simulator, {"advance", "soon"}), ContainsSubstring("300us, 20ms or 5s"));
    CHECK_THAT(refusal(simulator, {"scl", "400"}), ContainsSubstring("--timing typical"));
    CHECK_THAT(refusal(simulator, {"scl", "3400"}), ContainsSubstring("100, 400 or 1000"));
    CHECK_THAT(refusal(simulator, {"security-events", "256"}), ContainsSubstring("from 0 to 255"));
}

TEST_CASE("trustx-sim --clock virtual: time passes with transfers and when it is told to", "[clock]") {
    const Simulator simulator({.timing = "typical", .arguments = {"--clock", "virtual"}});
    SocketTarget target(simulator.socket());
    Host host(target);
    CHECK(microseconds(simulator) == 0);
    CHECK(host.try_write(probe) == TransferStatus::address_nak);
    CHECK(microseconds(simulator) == 27);  // 11 clocks at 400 kHz
    CHECK(simulator.control({"advance", "20ms"}) == "{\"clock\":\"virtual\",\"microseconds\":20027}\n");
    CHECK(host.try_write(probe) == TransferStatus::done);
    CHECK(simulator.control({"advance", "1s"}).size() > 10);
    CHECK(host.try_write(probe) == TransferStatus::address_nak);  // asleep
    CHECK(simulator.stats().at("wake_ups") == 1);
    // Two minutes earn the full credit of the security monitor, at once.
    static_cast<void>(simulator.control({"advance", "120s"}));
    CHECK(simulator.stats().at("security_credit") == 5);
}

TEST_CASE("trustx-sim --clock 100x: the chip lives a hundred times as fast", "[clock]") {
    const Simulator simulator({.timing = "typical", .arguments = {"--clock", "100x"}});
    CHECK_THAT(simulator.control({"time"}), ContainsSubstring("\"clock\":\"100x\""));
    SocketTarget target(simulator.socket());
    Host host(target);
    host.open_application();
    static_cast<void>(simulator.control({"security-events", "200"}));
    const auto begun = std::chrono::steady_clock::now();
    const auto chip_begun = microseconds(simulator);
    CHECK(host.apdu(sign_command("E0F0")).substr(0, 4) == "0000");
    // A signature of a chip as throttled as this one takes 2.8 s of its time, and at the very least a hundredth of
    // that of everybody else's. How much more is up to the machine.
    CHECK(microseconds(simulator) - chip_begun > 2'800'000);
    CHECK(std::chrono::steady_clock::now() - begun > std::chrono::milliseconds(28));
}

TEST_CASE("trustx-sim ctl scl: the chip does not acknowledge on a bus that is too fast for its mode", "[ctl]") {
    const Simulator simulator({.timing = "typical", .arguments = {"--clock", "virtual", "--scl", "1000"}});
    SocketTarget target(simulator.socket());
    Host host(target);
    static_cast<void>(simulator.control({"advance", "1s"}));
    CHECK(host.try_write(probe) == TransferStatus::address_nak);
    CHECK(simulator.stats().at("scl_violations") == 1);
    CHECK(simulator.control({"scl", "400"}).empty());
    host.write(from_hex("898004"));
    CHECK(simulator.control({"scl", "1000"}).empty());
    host.open_application();
}

TEST_CASE("trustx-sim ctl reset and power-cycle act on the chip", "[ctl]") {
    const Simulator simulator;
    SocketTarget target(simulator.socket());
    Host host(target);
    host.write(from_hex("810019"));
    CHECK(simulator.control({"reset"}).empty());
    CHECK(to_hex(host.read_register(0x81, 2)) == "0115");
    CHECK(simulator.control({"power-cycle"}).empty());
    CHECK(simulator.stats().at("pin_resets") == 1);
    CHECK(simulator.stats().at("power_cycles") == 1);
}
