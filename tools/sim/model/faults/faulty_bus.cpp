// SPDX-License-Identifier: Apache-2.0
#include "model/faults/faulty_bus.hpp"

#include <algorithm>

namespace trustx::sim {

namespace {

constexpr std::uint8_t released_line = 0xFF;

std::size_t place_of(const FaultRule& fault, std::size_t size) {
    return std::min(fault.byte.value_or(size - 1), size - 1);
}

std::size_t middle_of(const FaultRule& fault, std::size_t size) {
    return std::min(fault.byte.value_or(size / 2), size);
}

std::uint8_t mask_of(const FaultRule& fault) {
    return static_cast<std::uint8_t>(1U << fault.bit);
}

}  // namespace

Transfer FaultyBus::write(std::uint8_t address, ByteView bytes) {
    if (!bytes.empty()) {
        register_ = bytes[0];
    }
    const auto fault = faults_.next_for({.is_write = true, .register_ = register_, .size = bytes.size()});
    return fault ? write_with(*fault, address, bytes) : chip_.write(address, bytes);
}

Transfer FaultyBus::read(std::uint8_t address, std::span<std::uint8_t> bytes) {
    const auto fault = faults_.next_for({.is_write = false, .register_ = register_, .size = bytes.size()});
    return fault ? read_with(*fault, address, bytes) : chip_.read(address, bytes);
}

Transfer FaultyBus::write_with(const FaultRule& fault, std::uint8_t address, ByteView bytes) {
    // The chip has received the bytes up to where the transfer broke off.
    const auto broken_off = [&](std::size_t size) {
        Transfer transfer = chip_.write(address, bytes.first(size));
        if (transfer.status == TransferStatus::done) {
            transfer.status = TransferStatus::data_nak;
            ++counters_.data_naks;
        }
        return transfer;
    };
    if (fault.kind == FaultKind::data_nak) {
        return broken_off(place_of(fault, bytes.size()));
    }
    if (fault.kind == FaultKind::drop) {
        return in_its_place(TransferStatus::done, bytes.size());
    }
    if (fault.kind == FaultKind::bit_flip) {
        Bytes changed = to_bytes(bytes);
        changed[place_of(fault, changed.size())] ^= mask_of(fault);
        return chip_.write(address, changed);
    }
    if (fault.moment == Moment::during) {
        const Transfer transfer = broken_off(middle_of(fault, bytes.size()));
        apply(fault.kind, transfer.bus_time);
        return transfer;
    }
    return around(fault, [&] { return chip_.write(address, bytes); });
}

Transfer FaultyBus::read_with(const FaultRule& fault, std::uint8_t address, std::span<std::uint8_t> bytes) {
    const auto once = [&] { return chip_.read(address, bytes); };
    if (fault.kind == FaultKind::drop) {
        const Transfer transfer = once();
        std::fill(bytes.begin(), bytes.end(), released_line);
        return transfer;
    }
    if (fault.kind == FaultKind::bit_flip) {
        const Transfer transfer = once();
        bytes[place_of(fault, bytes.size())] ^= mask_of(fault);
        return transfer;
    }
    if (fault.moment == Moment::during) {
        // The chip releases the data line, which the host then reads as ones.
        const Transfer transfer = once();
        std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(middle_of(fault, bytes.size())), bytes.end(),
                  released_line);
        apply(fault.kind, transfer.bus_time / 2);
        return transfer;
    }
    return around(fault, once);
}

// around applies the faults that do not change the bytes.
template <class Once>
Transfer FaultyBus::around(const FaultRule& fault, Once once) {
    const bool before = fault.moment == Moment::before;
    switch (fault.kind) {
        case FaultKind::address_nak:
            ++counters_.address_naks;
            return in_its_place(TransferStatus::address_nak, 0);
        case FaultKind::duplicate: {
            // As if the host's driver had tried again at once: with the guard time in between.
            const Transfer first = once();
            const Duration pause = first.bus_time + timing_.guard_time;
            const Transfer second = later(pause, once);
            return {second.status == TransferStatus::done ? second.status : first.status, second.bus_time};
        }
        case FaultKind::delay: {
            if (before) {
                return later(fault.delay, once);
            }
            const Transfer transfer = once();
            return {transfer.status, transfer.bus_time + fault.delay};
        }
        case FaultKind::bus_error:
        case FaultKind::timeout: {
            const auto status =
                fault.kind == FaultKind::timeout ? TransferStatus::timed_out : TransferStatus::bus_error;
            return before ? in_its_place(status, 0) : Transfer{status, once().bus_time};
        }
        default:
            break;
    }
    if (before) {
        apply(fault.kind, Duration::zero());
        return once();
    }
    const Transfer transfer = once();
    apply(fault.kind, transfer.bus_time);
    return transfer;
}

template <class Once>
Transfer FaultyBus::later(Duration by, Once once) {
    clock_.shift(by);
    const Transfer transfer = once();
    clock_.shift(Duration::zero());
    return {transfer.status, by + transfer.bus_time};
}

Transfer FaultyBus::in_its_place(TransferStatus status, std::size_t bytes) {
    ++counters_.transfers;
    return {status, timing_.bus_time(bytes)};
}

void FaultyBus::apply(FaultKind kind, Duration time_into_transfer) {
    clock_.shift(time_into_transfer);
    if (kind == FaultKind::reset) {
        chip_.pulse_reset();
    } else if (kind == FaultKind::power_cut) {
        chip_.power_cycle();
    } else if (kind == FaultKind::hang) {
        chip_.hang();
    }
    clock_.shift(Duration::zero());
}

}  // namespace trustx::sim
