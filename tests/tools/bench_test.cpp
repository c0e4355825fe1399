// SPDX-License-Identifier: Apache-2.0
// trustx bench, the program, with a simulated chip. No figure is judged here, only what they are made of.
#include "chip_fixture.hpp"
#include "support/catch.hpp"

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

using nlohmann::json;
using trustx::test::Chip;

namespace {

const json& operation(const json& figures, std::string_view name) {
    for (const auto& entry : figures.at("operations")) {
        if (entry.at("name") == name) {
            return entry;
        }
    }
    FAIL("there is no operation " << name);
    return figures;
}

}  // namespace

TEST_CASE("bench compares what operations took with what chip and bus cannot do without", "[bench]") {
    const Chip chip({.timing = "typical"});
    const auto figures = json::parse(chip.must({"bench", "--runs", "1", "--json"}));
    CHECK(figures.at("chip_time") == "counted");
    const auto& sign = operation(figures, "CalcSign P-256, session");
    CHECK(sign.at("commands") == 1);
    // The execution time of the simulator, and not much of it is on the bus.
    CHECK(sign.at("chip_us").get<double>() >= 145'000);
    CHECK(sign.at("chip_us").get<double>() < 150'000);
    CHECK(sign.at("bus_us").get<double>() < 10'000);
    CHECK(sign.at("wall_us").get<double>() > sign.at("chip_us").get<double>());
    CHECK(sign.at("ratio").get<double>() > 1.0);
    CHECK(sign.at("polls").get<double>() >= 1);
    CHECK(sign.at("transfers").get<double>() > sign.at("polls").get<double>());
    for (const auto* name : {"GetDataObject, 1 byte", "GetRandom, 32 bytes", "CalcHash, 256 bytes", "VerifySign P-256",
                             "GenKeyPair P-256, session", "CalcSSec P-256, session", "DeriveKey, 48 bytes"}) {
        CHECK(operation(figures, name).at("commands") == 1);
    }
}

TEST_CASE("a second process costs the first at most three transfers each time", "[bench]") {
    const Chip chip;
    const auto figures = json::parse(chip.must({"bench", "--runs", "5", "--json"}));
    const auto& attach = figures.at("attach");
    CHECK(attach.at("extra_transfers").get<double>() <= 3);
    CHECK(attach.at("shared").at("transfers").get<double>() > attach.at("alone").at("transfers").get<double>());
}

TEST_CASE("bench changes nothing unless it is told to, and then only what was named", "[bench]") {
    const Chip chip;
    chip.must({"object", "write", "F1E0", chip.write("content", std::string(1500, 'x'))});
    chip.simulator.reset_stats();
    chip.must({"bench", "--runs", "1", "--object", "F1E0"});
    CHECK(chip.simulator.stats().at("commands").value("SetDataObject", 0) == 0);
    CHECK(chip.private_key_uses() == 0);
    const auto text = chip.must({"bench", "--runs", "1", "--object", "F1E0", "--write", "F1E0"});
    CHECK_THAT(text, ContainsSubstring("read F1E0, 1500 bytes") && ContainsSubstring("write F1E0"));
    CHECK(chip.simulator.stats().at("commands").value("SetDataObject", 0) > 0);
    chip.must({"object", "read", "F1E0", "--out", chip.path("after")});
    CHECK(trustx::test::read_file(chip.path("after")) == std::string(1500, 'x'));
}

TEST_CASE("bench signs with a slot of the chip only when it is named", "[bench]") {
    const Chip chip;
    static_cast<void>(chip.keygen("E0F1"));
    chip.simulator.reset_stats();
    const auto figures = json::parse(chip.must({"bench", "--runs", "2", "--key", "E0F1", "--json"}));
    CHECK(operation(figures, "CalcSign, E0F1").at("commands") == 1);
    CHECK(chip.private_key_uses() >= 2);
    chip.must_fail(2, {"bench", "--key", "E0E1"}, {"E0E1"});
}
