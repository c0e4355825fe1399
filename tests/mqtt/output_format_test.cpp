// SPDX-License-Identifier: Apache-2.0
// How received messages are printed.
#include "commands/output_format.hpp"

#include "support/catch.hpp"

using trustx::mqtt::Message;
using trustx::mqtt::OutputFormat;

namespace {

const Message arrived{.topic = "a/b", .payload = "x\x1By", .qos = 1, .retained = true};

std::string printed(std::string_view format, bool for_terminal = false) {
    const auto parsed = OutputFormat::parse(format);
    REQUIRE(parsed);
    return parsed->apply(arrived, for_terminal);
}

}  // namespace

TEST_CASE("a format names topic, payload and what MQTT says of them", "[format]") {
    CHECK(printed("%p") == "x\x1By");
    CHECK(printed("%t: %p") == "a/b: x\x1By");
    CHECK(printed("%q%r%d%l") == "1103");
    CHECK(printed("%x") == "781b79");
    CHECK(printed("100%%\\t\\\\\\n") == "100%\t\\\n");
    CHECK(printed("%I").ends_with("Z"));
}

TEST_CASE("what others say is made printable for a terminal, and the format is not", "[format]") {
    CHECK(printed("%p\\n", true) == "x\\x1By\n");
}

TEST_CASE("a format with an unknown field is refused", "[format]") {
    CHECK_FALSE(OutputFormat::parse("%y"));
    CHECK_FALSE(OutputFormat::parse("%"));
    CHECK_FALSE(OutputFormat::parse("%p %"));
}
