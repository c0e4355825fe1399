// SPDX-License-Identifier: Apache-2.0
#include "device/durations.hpp"

#include "support/catch.hpp"

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

 private:
    Durations durations_;
    Bytes buffer_;
};

CalcSign sign(ObjectId key) {
    return {.key = key, .digest = Bytes(11)};
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
