// SPDX-License-Identifier: Apache-2.0
// What happens to the lines of a chip in a reset, and when a device takes to it of its own accord. tests/kernel/ has
// the lines of a real kernel.
#include "bus/reset_lines.hpp"

#include "support/catch.hpp"
#include "support/scripted_exchanges.hpp"

#include <trustx/device.hpp>

#include <cerrno>
#include <filesystem>

using namespace trustx;
using namespace std::chrono_literals;
using test::ScriptedChip;
using test::VirtualClock;

namespace {

// Board has the lines of a chip and writes down what becomes of them.
struct Board {
    VirtualClock clock;
    std::vector<std::string> seen;
    std::string failing;  // no line does this

    class Line final : public OutputLine {
     public:
        Line(Board& board, std::string name) : board_{board}, name_{std::move(name)} {}
        ~Line() override { board_.seen.push_back(name_ + " given back"); }
        Line(const Line&) = delete;
        Line& operator=(const Line&) = delete;
        Result<void> drive(bool active) override { return board_.note(name_ + (active ? " active" : " inactive")); }

     private:
        Board& board_;
        std::string name_;
    };

    Result<void> note(const std::string& what) {
        seen.push_back(what);
        return what == failing ? fail(Errc::line_unavailable, what) : Result<void>{};
    }

    TakeLine take() {
        return [this](const GpioLine& line, GpioLine::Level usual, bool active) -> Result<std::unique_ptr<OutputLine>> {
            const auto done = note(line.name + (usual == GpioLine::Level::low ? " low" : " high") +
                                   (active ? " taken active" : " taken inactive"));
            return done ? Result<std::unique_ptr<OutputLine>>{std::make_unique<Line>(*this, line.name)}
                        : done.failure();
        };
    }

    Result<void> reset(const std::string& address) {
        const auto bus = with_reset_lines(std::make_unique<ScriptedChip>(clock),
                                          BusAddress::parse("/dev/i2c-1" + address).value(), clock, take());
        CHECK(bus->resets_hung_chip());
        return bus->pulse_reset(clock.in(1s));
    }
};

}  // namespace

TEST_CASE("the reset line is low for as long as a chip wants it", "[reset_lines]") {
    Board board;
    const auto start = board.clock.now();
    REQUIRE(board.reset(",reset=R"));
    CHECK(board.seen == std::vector<std::string>{"R low taken inactive", "R active", "R inactive", "R given back"});
    const auto took = board.clock.now() - start;
    CHECK(took >= 10us);
    CHECK(took <= 2500us);
}

TEST_CASE("where the supply can be switched the chip is without it in a reset", "[reset_lines]") {
    Board board;
    REQUIRE(board.reset(",reset=R,supply=S"));
    CHECK(board.seen == std::vector<std::string>{"R low taken inactive", "S high taken active", "R active",
                                                 "S inactive", "S active", "R inactive", "S given back",
                                                 "R given back"});
    board.seen.clear();
    REQUIRE(board.reset(",supply=S"));
    CHECK(board.seen == std::vector<std::string>{"S high taken active", "S inactive", "S active", "S given back"});
}

TEST_CASE("a line that fails leaves the chip supplied and out of reset, as far as it lets itself be driven",
          "[reset_lines]") {
    Board board;
    board.failing = GENERATE(as<std::string>{}, "R low taken inactive", "R active", "S active", "R inactive");
    const auto done = board.reset(",reset=R,supply=S");
    REQUIRE_FALSE(done);
    CHECK(done.error() == Errc::line_unavailable);
    const auto at = [&](const char* what) { return std::ranges::find(board.seen, what); };
    CHECK((at("S inactive") == board.seen.end()) == (at("S active") == board.seen.end()));
    CHECK((at("S active") == board.seen.end()) == (at("R inactive") == board.seen.end()));
}

TEST_CASE("a controller or a name that does not exist is told with the line", "[reset_lines]") {
    const auto line = GpioLine::parse(GENERATE(as<std::string>{}, "gpiochip4711:3", "no such line")).value();
    const auto taken = take_output_line(line, GpioLine::Level::low, false);
    REQUIRE_FALSE(taken);
    CHECK(taken.error() == Errc::line_unavailable);
    CHECK_THAT(taken.error().message(), ContainsSubstring(line.text()));
}

