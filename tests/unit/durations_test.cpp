// SPDX-License-Identifier: Apache-2.0
#include "device/durations.hpp"

#include "support/catch.hpp"

#include <algorithm>

using namespace trustx;
using namespace std::chrono_literals;

namespace {

constexpr ObjectId data_object{0xF1E0};

// Experience is what a Durations knows of the commands that it is asked about.
class Experience {
 public:
    template <class Command>
    ifx_i2c::Expectation& of(const Command& command) {
        std::optional<typename Command::Response> response;
        return durations_.of(encode_command(CommandCall{command, response}, buffer_).value());
    }

    Durations* operator->() { return &durations_; }

 private:
    Durations durations_;
    Bytes buffer_;
};

CalcSign sign(ObjectId key) {
    return {.key = key, .digest = Bytes(11)};
}

auto number_of(const Durations::Hints& hints) {
    return std::ranges::count_if(hints, [](const auto& hint) { return hint.kind.opcode != 0; });
}

}  // namespace

TEST_CASE("commands begin with what the documents say of them", "[waiting]") {
    Experience durations;
    CHECK(durations.of(sign(ObjectId{0xE0F1})).first_poll() == 32'500us);
    CHECK(durations.of(GenKeyPair{.key = ObjectId{0xE0F1}}).first_poll() == 27'500us);
    CHECK(durations.of(GetDataObject{.object = ObjectId{0xE0C2}}).first_poll() == 0ms);
    CHECK(durations.of(SetDataObject{.object = data_object, .data = Bytes(256)}).first_poll() > 20ms);
}

TEST_CASE("each kind of command has its own experience", "[waiting]") {
    Experience durations;
    durations.of(sign(ObjectId{0xE0F1})).early(145ms);
    CHECK(durations.of(sign(ObjectId{0xE0F1})).first_poll() == 145ms);
    CHECK(durations.of(sign(ObjectId{0xE0F2})).first_poll() == 32'500us);  // perhaps of another curve

    durations.of(GetDataObject{.object = data_object}).early(30ms);
    CHECK(durations.of(GetDataObject{.object = data_object}).first_poll() == 30ms);
    CHECK(durations.of(GetDataObject{.object = data_object, .length = 1}).first_poll() == 0ms);
    CHECK(durations.of(GetDataObject{.object = ObjectId{0xF1E1}}).first_poll() == 0ms);
    CHECK(durations.of(GetMetadata{.object = data_object}).first_poll() == 0ms);
}

TEST_CASE("experience is bounded in number", "[waiting]") {
    Experience durations;
    for (std::uint16_t number = 0; number < 1000; ++number) {
        const GetMetadata read{.object = ObjectId{number}};
        durations.of(read).early(3ms);
        CHECK(durations.of(read).first_poll() == 3ms);
    }
    CHECK(durations.of(GetMetadata{.object = ObjectId{0}}).first_poll() == 0ms);  // forgotten
}

TEST_CASE("what one process learned is a hint to the next, until that learned it itself", "[waiting]") {
    Experience first;
    first.of(sign(ObjectId{0xE0F1})).early(145ms);
    first.of(GetDataObject{.object = ObjectId{0xE0C2}}).early(8ms);
    const auto hints = first->hints();
    CHECK(number_of(hints) == 1);  // a quick command is not worth one

    Experience second;
    second->go_on_with(hints);
    CHECK(second.of(sign(ObjectId{0xE0F1})).first_poll() == 145ms);
    CHECK(second.of(sign(ObjectId{0xE0F2})).first_poll() == 32'500us);
    second.of(sign(ObjectId{0xE0F1})).late();
    const auto corrected = second.of(sign(ObjectId{0xE0F1})).first_poll();
    CHECK(corrected < 145ms);
    second->go_on_with(hints);
    CHECK(second.of(sign(ObjectId{0xE0F1})).first_poll() == corrected);
    CHECK(number_of(second->hints()) == 1);
    CHECK(second->hints().back().experience.first_poll == corrected);
}

TEST_CASE("processes that live for one command learn together as one does alone", "[waiting]") {
    // The chip was exchanged for a quicker one.
    Experience alone;
    alone.of(sign(ObjectId{0xE0F1})).early(145ms);
    auto hints = alone->hints();
    for (int use = 0; use < 6; ++use) {
        alone.of(sign(ObjectId{0xE0F1})).late();
        Experience once;
        once->go_on_with(hints);
        once.of(sign(ObjectId{0xE0F1})).late();
        hints = once->hints();
        CHECK(hints.back().experience.first_poll == alone.of(sign(ObjectId{0xE0F1})).first_poll());
    }
    CHECK(hints.back().experience.first_poll < 65ms);
}

TEST_CASE("a hint that cannot be true costs a bounded time", "[waiting]") {
    Experience chip;
    chip.of(sign(ObjectId{0xE0F1})).early(145ms);
    auto hints = chip->hints();
    const Duration claimed = GENERATE(Duration{-1s}, Duration{0s}, Duration{24h}, Duration::max());
    hints.back().experience = {.first_poll = claimed, .times_late = 1'000'000};
    Experience deceived;
    deceived->go_on_with(hints);
    auto& expectation = deceived.of(sign(ObjectId{0xE0F1}));
    CHECK(expectation.first_poll() >= 0s);
    CHECK(expectation.first_poll() <= 400ms);
    int late = 0;
    for (; expectation.first_poll() > 145ms; ++late) {
        expectation.late();
    }
    CHECK(late <= 2);
}

TEST_CASE("hints are bounded in number, and the latest stay", "[waiting]") {
    Experience chip;
    for (std::uint16_t number = 0; number < 100; ++number) {
        chip.of(sign(ObjectId{number})).early(145ms);
        chip->hints();
    }
    Experience next;
    next->go_on_with(chip->hints());
    CHECK(next.of(sign(ObjectId{99})).first_poll() == 145ms);
    CHECK(next.of(sign(ObjectId{0})).first_poll() == 32'500us);
}
