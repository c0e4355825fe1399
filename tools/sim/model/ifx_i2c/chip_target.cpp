// SPDX-License-Identifier: Apache-2.0
#include "model/ifx_i2c/chip_target.hpp"

#include <algorithm>

namespace trustx::sim {

namespace {

constexpr std::uint8_t filler = 0xFF;
constexpr Time end_of_time = Time::max();

template <class Integer>
Bytes big_endian(Integer value) {
    Bytes bytes;
    for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8) {
        bytes.push_back(static_cast<std::uint8_t>(value >> static_cast<unsigned>(shift)));
    }
    return bytes;
}

}  // namespace

ChipTarget::ChipTarget(Application& application, Timing& timing, AcknowledgeStyle acknowledge, Faults& faults,
                       const Clock& clock, Counters& counters)
    : timing_{timing},
      clock_{clock},
      counters_{counters},
      application_{application},
      channel_{application_, timing_, acknowledge, faults, counters_} {
    start(clock_.now(), Duration::zero());
}

Transfer ChipTarget::write(std::uint8_t address, ByteView bytes) {
    const Time start = clock_.now();
    if (!listens(address, start)) {
        return not_acknowledged();
    }
    const Duration bus_time = timing_.bus_time(bytes.size());
    stop_ = start + bus_time;
    counters_.bytes_to_chip += bytes.size();
    if (!bytes.empty()) {
        pointer_ = bytes[0];
        if (bytes.size() > 1) {
            write_register(bytes.subspan(1));
        }
    }
    return {TransferStatus::done, bus_time};
}

Transfer ChipTarget::read(std::uint8_t address, std::span<std::uint8_t> bytes) {
    const Time start = clock_.now();
    if (!listens(address, start)) {
        return not_acknowledged();
    }
    const Duration bus_time = timing_.bus_time(bytes.size());
    stop_ = start + bus_time;
    counters_.bytes_from_chip += bytes.size();
    const Bytes content = read_register();
    std::fill(bytes.begin(), bytes.end(), filler);
    std::copy_n(content.begin(), std::min(content.size(), bytes.size()), bytes.begin());
    if (pointer_ == static_cast<std::uint8_t>(Register::data) && !content.empty() && bytes.size() >= content.size()) {
        channel_.fetched(stop_);
    }
    return {TransferStatus::done, bus_time};
}

Duration ChipTarget::pulse_reset() {
    return reset_by(FaultKind::reset);
}

Duration ChipTarget::power_cycle() {
    return reset_by(FaultKind::power_cut);
}

void ChipTarget::hang() {
    advance();
    nak_until_ = end_of_time;
}

Duration ChipTarget::reset_by(FaultKind cause) {
    advance();
    reset_at(cause, clock_.now());
    return timing_.reset_pulse;
}

void ChipTarget::reset_at(FaultKind cause, Time at) {
    ++(cause == FaultKind::power_cut ? counters_.power_cycles : counters_.pin_resets);
    start(at, timing_.reset_pulse);
}

// start is a reset at a moment that lasts for some time. What was being written by then is interrupted.
void ChipTarget::start(Time at, Duration low) {
    const bool was_writing = channel_.interrupt(at);
    const Time from = at + low;
    application_.reset(from);
    channel_.reset();
    address_ = application_.chip().i2c_address;
    mode_ = application_.chip().i2c_mode;
    data_reg_len_ = max_data_reg_len;
    pointer_ = static_cast<std::uint8_t>(Register::data);
    nak_until_ = from + (was_writing ? timing_.start_up_after_write : timing_.start_up);
    stop_ = nak_until_;
    started_ = true;
}

void ChipTarget::advance_to(Time now) {
    while (const auto fault = channel_.fault_due(now)) {
        apply(*fault);
    }
    application_.advance(now);
    channel_.advance(now, max_packet());
}

// apply applies a fault rule to the running command and to the chip.
void ChipTarget::apply(const CommandFault& fault) {
    if (fault.moment == Moment::before) {
        channel_.abandon();
    } else if (fault.moment == Moment::after) {
        channel_.finish_without_response();
    }
    if (fault.kind == FaultKind::hang) {
        nak_until_ = end_of_time;
    } else {
        reset_at(fault.kind, fault.at);
    }
}

