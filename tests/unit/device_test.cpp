// SPDX-License-Identifier: Apache-2.0
// Commands through Device: what the device adds to the link, on a chip that follows a script.
#include "ifx_i2c/frame.hpp"
#include "support/cancelled_thread.hpp"
#include "support/catch.hpp"
#include "support/forked_child.hpp"
#include "support/golden.hpp"
#include "support/scripted_chip.hpp"

#include <trustx/device.hpp>
#include <trustx/objects.hpp>

#include <thread>
#include <utility>

#include <sys/wait.h>

using namespace trustx;
using test::from_hex;
using test::ScriptedChip;
using test::VirtualClock;

namespace {

Bytes data_frame(ifx_i2c::FrameNumber number, ifx_i2c::FrameNumber acknowledged, const Bytes& apdu) {
    Bytes packet{0x00};
    packet.insert(packet.end(), apdu.begin(), apdu.end());
    Bytes bytes;
    ifx_i2c::build_frame({.number = number, .acknowledged = acknowledged, .packet = packet}, bytes);
    return bytes;
}

Bytes ack(ifx_i2c::FrameNumber number) {
    Bytes bytes;
    ifx_i2c::build_frame(
        {.control = true, .sequence = ifx_i2c::Sequence::ack, .number = 0, .acknowledged = number, .packet = {}},
        bytes);
    return bytes;
}

struct Fixture {
    VirtualClock clock;
    ScriptedChip* chip = nullptr;
    std::unique_ptr<Device> device;

    explicit Fixture(const DeviceOptions& options = {}) {
        auto bus = std::make_unique<ScriptedChip>(clock);
        chip = bus.get();
        device = Device::with_bus(std::move(bus), clock, options);
    }
    // expect adds one exchange in step with a freshly attached chip: the number counts from 0.
    void expect(ifx_i2c::FrameNumber number, const std::string& command, const std::string& answer) {
        const auto before = static_cast<ifx_i2c::FrameNumber>((number + 3) & 3);
        chip->expect(data_frame(number, before, from_hex(command)), {data_frame(number, number, from_hex(answer))});
        chip->expect(ack(number));
    }
};

// CancellingBus cancels the first thread that uses it.
class CancellingBus final : public I2cBus {
 public:
    Result<void> write(ByteView /*bytes*/, Deadline /*deadline*/) override { return broken(); }
    Result<void> read(std::span<std::uint8_t> /*bytes*/, Deadline /*deadline*/) override { return broken(); }
    const std::string& name() const override { return name_; }

 private:
    Result<void> broken() {
        if (!std::exchange(cancelled_, true)) {
            test::cancel_if_postponed();
        }
        return fail(errno_code(EIO));
    }

    std::string name_ = "cancelling";
    bool cancelled_ = false;
};

}  // namespace

