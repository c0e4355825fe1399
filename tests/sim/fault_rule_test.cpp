// SPDX-License-Identifier: Apache-2.0
// Fault rules as people write them.
#include "model/faults/fault_rule.hpp"

#include "model/faults/faults.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::sim;

namespace {

FaultRule rule(const std::string& text) {
    const auto parsed = parse_fault_rule(text);
    INFO((parsed ? text : parsed.error()));
    REQUIRE(parsed.has_value());
    return *parsed;
}

std::string problem(const std::string& text) {
    const auto parsed = parse_fault_rule(text);
    return parsed ? "accepted" : parsed.error();
}

// affected lists to which of twenty transfers a rule is applied.
std::vector<int> affected(const std::string& text) {
    Counters counters;
    Faults faults(1, counters);
    faults.add(rule(text));
    std::vector<int> numbers;
    for (int number = 1; number <= 20; ++number) {
        if (faults.next_for({.is_write = true, .register_ = 0x82, .size = 1})) {
            numbers.push_back(number);
        }
    }
    CHECK(counters.faults["address-nak"] == numbers.size());
    return numbers;
}

}  // namespace

TEST_CASE("fault rule: without conditions a fault is applied to the next transfer once", "[faults]") {
    const FaultRule parsed = rule("address-nak");
    CHECK(parsed.kind == FaultKind::address_nak);
    CHECK(parsed.subject == FaultSubject::transfer);
    CHECK(parsed.nth == 1);
    CHECK(parsed.times == 1);
    CHECK(parsed.text == "address-nak");
}

TEST_CASE("fault rule: a fault names its place in the transfer", "[faults]") {
    CHECK(rule("bit-flip").byte == 0);
    CHECK(rule("bit-flip=4.7").byte == 4);
    CHECK(rule("bit-flip=4.7").bit == 7);
    CHECK(rule("bit-flip=last,at=read").byte == std::nullopt);
    CHECK(rule("data-nak=3").subject == FaultSubject::write);
    CHECK(rule("drop,at=write,register=data").register_ == 0x80);
    CHECK(rule("drop,at=write,register=0x82").register_ == 0x82);
    CHECK(rule("delay=300us").delay == std::chrono::microseconds(300));
    CHECK(rule("reset=7,during=write").byte == 7);
    CHECK(rule("reset,during=write").byte == std::nullopt);
    CHECK(rule("delay=2s,after=read").moment == Moment::after);
}

TEST_CASE("fault rule: a command is named by its name, its Cmd or as any", "[faults]") {
    CHECK(rule("reset,during=CalcSign").opcode == 0x31);
    CHECK(rule("reset,before=31").opcode == 0x31);
    CHECK(rule("power-cut,after=0x02").opcode == 0x02);
    CHECK(rule("hang,during=command").opcode == std::nullopt);
    CHECK(rule("hang,during=command").on_command());
    CHECK_FALSE(rule("hang,before=write").on_command());
}

TEST_CASE("fault rule: what makes no sense is refused with what would", "[faults]") {
    CHECK_THAT(problem(""), ContainsSubstring("there are address-nak, data-nak, bit-flip, drop, duplicate, delay"));
    CHECK_THAT(problem("explode"), ContainsSubstring("there is no fault \"explode\""));
    CHECK_THAT(problem("drop=1"), ContainsSubstring("takes no value"));
    CHECK_THAT(problem("delay"), ContainsSubstring("such as delay=300us"));
    CHECK_THAT(problem("delay=20"), ContainsSubstring("needs a time"));
    CHECK_THAT(problem("delay=99999999999s"), ContainsSubstring("needs a time"));
    CHECK_THAT(problem("bit-flip=1.8"), ContainsSubstring("a bit from 0 to 7"));
    CHECK_THAT(problem("data-nak=x"), ContainsSubstring("as in data-nak=4"));
    CHECK_THAT(problem("data-nak=1.1"), ContainsSubstring("number of a byte"));
    CHECK_THAT(problem("data-nak,at=read"), ContainsSubstring("acknowledged by the host"));
    CHECK_THAT(problem("address-nak,during=write"), ContainsSubstring("cannot come during a transfer; use at="));
    CHECK_THAT(problem("delay=1s,before=CalcSign"), ContainsSubstring("cannot come before a command; use during="));
    CHECK_THAT(problem("bit-flip=1,at=CalcSign"), ContainsSubstring("happens to transfers, not to commands"));
    CHECK_THAT(problem("reset=3"), ContainsSubstring("use during="));
    CHECK_THAT(problem("reset=3,during=CalcSign"), ContainsSubstring("in the middle of a transfer"));
    CHECK_THAT(problem("reset=x,during=write"), ContainsSubstring("the number of a byte"));
    CHECK_THAT(problem("reset,during=calcsign"), ContainsSubstring("there is no command \"calcsign\""));
    CHECK_THAT(problem("reset,before=write,after=write"), ContainsSubstring("two moments"));
    CHECK_THAT(problem("reset,during=CalcSign,register=data"), ContainsSubstring("a command has no register"));
    CHECK_THAT(problem("drop,register=nothing"), ContainsSubstring("there is no register \"nothing\""));
    CHECK_THAT(problem("drop,nth"), ContainsSubstring("needs a value"));
    CHECK_THAT(problem("drop,nth=0"), ContainsSubstring("a number from 1"));
    CHECK_THAT(problem("drop,percent=101"), ContainsSubstring("from 1 to 100"));
    CHECK_THAT(problem("drop,times=always"), ContainsSubstring("or ever"));
    CHECK_THAT(problem("drop,often=3"), ContainsSubstring("there is no condition \"often\""));
}

TEST_CASE("fault rule: it says which transfers are affected", "[faults]") {
    using Numbers = std::vector<int>;
    CHECK(affected("address-nak") == Numbers{1});
    CHECK(affected("address-nak,nth=3") == Numbers{3});
    CHECK(affected("address-nak,nth=3,times=2") == Numbers{3, 4});
    CHECK(affected("address-nak,nth=18,times=ever") == Numbers{18, 19, 20});
    CHECK(affected("address-nak,every=7") == Numbers{7, 14});
    CHECK(affected("address-nak,every=7,times=1") == Numbers{7});
    CHECK(affected("address-nak,at=read").empty());
    CHECK(affected("address-nak,at=write,register=data").empty());
    CHECK(affected("address-nak,percent=100").size() == 20);
    const auto some = affected("address-nak,percent=50");
    CHECK(some.size() > 3);
    CHECK(some.size() < 17);
    CHECK(some == affected("address-nak,percent=50"));
}

TEST_CASE("fault rule: of several the oldest is applied first, and the others keep their turn", "[faults]") {
    Counters counters;
    Faults faults(1, counters);
    const auto first = faults.add(rule("bus-error"));
    const auto second = faults.add(rule("timeout"));
    const Faults::Access access{.is_write = true, .register_ = 0x80, .size = 1};
    CHECK(faults.next_for(access)->kind == FaultKind::bus_error);
    CHECK(faults.next_for(access)->kind == FaultKind::timeout);
    CHECK_FALSE(faults.next_for(access));
    CHECK(faults.entries()[1].matches == 3);
    CHECK(faults.entries()[1].applied == 1);
    CHECK(faults.remove(first));
    CHECK_FALSE(faults.remove(first));
    CHECK(faults.entries()[0].number == second);
}