bool ChipTarget::listens(std::uint8_t address, Time start) {
    ++counters_.transfers;
    advance_to(start);
    if (address != address_ || start < nak_until_) {
        return false;
    }
    if (timing_.scl_khz > max_scl_khz()) {
        ++counters_.scl_violations;
        return false;
    }
    if (!started_ && start - stop_ < timing_.guard_time) {
        ++counters_.guard_time_violations;
        return false;
    }
    if (falls_asleep(start)) {
        ++counters_.wake_ups;
        nak_until_ = start + timing_.wake_up;
        stop_ = nak_until_;
        started_ = true;
        return false;
    }
    started_ = false;
    return true;
}

// The chip sleeps after E0C3 milliseconds without anything to do, and stays awake while the security event counter
// counts down (chip-objects.md sections 9 and 10).
bool ChipTarget::falls_asleep(Time start) const {
    const auto& chip = application_.chip();
    const bool can_sleep = timing_.realistic && channel_.idle() && chip.byte(ObjectId::security_event_counter) == 0;
    const Time last = std::max(stop_, channel_.last_activity());
    return can_sleep && start - last >= std::chrono::milliseconds(chip.byte(ObjectId::sleep_activation_delay));
}

Transfer ChipTarget::not_acknowledged() {
    ++counters_.address_naks;
    return {TransferStatus::address_nak, timing_.bus_time(0)};
}

Bytes ChipTarget::read_register() const {
    switch (static_cast<Register>(pointer_)) {
        case Register::data:
            return channel_.waiting().value_or(Bytes{});
        case Register::data_reg_len:
            return big_endian(data_reg_len_);
        case Register::i2c_state:
            return big_endian(state());
        case Register::max_scl_frequ:
            return big_endian(max_scl_khz());
        case Register::guard_time:
            return big_endian(std::uint32_t{50});
        case Register::trans_timeout:
            return big_endian(std::uint32_t{10});
        case Register::i2c_mode:
            return big_endian(std::uint16_t{mode_});
        case Register::app_state_0:
            return big_endian(std::uint32_t{0});
        case Register::base_addr:
        case Register::soft_reset:
        case Register::pwr_save_timeout:
            break;
    }
    return {};  // write-only, absent or unknown: filler
}

std::uint32_t ChipTarget::state() const {
    std::uint32_t value = i2c_state::soft_reset_supported;
    if (channel_.busy()) {
        value |= i2c_state::busy;
    }
    if (const auto frame = channel_.waiting()) {
        value |= i2c_state::response_ready | static_cast<std::uint32_t>(frame->size());
    }
    return value;
}

std::uint32_t ChipTarget::max_scl_khz() const {
    if (mode_ == mode_fast_plus) {
        return 1000;
    }
    return mode_ == mode_standard ? 100 : 400;
}

void ChipTarget::write_register(ByteView value) {
    const std::uint16_t word = value.size() == 2 ? ByteReader(value).u16() : std::uint16_t{0};
    switch (static_cast<Register>(pointer_)) {
        case Register::data:
            // What does not fit into the register is lost, which the frame's own length then shows.
            nak_until_ =
                channel_.receive(value.first(std::min<std::size_t>(value.size(), data_reg_len_)), stop_, max_packet());
            advance_to(stop_);
            break;
        case Register::data_reg_len:
            write_data_reg_len(word);
            break;
        case Register::base_addr:
            if (value.size() == 2) {
                write_base_address(word);
            }
            break;
        case Register::soft_reset:
            ++counters_.soft_resets;
            start(stop_, Duration::zero());
            break;
        case Register::i2c_mode:
            write_mode(word);
            break;
        default:
            break;
    }
}

void ChipTarget::write_data_reg_len(std::uint16_t wanted) {
    if (wanted >= min_data_reg_len) {
        data_reg_len_ = std::min(wanted, max_data_reg_len);
    }
}

void ChipTarget::write_base_address(std::uint16_t value) {
    const auto wanted = static_cast<std::uint8_t>(value & 0x7FU);
    const bool stored =
        (value & persistent_bit) == 0 || application_.change([&](ChipState& chip) { chip.i2c_address = wanted; });
    if (stored) {
        address_ = wanted;
    }
}

void ChipTarget::write_mode(std::uint16_t value) {
    const auto wanted = static_cast<std::uint8_t>(value & 0x07U);
    if (wanted < mode_standard || wanted > mode_fast_plus) {
        return;
    }
    const bool stored =
        (value & persistent_bit) == 0 || application_.change([&](ChipState& chip) { chip.i2c_mode = wanted; });
    if (stored) {
        mode_ = wanted;
    }
}

}  // namespace trustx::sim