TEST_CASE("a thread that asked to be cancelled at once ends when a function of Device returns", "[device]") {
    const pid_t child = test::fork_with_deadline();
    if (child == 0) {
        VirtualClock clock;
        const auto device = Device::with_bus(std::make_unique<CancellingBus>(), clock, {});
        const auto runs_into_the_bus = [&] {
            const auto done = device->run(GetRandom{.length = 8});
            return !done && done.error() == errno_code(EIO);
        };
        const auto thread = test::run_cancelled_at_once(runs_into_the_bus);
        ::_exit(!thread.finished && runs_into_the_bus() ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("a UID of the wrong size is reported with its object", "[device]") {
    Fixture f;
    f.expect(0, "01 00 00 06 E0 C2 00 00 00 1B", "00 00 00 02 CD 16");
    auto locked = f.device->lock();
    REQUIRE(locked);
    const auto uid = read_uid(*locked);
    REQUIRE_FALSE(uid);
    CHECK(uid.error() == Errc::response_malformed);
    CHECK(uid.error().message().find("E0C2") != std::string::npos);
    CHECK(f.chip->surprises.empty());
}

TEST_CASE("after an answer that cannot be this command's the chip is attached to again", "[device]") {
    // Another host may have used the chip in between; its answer had the number that ours should have.
    Fixture f;
    f.expect(0, "0C 00 00 02 00 08", "00 00 00 00");
    const auto random = f.device->run(GetRandom{.length = 8});
    REQUIRE_FALSE(random);
    CHECK(random.error() == Errc::response_malformed);
    f.chip->resyncs = 0;
    f.expect(0, "0C 00 00 02 00 08", "00 00 00 08 01 02 03 04 05 06 07 08");
    CHECK(f.device->run(GetRandom{.length = 8}));
    CHECK(f.chip->resyncs == 1);
    CHECK(f.chip->surprises.empty());
}

TEST_CASE("the bus may rest whenever nobody has the chip locked", "[device]") {
    Fixture f;
    for (int command = 1; command <= 2; ++command) {
        {
            const auto locked = f.device->lock();
            REQUIRE(locked);
            CHECK(f.chip->rests == command - 1);
        }
        CHECK(f.chip->rests == command);
    }
}

namespace {

const std::string get_f1d0 = "01 00 00 06 F1 D0 00 00 06 11";
const std::string refusal = "FF 00 00 00";
const std::string get_reason = "01 00 00 06 F1 C2 00 00 00 01";
const std::string reason_closed = "00 00 00 01 0C";
const std::string no_reason = "00 00 00 01 00";
const std::string open = "F0 00 00 10 D2 76 00 00 04 47 65 6E 41 75 74 68 41 70 70 6C";
const std::string content = "00 00 00 02 AB CD";
const GetDataObject read_f1d0{.object = ObjectId{0xF1D0}};

// play runs GetDataObject F1D0 against a chip that gets exactly these commands and gives these answers.
Result<Bytes> play(Fixture& f, const std::vector<std::pair<std::string, std::string>>& exchanges) {
    unsigned number = 0;
    for (const auto& [command, answer] : exchanges) {
        f.expect(number++ & 3U, command, answer);
    }
    auto done = f.device->run(read_f1d0);
    CHECK(f.chip->surprises.empty());
    CHECK(f.chip->finished());
    return done;
}

}  // namespace

TEST_CASE("a closed application is opened when the chip says so", "[device]") {
    Fixture f;
    CHECK(play(f, {{get_f1d0, refusal}, {get_reason, reason_closed}, {open, "00 00 00 00"}, {get_f1d0, content}}) ==
          Bytes{0xAB, 0xCD});
}

TEST_CASE("an application that a reset closed again is opened again", "[device]") {
    Fixture f;
    CHECK(play(f, {{get_f1d0, refusal},
                   {get_reason, reason_closed},
                   {open, "00 00 00 00"},
                   {get_f1d0, refusal},
                   {get_reason, reason_closed},
                   {open, "00 00 00 00"},
                   {get_f1d0, content}}) == Bytes{0xAB, 0xCD});
}

TEST_CASE("a refused command is sent again when the reason was lost", "[device]") {
    // A reset or another host cleared F1C2 in between; a refused command was not carried out.
    Fixture f;
    CHECK(play(f, {{get_f1d0, refusal}, {get_reason, no_reason}, {get_f1d0, content}}) == Bytes{0xAB, 0xCD});
}

TEST_CASE("a chip that goes on refusing without a reason is given up", "[device]") {
    Fixture f;
    std::vector<std::pair<std::string, std::string>> exchanges;
    for (int i = 0; i < 4; ++i) {
        exchanges.insert(exchanges.end(), {{get_f1d0, refusal}, {get_reason, no_reason}});
    }
    const auto done = play(f, exchanges);
    REQUIRE_FALSE(done);
    CHECK(done.error() == Errc::chip_refused);
}

TEST_CASE("an error on the way to the chip names command and object", "[device]") {
    Fixture f;
    f.chip->naks = 1'000'000;
    const auto done = f.device->run(read_f1d0);
    REQUIRE_FALSE(done);
    CHECK(done.error() == Errc::no_chip);
    CHECK(done.error().message().find("GetDataObject F1D0: scripted chip: ") == 0);
}

TEST_CASE("an error of a locked chip names the chip once", "[device]") {
    Fixture f;
    auto locked = f.device->lock();
    REQUIRE(locked);
    f.chip->naks = 1'000'000;
    const auto done = locked->run(read_f1d0);
    REQUIRE_FALSE(done);
    const auto message = done.error().message();
    INFO(message);
    CHECK(message.find("GetDataObject F1D0") == 0);
    CHECK(message.find("scripted chip") != std::string::npos);
    CHECK(message.find("scripted chip") == message.rfind("scripted chip"));
}

TEST_CASE("the first command of each use checks whether another host left an answer", "[device]") {
    Fixture f;
    f.expect(0, get_f1d0, content);
    REQUIRE(f.device->run(read_f1d0));
    f.chip->resyncs = 0;
    // It would pass for the answer to the next command: its numbers fit.
    f.chip->offer(data_frame(1, 1, from_hex("00 00 00 02 EE EE")));
    f.expect(0, get_f1d0, content);
    CHECK(f.device->run(read_f1d0) == Bytes{0xAB, 0xCD});
    CHECK(f.chip->resyncs > 0);
    CHECK(f.chip->surprises.empty());
}

TEST_CASE("a thread that would wait for itself gets an error at once", "[device]") {
    Fixture f;
    const auto locked = f.device->lock();
    REQUIRE(locked);
    const auto before = std::chrono::steady_clock::now();
    const auto again = f.device->run(read_f1d0);
    REQUIRE_FALSE(again);
    CHECK(again.error() == Errc::already_locked);
    CHECK(f.device->lock().error() == Errc::already_locked);
    CHECK(f.device->reset().error() == Errc::already_locked);
    CHECK(f.device->lease_session().error() == Errc::already_locked);
    CHECK(std::chrono::steady_clock::now() - before < DeviceOptions{}.lock_timeout / 2);
}

TEST_CASE("another thread waits for the lock", "[device]") {
    Fixture f{{.lock_timeout = std::chrono::milliseconds{10}}};
    const auto locked = f.device->lock();
    REQUIRE(locked);
    std::thread{[&] { CHECK(f.device->lock().error() == Errc::lock_timeout); }}.join();
}

TEST_CASE("a LockedDevice that was moved from runs nothing", "[device]") {
    Fixture f;
    auto locked = f.device->lock();
    REQUIRE(locked);
    const LockedDevice taken = std::move(*locked);
    const auto done = locked->run(read_f1d0);
    REQUIRE_FALSE(done);
    CHECK(done.error() == Errc::not_locked);
    locked->note("nobody hears this");
    CHECK(locked->device_name().empty());
    CHECK(taken.device_name() == "scripted chip");
}

TEST_CASE("a LockedDevice that is assigned to releases what it held", "[device]") {
    Fixture first;
    Fixture second;
    auto held = first.device->lock();
    REQUIRE(held);
    {
        auto other = second.device->lock();
        REQUIRE(other);
        *held = std::move(*other);
        CHECK(first.device->lock());
        CHECK(second.device->lock().error() == Errc::already_locked);
    }
    CHECK(second.device->lock().error() == Errc::already_locked);
    auto& itself = *held;
    *held = std::move(itself);
    CHECK(held->device_name() == "scripted chip");
}

TEST_CASE("a SessionLease that is assigned to releases what it held", "[device]") {
    Fixture f;
    auto first = f.device->lease_session();
    REQUIRE(first);
    CHECK(first->object() == object::session_1);
    auto second = f.device->lease_session();
    REQUIRE(second);
    *first = std::move(*second);
    CHECK(first->object().value == object::session_1.value + 1);
    CHECK(second->object() == ObjectId{0});
    CHECK(f.device->lease_session()->object() == object::session_1);
}
