// SPDX-License-Identifier: Apache-2.0
#include "support/scripted_chip.hpp"

#include <algorithm>

namespace trustx::test {
namespace {

constexpr std::uint8_t reg_data = 0x80;
constexpr std::uint8_t reg_data_reg_len = 0x81;
constexpr std::uint8_t reg_i2c_state = 0x82;
const Bytes resync_frame{0xC0, 0x00, 0x00, 0x0A, 0x9A};
constexpr auto transfer_time = std::chrono::microseconds{100};

}  // namespace

Result<void> ScriptedChip::begin() {
    ++transfers;
    starts.push_back(clock_.now());
    clock_.advance(transfer_time);
    if (naks > 0) {
        --naks;
        return fail(Errc::address_nak);
    }
    if (!errors.empty()) {
        const auto error = errors.front();
        errors.pop_front();
        return fail(error, "scripted failure");
    }
    return {};
}

Result<void> ScriptedChip::write(ByteView bytes, Deadline /*deadline*/) {
    if (auto begun = begin(); !begun) {
        return begun;
    }
    pointer_ = bytes.empty() ? pointer_ : bytes[0];
    pointers.push_back(pointer_);
    if (bytes.size() < 2) {
        return {};
    }
    if (pointer_ == reg_data) {
        take_frame({bytes.begin() + 1, bytes.end()});
    } else if (pointer_ == reg_data_reg_len) {
        data_reg_len = std::min(data_reg_len, static_cast<std::uint16_t>(bytes[1] << 8 | bytes[2]));
    }
    return {};
}

void ScriptedChip::take_frame(Bytes frame) {
    frames.push_back(frame);
    if (frame == resync_frame) {
        ++resyncs;
        offers_.clear();
        return;
    }
    if (steps_.empty() || steps_.front().host_frame != frame) {
        surprises.push_back(to_hex(frame));
        return;
    }
    offers_.insert(offers_.end(), steps_.front().offers.begin(), steps_.front().offers.end());
    steps_.pop_front();
}

Bytes ScriptedChip::register_value() {
    switch (pointer_) {
        case reg_data:
            return offers_.empty() ? Bytes{} : offers_.front();
        case reg_data_reg_len:
            return {static_cast<std::uint8_t>(data_reg_len >> 8), static_cast<std::uint8_t>(data_reg_len)};
        case reg_i2c_state: {
            if (before_state) {
                before_state();
            }
            const std::size_t length = offers_.empty() ? 0 : offers_.front().size();
            const auto flags = static_cast<std::uint8_t>(0x08 | (busy ? 0x80 : 0) | (length != 0 ? 0x40 : 0));
            return {flags, 0, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)};
        }
        default:
            return {};
    }
}

Result<void> ScriptedChip::read(std::span<std::uint8_t> bytes, Deadline /*deadline*/) {
    if (auto begun = begin(); !begun) {
        return begun;
    }
    std::fill(bytes.begin(), bytes.end(), std::uint8_t{0xFF});
    if (read_as_ones > 0) {
        --read_as_ones;
        return {};
    }
    const auto value = register_value();
    std::copy_n(value.begin(), std::min(value.size(), bytes.size()), bytes.begin());
    if (pointer_ == reg_data && !offers_.empty() && bytes.size() >= offers_.front().size()) {
        offers_.pop_front();
    }
    return {};
}

}  // namespace trustx::test