namespace {

// HangingChip answers nothing until it is reset.
class HangingChip final : public I2cBus {
 public:
    HangingChip(VirtualClock& clock, bool has_lines) : chip{clock}, clock_{clock}, has_lines_{has_lines} {}

    Result<void> write(ByteView bytes, Deadline deadline) override {
        clock_.advance(100us);
        return hangs ? fail(failure, "hangs") : chip.write(bytes, deadline);
    }
    Result<void> read(std::span<std::uint8_t> bytes, Deadline deadline) override {
        clock_.advance(100us);
        return hangs ? fail(failure, "hangs") : chip.read(bytes, deadline);
    }
    Result<void> pulse_reset(Deadline /*deadline*/) override {
        ++resets;
        hangs = hangs && !comes_back;
        return {};
    }
    bool resets_hung_chip() const override { return has_lines_; }
    const std::string& name() const override { return chip.name(); }

    ScriptedChip chip;
    bool hangs = true;
    bool comes_back = true;
    std::error_code failure = Errc::address_nak;
    int resets = 0;

 private:
    VirtualClock& clock_;
    bool has_lines_;
};

const Bytes command{0x0C, 0x00, 0x00, 0x02, 0x00, 0x08};
const Bytes answer{0x00, 0x00, 0x00, 0x08, 1, 2, 3, 4, 5, 6, 7, 8};
const GetRandom random_bytes{.length = 8};

struct Fixture {
    VirtualClock clock;
    HangingChip* bus = nullptr;
    std::unique_ptr<Device> device;

    explicit Fixture(bool has_lines = true, DeviceOptions options = {}) {
        auto chip = std::make_unique<HangingChip>(clock, has_lines);
        bus = chip.get();
        device = Device::with_bus(std::move(chip), clock, std::move(options));
    }
};

}  // namespace

TEST_CASE("a chip that does not answer is reset where its lines were set up", "[reset_lines][device]") {
    Fixture f;
    f.bus->failure = GENERATE(make_error_code(Errc::address_nak), errno_code(ETIMEDOUT), errno_code(EIO));
    test::ScriptedExchanges{f.bus->chip}.add(command, answer);
    CHECK(f.device->run(random_bytes));
    CHECK(f.bus->resets == 1);
}

TEST_CASE("a chip is not reset without lines, and one that stays away is reset once for each attempt",
          "[reset_lines][device]") {
    const bool has_lines = GENERATE(false, true);
    Fixture f{has_lines};
    f.bus->comes_back = false;
    const auto done = f.device->run(random_bytes);
    REQUIRE_FALSE(done);
    CHECK(done.error() == Errc::no_chip);
    CHECK(f.bus->resets == (has_lines ? 1 : 0));
}

TEST_CASE("a reset that is asked for needs no chip that answers", "[reset_lines][device]") {
    Fixture f{false};
    CHECK(f.device->reset());
    CHECK(f.bus->resets == 1);
}

TEST_CASE("a chip that hangs in the middle of a command is reset for those who come next", "[reset_lines][device]") {
    const bool repeatable = GENERATE(true, false);
    Fixture f;
    f.bus->hangs = false;
    f.bus->chip.expect(test::data_frame(0, 3, [] {
        Bytes packet{0x00};
        packet.insert(packet.end(), command.begin(), command.end());
        return packet;
    }()));
    f.bus->chip.before_state = [&f, looks = 0]() mutable { f.bus->hangs = f.bus->hangs || ++looks == 3; };
    if (repeatable) {
        test::ScriptedExchanges again{f.bus->chip};
        again.add(command, answer);
        CHECK(f.device->run(random_bytes));
    } else {
        const auto done = f.device->run(GenKeyPair{.key = ObjectId{0xE0F1}});
        REQUIRE_FALSE(done);
        CHECK(done.error() == Errc::outcome_unknown);
    }
    CHECK(f.bus->resets == 1);
}

TEST_CASE("a throttled chip is not reset, one that works for longer than any can is", "[reset_lines][device]") {
    const bool short_limit = GENERATE(true, false);
    DeviceOptions options;
    options.command_timeout = short_limit ? 6s : 12s;
    Fixture f{true, options};
    f.bus->hangs = false;
    f.bus->chip.busy = true;
    const auto locked = f.device->lock();
    CHECK(f.bus->resets == (short_limit ? 0 : 1));
    CHECK_FALSE(locked);
}
