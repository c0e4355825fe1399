// SPDX-License-Identifier: Apache-2.0
// Transfers, frames and time into the whole simulated chip: it always answers, its state register keeps to its form,
// and after a reset it works.
#include "fuzz_input.hpp"
#include "model/chip/factory.hpp"
#include "model/ifx_i2c/chip_target.hpp"
#include "model/ifx_i2c/crc16.hpp"
#include "model/nvm/nvm.hpp"

#include <array>
#include <memory>

#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

using namespace trustx::sim;
using trustx::test::expect;

namespace {

constexpr std::uint8_t address = 0x30;
constexpr std::uint8_t reg_data = 0x80;
constexpr std::uint8_t reg_state = 0x82;
constexpr Duration guard = std::chrono::microseconds{60};

// What all inputs share: making a chip, or reading one from its image, takes many times as long as using it.
struct Fixture {
    Crypto crypto{1};
    ChipState state = make_chip(*find_profile(default_profile), crypto);
    spdlog::logger log{"silent", std::make_shared<spdlog::sinks::null_sink_mt>()};
};

// Chip is what SimulatedChip puts together, from the state of a new one.
class Chip {
 public:
    Chip(Fixture& fixture, bool realistic, const Clock& clock)
        : timing_{realistic ? Timing::typical(400) : Timing::none()},
          clock_{clock},
          application_{fixture.state, nvm_, fixture.crypto, counters_, fixture.log} {}

    I2cTarget& bus() { return bus_; }
    [[nodiscard]] std::uint8_t address() const { return target_.address(); }

 private:
    MemoryNvm nvm_;
    Counters counters_;
    Timing timing_;
    ShiftedClock clock_;
    Faults faults_{1, counters_};
    Application application_;
    ChipTarget target_{application_, timing_, AcknowledgeStyle::automatic, faults_, clock_, counters_};
    FaultyBus bus_{target_, clock_, faults_, timing_, counters_};
};

class Conversation {
 public:
    Conversation(Fixture& fixture, trustx::test::Input& input)
        : input_{input}, chip_{fixture, (input.u8() & 1) != 0, clock_} {}

    void step() {
        const auto choice = input_.u8();
        switch (choice & 0x07) {
            case 0:
                write(input_.bytes(input_.u8()));
                break;
            case 1:
                read(input_.u16() % 400U);
                break;
            case 2:
                write_frame(input_.u8(), input_.bytes(input_.u16() % 300U));
                break;
            case 3:
                write_frame(static_cast<std::uint8_t>(0x80 | choice >> 3), {});
                break;
            case 4:
                clock_.advance(std::chrono::milliseconds{choice >> 3});
                break;
            case 5:
                fetch();
                break;
            case 6:
                clock_.advance((choice & 0x80) != 0 ? chip_.bus().pulse_reset() : chip_.bus().power_cycle());
                break;
            default:
                check_state();
                break;
        }
    }

    // Every input ends with a reset, after which the chip must be as good as new.
    void end() {
        clock_.advance(chip_.bus().pulse_reset());
        clock_.advance(std::chrono::milliseconds{20});
        expect(state(chip_.address()) == 0x08000000, "a chip that was reset is idle");
    }

 private:
    void write(ByteView bytes) {
        clock_.advance(guard);
        clock_.advance(chip_.bus().write(address, bytes).bus_time);
    }
    Bytes read(std::size_t count) {
        clock_.advance(guard);
        Bytes bytes(count, 0x55);
        clock_.advance(chip_.bus().read(address, bytes).bus_time);
        return bytes;
    }
    void write_frame(std::uint8_t fctr, ByteView packet) {
        Bytes bytes{fctr};
        append_u16(bytes, packet.size());
        append(bytes, packet);
        append_u16(bytes, crc16(bytes));
        Bytes transfer{reg_data};
        append(transfer, bytes);
        write(transfer);
    }
    std::uint32_t state(std::uint8_t at) {
        std::array<std::uint8_t, 4> raw{};
        const std::array<std::uint8_t, 1> pointer{reg_state};
        // A chip that sleeps or works does not listen at first.
        for (int tries = 0; tries < 100'000; ++tries) {
            clock_.advance(guard);
            const auto pointed = chip_.bus().write(at, pointer);
            clock_.advance(pointed.bus_time + guard);
            if (pointed.status == TransferStatus::done && chip_.bus().read(at, raw).status == TransferStatus::done) {
                return static_cast<std::uint32_t>(raw[0]) << 24 | static_cast<std::uint32_t>(raw[1]) << 16 |
                       static_cast<std::uint32_t>(raw[2]) << 8 | raw[3];
            }
        }
        expect(false, "the chip listens again");
        return 0;
    }
    std::uint32_t check_state() {
        const auto value = state(chip_.address());
        const auto length = value & 0xFFFFU;
        expect((value & 0x3FFF0000U) == 0x08000000U, "flags that do not exist are zero");
        expect(length <= 0x0115 && ((value & 0x40000000U) != 0) == (length >= 5), "RESP_RDY comes with a length");
        return length;
    }
    void fetch() {
        const auto length = check_state();
        if (length == 0 || chip_.address() != address) {
            return;
        }
        const std::array<std::uint8_t, 1> pointer{reg_data};
        write(pointer);
        const auto frame = read(length);
        expect(frame.size() == length, "a frame has the announced length");
    }

    trustx::test::Input& input_;
    VirtualClock clock_;
    Chip chip_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Fixture fixture;
    trustx::test::Input input{data, size};
    Conversation conversation{fixture, input};
    while (!input.empty()) {
        conversation.step();
    }
    conversation.end();
    return 0;
}
