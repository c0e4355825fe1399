// SPDX-License-Identifier: Apache-2.0
// Transfers, frames and time into the whole simulated chip: it always answers, its state register keeps to its form,
// and after a reset it works.
#include "fuzz_input.hpp"
#include "ifx_i2c/crc16.hpp"
#include "simulated_chip.hpp"

#include <array>
#include <memory>
#include <string>

using namespace trustx::sim;
using trustx::test::promise;

namespace {

constexpr std::uint8_t address = 0x30;
constexpr std::uint8_t reg_data = 0x80;
constexpr std::uint8_t reg_state = 0x82;
constexpr Duration guard = std::chrono::microseconds{60};

std::unique_ptr<SimulatedChip> make_chip(std::unique_ptr<Nvm> nvm, bool realistic, const Clock& clock) {
    ChipOptions options;
    options.seed = 1;
    options.timing = realistic ? Timing::typical(400) : Timing::none();
    auto chip = SimulatedChip::create(std::move(options), std::move(nvm), clock);
    promise(chip.has_value(), "a chip can be made");
    return std::move(*chip);
}

// stored is the memory of a new chip: making one takes longer than using it.
const std::string& stored() {
    static const std::string image = [] {
        struct Keep final : Nvm {
            explicit Keep(std::string& where) : image_{where} {}
            [[nodiscard]] std::optional<std::string> image() const override { return std::nullopt; }
            [[nodiscard]] tl::expected<void, std::string> replace(const std::string& image) override {
                image_ = image;
                return {};
            }
            [[nodiscard]] std::string name() const override { return "the image"; }
            std::string& image_;
        };
        std::string made;
        const VirtualClock clock;
        make_chip(std::make_unique<Keep>(made), false, clock);
        return made;
    }();
    return image;
}

class Session {
 public:
    explicit Session(trustx::test::Input& input)
        : input_{input}, chip_{make_chip(std::make_unique<MemoryNvm>(stored()), (input.u8() & 1) != 0, clock_)} {}

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
                clock_.advance((choice & 0x80) != 0 ? chip_->pulse_reset() : chip_->power_cycle());
                break;
            default:
                check_state();
                break;
        }
    }

    // Every input ends with a reset, after which the chip must be as good as new.
    void end() {
        clock_.advance(chip_->pulse_reset());
        clock_.advance(std::chrono::milliseconds{20});
        promise(state(chip_->address()) == 0x08000000, "a chip that was reset is idle");
    }

 private:
    void write(ByteView bytes) {
        clock_.advance(guard);
        clock_.advance(chip_->write(address, bytes).bus_time);
    }
    Bytes read(std::size_t count) {
        clock_.advance(guard);
        Bytes bytes(count, 0x55);
        clock_.advance(chip_->read(address, bytes).bus_time);
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
            const auto pointed = chip_->write(at, pointer);
            clock_.advance(pointed.bus_time + guard);
            if (pointed.status == TransferStatus::done && chip_->read(at, raw).status == TransferStatus::done) {
                return static_cast<std::uint32_t>(raw[0]) << 24 | static_cast<std::uint32_t>(raw[1]) << 16 |
                       static_cast<std::uint32_t>(raw[2]) << 8 | raw[3];
            }
        }
        promise(false, "the chip listens again");
        return 0;
    }
    std::uint32_t check_state() {
        const auto value = state(chip_->address());
        const auto length = value & 0xFFFFU;
        promise((value & 0x3FFF0000U) == 0x08000000U, "flags that do not exist are zero");
        promise(length <= 0x0115 && ((value & 0x40000000U) != 0) == (length >= 5), "RESP_RDY comes with a length");
        return length;
    }
    void fetch() {
        const auto length = check_state();
        if (length == 0 || chip_->address() != address) {
            return;
        }
        const std::array<std::uint8_t, 1> pointer{reg_data};
        write(pointer);
        const auto frame = read(length);
        promise(frame.size() == length, "a frame has the announced length");
    }

    trustx::test::Input& input_;
    VirtualClock clock_;
    std::unique_ptr<SimulatedChip> chip_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    trustx::test::Input input{data, size};
    Session session{input};
    while (!input.empty()) {
        session.step();
    }
    session.end();
    return 0;
}
