// SPDX-License-Identifier: Apache-2.0
#include "fault.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace trustx::test {
namespace {

using namespace std::chrono_literals;
using Span = std::span<std::uint8_t>;

constexpr std::uint8_t flipped_bit = 0x10;

Result<void> nak(FaultyBus& bus) {
    bus.time.pass(25us);
    return fail(Errc::address_nak);
}

Result<void> adapter_error(int code) {
    return fail(errno_code(code), "simulated chip: injected");
}

// through is a transfer that nothing befalls.
Result<void> through(FaultyBus& bus, ByteView bytes) {
    return bus.chip.write(bytes, {});
}
Result<void> through(FaultyBus& bus, Span bytes) {
    return bus.chip.read(bytes, {});
}

// These make a fault of an event that happens in front of a transfer or behind it.
template <auto event>
Result<void> event_then_write(FaultyBus& bus, ByteView bytes, std::size_t /*place*/) {
    event(bus);
    return through(bus, bytes);
}
template <auto event>
Result<void> event_then_read(FaultyBus& bus, Span bytes, std::size_t /*place*/) {
    event(bus);
    return through(bus, bytes);
}
template <auto event>
Result<void> write_then_event(FaultyBus& bus, ByteView bytes, std::size_t /*place*/) {
    auto done = through(bus, bytes);
    event(bus);
    return done;
}
template <auto event>
Result<void> read_then_event(FaultyBus& bus, Span bytes, std::size_t /*place*/) {
    auto done = through(bus, bytes);
    event(bus);
    return done;
}

// Bytes written before the transfer broke off reach the chip.
Result<void> cut_write(FaultyBus& bus, ByteView bytes, std::size_t place) {
    static_cast<void>(through(bus, bytes.first(place)));
    return adapter_error(EIO);
}
Result<void> flip_written(FaultyBus& bus, ByteView bytes, std::size_t place) {
    Bytes changed{bytes.begin(), bytes.end()};
    if (!changed.empty()) {
        changed[place] ^= flipped_bit;
    }
    return through(bus, ByteView{changed});
}
Result<void> flip_read(FaultyBus& bus, Span bytes, std::size_t place) {
    auto done = through(bus, bytes);
    if (done && !bytes.empty()) {
        bytes[place] ^= flipped_bit;
    }
    return done;
}

Result<void> lose_write(FaultyBus& bus, ByteView /*bytes*/, std::size_t /*place*/) {
    bus.time.pass(100us);
    return {};
}
Result<void> lose_read(FaultyBus& bus, Span bytes, std::size_t /*place*/) {
    auto done = through(bus, bytes);
    std::fill(bytes.begin(), bytes.end(), std::uint8_t{0xFF});
    return done;
}
Result<void> invent_read(FaultyBus& bus, Span bytes, std::size_t /*place*/) {
    bus.time.pass(100us);
    std::fill(bytes.begin(), bytes.end(), std::uint8_t{0xFF});
    return {};
}
Result<void> stale_read(FaultyBus& bus, Span bytes, std::size_t /*place*/) {
    bus.time.pass(100us);
    std::fill(bytes.begin(), bytes.end(), std::uint8_t{0xFF});
    std::copy_n(bus.last_read.begin(), std::min(bus.last_read.size(), bytes.size()), bytes.begin());
    return {};
}

template <class Buffer>
Result<void> twice(FaultyBus& bus, Buffer bytes, std::size_t /*place*/) {
    const auto first = through(bus, bytes);
    bus.time.pass(60us);
    const auto second = through(bus, bytes);
    return second ? second : first;
}

template <class Buffer>
Result<void> nak_it(FaultyBus& bus, Buffer /*bytes*/, std::size_t /*place*/) {
    return nak(bus);
}
template <int code, class Buffer>
Result<void> fail_it(FaultyBus& bus, Buffer /*bytes*/, std::size_t /*place*/) {
    bus.time.pass(100us);
    return adapter_error(code);
}
template <class Buffer>
Result<void> fail_done(FaultyBus& bus, Buffer bytes, std::size_t /*place*/) {
    static_cast<void>(through(bus, bytes));
    return adapter_error(EIO);
}
template <class Buffer>
Result<void> fail_bus(FaultyBus& bus, Buffer /*bytes*/, std::size_t /*place*/) {
    bus.time.pass(100us);
    return fail(Errc::bus_failure, "simulated chip: injected");
}

// A chip that hangs: it takes everything, says that it is busy, and stays so.
Result<void> busy_write(FaultyBus& bus, ByteView /*bytes*/, std::size_t /*place*/) {
    bus.time.pass(100us);
    return {};
}
Result<void> busy_read(FaultyBus& bus, Span bytes, std::size_t /*place*/) {
    bus.time.pass(100us);
    std::fill(bytes.begin(), bytes.end(), std::uint8_t{0x00});
    if (!bytes.empty()) {
        bytes[0] = 0x88;
    }
    return {};
}

Result<void> reset_in_write(FaultyBus& bus, ByteView bytes, std::size_t place) {
    static_cast<void>(through(bus, bytes.first(place)));
    static_cast<void>(bus.chip.pulse_reset({}));
    return adapter_error(EIO);
}
Result<void> reset_in_read(FaultyBus& bus, Span bytes, std::size_t place) {
    auto done = through(bus, bytes);
    static_cast<void>(bus.chip.pulse_reset({}));
    // The chip lets go of the line, which then reads as ones.
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(place), bytes.end(), std::uint8_t{0xFF});
    return done;
}

