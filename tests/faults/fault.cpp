// SPDX-License-Identifier: Apache-2.0
#include "fault.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace trustx::test {
namespace {

using namespace std::chrono_literals;
using Span = std::span<std::uint8_t>;

constexpr std::string_view place_word = "PLACE";

// through is a transfer without fault.
Result<void> through(FaultyBus& bus, ByteView bytes) {
    return bus.chip.write(bytes, {});
}
Result<void> through(FaultyBus& bus, Span bytes) {
    return bus.chip.read(bytes, {});
}

// These make a fault of an event that happens in front of a transfer.
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

// by_rule lets the simulator make the fault.
template <class Buffer>
Result<void> by_rule(FaultyBus& bus, Buffer bytes, std::size_t place) {
    bus.put_rule_in_force(place);
    auto done = through(bus, bytes);
    bus.rules.clear();
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
    return {name, AppliesTo::all, at_first, later, false, false, event_then_write<event>, event_then_read<event>};
}
constexpr FaultKind ruled(std::string_view name, std::string_view rule, AppliesTo applies_to, Recovery at_first,
                          Recovery later) {
    const bool has_place = rule.find(place_word) != std::string_view::npos;
    return {name, applies_to, at_first, later, has_place, false, by_rule<ByteView>, by_rule<Span>, rule};
}
constexpr FaultKind ruled(std::string_view name, std::string_view rule, Recovery recovery,
                          AppliesTo applies_to = AppliesTo::all) {
    return ruled(name, rule, applies_to, recovery, recovery);
}
constexpr FaultKind ruled_lasting(std::string_view name, std::string_view rule) {
    return {name, AppliesTo::all, Recovery::error, Recovery::error, false, true, by_rule<ByteView>, by_rule<Span>,
            rule};
}
template <Result<void> (*write)(FaultyBus&, ByteView, std::size_t), Result<void> (*read)(FaultyBus&, Span, std::size_t)>
constexpr FaultKind once(std::string_view name, Recovery recovery) {
    return {name, AppliesTo::all, recovery, recovery, false, false, write, read};
}
template <Result<void> (*write)(FaultyBus&, ByteView, std::size_t), Result<void> (*read)(FaultyBus&, Span, std::size_t)>
constexpr FaultKind lasting(std::string_view name) {
    return {name, AppliesTo::all, Recovery::error, Recovery::error, false, true, write, read};
}
constexpr FaultKind on_reads(std::string_view name, Recovery recovery, bool has_place,
                             Result<void> (*read)(FaultyBus&, Span, std::size_t)) {
    return {name, AppliesTo::reads, recovery, recovery, has_place, false, nullptr, read};
}

constexpr std::array kinds{
    ruled("address NAK", "address-nak", Recovery::always),
    ruled("data NAK", "data-nak=PLACE", Recovery::always, AppliesTo::writes),
    ruled("bit flip in a write", "bit-flip=PLACE.4", Recovery::repeatable, AppliesTo::writes),
    ruled("bit flip in a read", "bit-flip=PLACE.4", Recovery::repeatable, AppliesTo::reads),
    ruled("write lost", "drop", Recovery::repeatable, AppliesTo::writes),
    ruled("read lost", "drop", Recovery::repeatable, AppliesTo::reads),
    on_reads("read invented", Recovery::repeatable, false, invent_read),
    on_reads("read stale", Recovery::repeatable, false, stale_read),
    ruled("transfer twice", "duplicate", Recovery::repeatable),
    ruled("delay of 30 ms", "delay=30ms", Recovery::always),
    ruled("delay of 700 ms", "delay=700ms", Recovery::always),
    ruled("EIO", "bus-error", Recovery::always),
    ruled("ETIMEDOUT", "timeout", Recovery::always),
    ruled("EIO though done", "bus-error,after=transfer", Recovery::repeatable),
    once<fail_bus<ByteView>, fail_bus<Span>>("bus failure", Recovery::error),
    ruled("reset before", "reset", AppliesTo::all, Recovery::always, Recovery::repeatable),
    ruled("reset during", "reset=PLACE,during=transfer", Recovery::repeatable),
    ruled("reset after", "reset,after=transfer", Recovery::repeatable),
    ruled("power cycle before", "power-cut", AppliesTo::all, Recovery::always, Recovery::repeatable),
    ruled("power cycle during", "power-cut=PLACE,during=transfer", Recovery::repeatable),
    ruled_lasting("NAK without end", "address-nak"),
    lasting<busy_write, busy_read>("busy without end"),
    ruled_lasting("EIO without end", "bus-error"),
    before<resynchronise>("foreign resync", Recovery::always, Recovery::repeatable),
    before<half_a_chain>("foreign half chain", Recovery::repeatable, Recovery::anything),
    before<unread_response>("foreign unread response", Recovery::always, Recovery::anything),
    // For TRANS_TIMEOUT after it was read, nothing shows such an answer to whoever comes next (docs/sharing.md).
    before<unacknowledged_response>("foreign unacknowledged response", Recovery::anything, Recovery::anything),
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

void FaultyBus::put_rule_in_force(std::size_t place) {
    std::string text{fault_.kind->rule};
    if (const auto found = text.find(place_word); found != std::string::npos) {
        text.replace(found, place_word.size(), std::to_string(place));
    }
    rules.add(sim::parse_fault_rule(text).value());
}

void FaultyBus::count_transfer() {
    if (++count_ > step_limit) {
        throw StepLimit{};
    }
}

bool FaultyBus::applies_to(bool write, std::size_t number) const {
    if (fault_.kind == nullptr) {
        return false;
    }
    const bool applies =
        fault_.kind->applies_to == AppliesTo::all || (fault_.kind->applies_to == AppliesTo::writes) == write;
    return applies && (number == fault_.transfer || (fault_.kind->lasts && number > fault_.transfer));
}

Result<void> FaultyBus::write(ByteView bytes, Deadline deadline) {
    const auto number = count_;
    count_transfer();
    if (seen_ != nullptr) {
        seen_->push_back({true, {bytes.begin(), bytes.end()}});
    }
    if (!applies_to(true, number)) {
        return chip.write(bytes, deadline);
    }
    happened_ = true;
    return fault_.kind->on_write(*this, bytes, place_in(bytes.size(), fault_.place));
}

Result<void> FaultyBus::read(std::span<std::uint8_t> bytes, Deadline deadline) {
    const auto number = count_;
    count_transfer();
    const bool faulty = applies_to(false, number);
    happened_ = happened_ || faulty;
    auto done =
        faulty ? fault_.kind->on_read(*this, bytes, place_in(bytes.size(), fault_.place)) : chip.read(bytes, deadline);
    if (done) {
        last_read.assign(bytes.begin(), bytes.end());
    }
    if (seen_ != nullptr) {
        seen_->push_back({false, done ? last_read : Bytes{}});
    }
    return done;
}

}  // namespace trustx::test
