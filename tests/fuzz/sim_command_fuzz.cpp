// SPDX-License-Identifier: Apache-2.0
// Command APDUs into the simulated chip's application: whatever arrives, a well-formed response goes out, a refusal has
// a reason in F1C2, and the chip can still be stored.
#include "fuzz_input.hpp"
#include "model/chip/factory.hpp"
#include "model/chip/state_image.hpp"
#include "model/command/application.hpp"

#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

using namespace trustx::sim;
using trustx::test::expect;

namespace {

// What all inputs share: making a key pair takes longer than most inputs.
struct Fixture {
    Crypto crypto{1};
    ChipState state = make_chip(*find_profile(default_profile), crypto);
    spdlog::logger log{"silent", std::make_shared<spdlog::sinks::null_sink_mt>()};
};

std::size_t announced(ByteView response) {
    return static_cast<std::size_t>(response[2] << 8 | response[3]);
}

void check_response(Application& application, ByteView response, Time now) {
    expect(response.size() >= apdu_header_size && response.size() <= max_apdu_size, "a response has its size");
    expect(announced(response) + apdu_header_size == response.size(), "OutLen is what follows");
    if (response[0] == 0x00) {
        return;
    }
    expect(response[0] == 0xFF && announced(response) == 0, "a refusal has no data");
    const Bytes get_reason{0x01, 0x00, 0x00, 0x06, 0xF1, 0xC2, 0x00, 0x00, 0x00, 0x01};
    const auto reason = application.execute(get_reason, now);
    expect(reason.size() == 5 && reason[0] == 0x00 && reason[4] != 0x00, "a refusal has a reason");
}

void check_storing(const ChipState& chip) {
    const auto again = decode_image(encode_image(chip));
    expect(again.has_value() && *again == chip, "the chip survives its image");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Fixture fixture;
    trustx::test::Input input{data, size};
    MemoryNvm nvm;
    Counters counters;
    Application application{fixture.state, nvm, fixture.crypto, counters, fixture.log};
    Time now = std::chrono::hours{1};
    const Bytes open{0xF0, 0x00, 0x00, 0x10, 0xD2, 0x76, 0x00, 0x00, 0x04, 'G',
                     'e',  'n',  'A',  'u',  't',  'h',  'A',  'p',  'p',  'l'};
    if ((input.u8() & 1) == 0) {
        check_response(application, application.execute(open, now), now);
    }
    while (!input.empty()) {
        // The length of each command stands in front of it.
        const Bytes apdu = trustx::test::exactly(input.bytes(input.u16() % 0x0700));
        now += std::chrono::milliseconds{apdu.size()};
        static_cast<void>(application.duration(apdu, Timing::typical(400)));
        check_response(application, application.execute(apdu, now), now);
    }
    if (counters.nvm_writes > 0) {
        check_storing(application.chip());
    }
    return 0;
}
