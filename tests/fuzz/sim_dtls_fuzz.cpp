// SPDX-License-Identifier: Apache-2.0
// ProcUpLinkMsg or ProcDownLinkMsg, whichever this target was built for, into a chip that has gone some way through a
// recorded handshake: a well-formed response goes out, a refusal has a reason, a server's message that is refused takes
// the session with it, and the chip can always begin again.
#include "dtls_recording.hpp"
#include "fuzz_input.hpp"
#include "model/base/timing.hpp"

#include <fstream>

using namespace trustx;
using trustx::test::expect;

namespace {

#ifdef FUZZED_up_LINK
constexpr std::uint8_t opcode = 0x1A;
#else
constexpr std::uint8_t opcode = 0x1B;
#endif

constexpr std::uint8_t param_decrypt = 0x51;
constexpr std::uint8_t first_code_of_dtls = 0x21;

nlohmann::json recorded_run() {
    std::ifstream file{RECORDING};
    return nlohmann::json::parse(file);
}

sim::Bytes request(std::uint8_t command, std::uint8_t param, sim::ByteView behind_session) {
    sim::Bytes apdu{command, param};
    sim::append_u16(apdu, 2 + behind_session.size());
    sim::append_u16(apdu, 0xE100);
    sim::append(apdu, behind_session);
    return test::exactly(apdu);
}

class Session {
 public:
    Session(std::size_t steps, test::Recording& recording) : recording_{recording}, chip_({}, recording.random()) {
        recording_.prepare(chip_);
        for (std::size_t i = 0; i < steps % (recording_.size() + 1); ++i) {
            expect(chip_.apdu(recording_.command(i)) == recording_.answer(i), "the recorded run repeats");
        }
    }

    void run(std::uint8_t param, sim::ByteView behind_session) {
        const sim::Bytes apdu = request(opcode, param, behind_session);
        static_cast<void>(chip_.application().duration(apdu, sim::Timing::typical(400)));
        const std::uint8_t code = execute(apdu);
        const bool took_the_session = opcode == 0x1B && param != param_decrypt && code >= first_code_of_dtls;
        if (took_the_session) {
            expect(execute(request(0x1A, 0x61, {})) == 0x0B, "a lost session takes nothing");
        }
    }

    void end() {
        expect(execute(request(0x1A, 0x71, {})) == 0, "a session ends");
        const sim::Bytes begin{0x10, 0x99, 0x00, 0x04, 0xE0, 0xF0, 0xE1, 0x00};
        expect(execute(begin) == 0, "a session begins again");
        expect(execute(request(0x1A, 0x01, {})) == 0, "and makes a hello");
    }

 private:
    // execute is the code of a refusal, or 0.
    std::uint8_t execute(const sim::Bytes& apdu) {
        const auto response = chip_.application().execute(apdu, chip_.now);
        expect(response.size() >= 4 && response.size() <= sim::max_apdu_size, "a response has its size");
        expect(static_cast<std::size_t>(response[2] << 8 | response[3]) + 4 == response.size(),
               "OutLen is what follows");
        if (response[0] == 0) {
            if (response.size() > 4) {
                expect(response.size() >= 7 &&
                           static_cast<std::size_t>(response[5] << 8 | response[6]) + 7 == response.size(),
                       "a TLV is what follows");
            }
            return 0;
        }
        expect(response[0] == 0xFF && response.size() == 4, "a refusal has no data");
        const sim::Bytes get_reason{0x01, 0x00, 0x00, 0x02, 0xF1, 0xC2};
        const auto reason = chip_.application().execute(get_reason, chip_.now);
        expect(reason.size() == 5 && reason[0] == 0 && reason[4] != 0, "a refusal has a reason");
        return reason[4];
    }

    test::Recording& recording_;
    test::PlainChip chip_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static test::Recording recording{recorded_run()};
    test::Input input{data, size};
    Session session{input.u8(), recording};
    while (!input.empty()) {
        const std::uint8_t param = input.u8();
        session.run(param, input.bytes(input.u16() % 0x0610));
    }
    session.end();
    return 0;
}