void reset(FaultyBus& bus) {
    static_cast<void>(bus.chip.pulse_reset({}));
}
void power_cycle(FaultyBus& bus) {
    bus.chip.power_cycle();
}
void pause(FaultyBus& bus) {
    bus.time.pass(30ms);
}
void long_pause(FaultyBus& bus) {
    bus.time.pass(700ms);
}
void resynchronise(FaultyBus& bus) {
    bus.foreign.resynchronise();
}
void half_a_chain(FaultyBus& bus) {
    bus.foreign.leave_half_a_chain();
}
void unread_response(FaultyBus& bus) {
    bus.foreign.leave_unread_response();
}
void unacknowledged_response(FaultyBus& bus) {
    bus.foreign.leave_unacknowledged_response();
}
void foreign_command(FaultyBus& bus) {
    bus.foreign.use_it();
}
void frame_size_0019(FaultyBus& bus) {
    bus.foreign.set_frame_size(0x0019);
}
void frame_size_0040(FaultyBus& bus) {
    bus.foreign.set_frame_size(0x0040);
}

template <auto event>
constexpr FaultKind before(std::string_view name, Recovery at_first, Recovery later) {
    return {name, Befalls::all, at_first, later, false, false, event_then_write<event>, event_then_read<event>};
}
template <auto event>
constexpr FaultKind after(std::string_view name, Recovery recovery) {
    return {name, Befalls::all, recovery, recovery, false, false, write_then_event<event>, read_then_event<event>};
}
template <Result<void> (*write)(FaultyBus&, ByteView, std::size_t), Result<void> (*read)(FaultyBus&, Span, std::size_t)>
constexpr FaultKind once(std::string_view name, Recovery recovery) {
    return {name, Befalls::all, recovery, recovery, false, false, write, read};
}
template <Result<void> (*write)(FaultyBus&, ByteView, std::size_t), Result<void> (*read)(FaultyBus&, Span, std::size_t)>
constexpr FaultKind lasting(std::string_view name) {
    return {name, Befalls::all, Recovery::error, Recovery::error, false, true, write, read};
}
constexpr FaultKind on_writes(std::string_view name, Recovery recovery, bool has_place,
                              Result<void> (*write)(FaultyBus&, ByteView, std::size_t)) {
    return {name, Befalls::writes, recovery, recovery, has_place, false, write, nullptr};
}
constexpr FaultKind on_reads(std::string_view name, Recovery recovery, bool has_place,
                             Result<void> (*read)(FaultyBus&, Span, std::size_t)) {
    return {name, Befalls::reads, recovery, recovery, has_place, false, nullptr, read};
}

