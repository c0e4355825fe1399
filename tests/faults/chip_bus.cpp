// SPDX-License-Identifier: Apache-2.0
#include "chip_bus.hpp"

#include <cerrno>

namespace trustx::test {
namespace {

constexpr std::uint8_t chip_address = 0x30;

}  // namespace

Result<void> ChipBus::after(const sim::Transfer& transfer) {
    time_.pass(transfer.bus_time);
    switch (transfer.status) {
        case sim::TransferStatus::done:
            return {};
        case sim::TransferStatus::address_nak:
            return fail(Errc::address_nak);
        case sim::TransferStatus::timed_out:
            return fail(errno_code(ETIMEDOUT), name_);
        default:
            return fail(errno_code(EIO), name_);
    }
}

Result<void> ChipBus::write(ByteView bytes, Deadline /*deadline*/) {
    return after(chip_.write(chip_address, bytes));
}

Result<void> ChipBus::read(std::span<std::uint8_t> bytes, Deadline /*deadline*/) {
    return after(chip_.read(chip_address, bytes));
}

Result<void> ChipBus::pulse_reset(Deadline /*deadline*/) {
    time_.pass(chip_.pulse_reset());
    return {};
}

void ChipBus::power_cycle() {
    time_.pass(chip_.power_cycle());
}

}  // namespace trustx::test