constexpr std::array kinds{
    once<nak_it<ByteView>, nak_it<Span>>("address NAK", Recovery::always),
    on_writes("data NAK", Recovery::always, true, cut_write),
    on_writes("bit flip in a write", Recovery::repeatable, true, flip_written),
    on_reads("bit flip in a read", Recovery::repeatable, true, flip_read),
    on_writes("write lost", Recovery::repeatable, false, lose_write),
    on_reads("read lost", Recovery::repeatable, false, lose_read),
    on_reads("read invented", Recovery::repeatable, false, invent_read),
    on_reads("read stale", Recovery::repeatable, false, stale_read),
    once<twice<ByteView>, twice<Span>>("transfer twice", Recovery::repeatable),
    before<pause>("delay of 30 ms", Recovery::always, Recovery::always),
    before<long_pause>("delay of 700 ms", Recovery::always, Recovery::always),
    once<fail_it<EIO, ByteView>, fail_it<EIO, Span>>("EIO", Recovery::always),
    once<fail_it<ETIMEDOUT, ByteView>, fail_it<ETIMEDOUT, Span>>("ETIMEDOUT", Recovery::always),
    once<fail_done<ByteView>, fail_done<Span>>("EIO though done", Recovery::repeatable),
    once<fail_bus<ByteView>, fail_bus<Span>>("bus failure", Recovery::error),
    before<reset>("reset before", Recovery::always, Recovery::repeatable),
    FaultKind{"reset during", Befalls::all, Recovery::repeatable, Recovery::repeatable, true, false, reset_in_write,
              reset_in_read},
    after<reset>("reset after", Recovery::repeatable),
    before<power_cycle>("power cycle before", Recovery::always, Recovery::repeatable),
    lasting<nak_it<ByteView>, nak_it<Span>>("NAK for ever"),
    lasting<busy_write, busy_read>("busy for ever"),
    lasting<fail_it<EIO, ByteView>, fail_it<EIO, Span>>("EIO for ever"),
    before<resynchronise>("foreign resync", Recovery::always, Recovery::repeatable),
    before<half_a_chain>("foreign half chain", Recovery::repeatable, Recovery::anything),
    before<unread_response>("foreign unread response", Recovery::always, Recovery::anything),
    before<unacknowledged_response>("foreign unacknowledged response", Recovery::always, Recovery::anything),
    before<foreign_command>("foreign command", Recovery::repeatable, Recovery::anything),
    before<frame_size_0019>("foreign DATA_REG_LEN 0019", Recovery::repeatable, Recovery::repeatable),
    before<frame_size_0040>("foreign DATA_REG_LEN 0040", Recovery::repeatable, Recovery::repeatable),
};

std::size_t place_in(std::size_t size, int place) {
    const std::array places{std::size_t{0}, size / 2, size == 0 ? std::size_t{0} : size - 1};
    return places.at(static_cast<std::size_t>(place));
}

}  // namespace

std::span<const FaultKind> fault_kinds() {
    return kinds;
}

void FaultyBus::arm(const Fault& fault) {
    fault_ = fault;
    count_ = 0;
    happened_ = false;
}

void FaultyBus::count_transfer() {
    if (++count_ > step_limit) {
        throw StepLimit{};
    }
}

bool FaultyBus::strikes(bool write, std::size_t number) const {
    if (fault_.kind == nullptr) {
        return false;
    }
    const bool befallen = fault_.kind->befalls == Befalls::all || (fault_.kind->befalls == Befalls::writes) == write;
    return befallen && (number == fault_.transfer || (fault_.kind->lasts && number > fault_.transfer));
}

Result<void> FaultyBus::write(ByteView bytes, Deadline deadline) {
    const auto number = count_;
    count_transfer();
    if (seen_ != nullptr) {
        seen_->push_back({true, {bytes.begin(), bytes.end()}});
    }
    if (!strikes(true, number)) {
        return chip.write(bytes, deadline);
    }
    happened_ = true;
    return fault_.kind->on_write(*this, bytes, place_in(bytes.size(), fault_.place));
}

Result<void> FaultyBus::read(std::span<std::uint8_t> bytes, Deadline deadline) {
    const auto number = count_;
    count_transfer();
    const bool struck = strikes(false, number);
    happened_ = happened_ || struck;
    auto done =
        struck ? fault_.kind->on_read(*this, bytes, place_in(bytes.size(), fault_.place)) : chip.read(bytes, deadline);
    if (done) {
        last_read.assign(bytes.begin(), bytes.end());
    }
    if (seen_ != nullptr) {
        seen_->push_back({false, done ? last_read : Bytes{}});
    }
    return done;
}

}  // namespace trustx::test
