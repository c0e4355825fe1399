// SPDX-License-Identifier: Apache-2.0
#include "support/replay_bus.hpp"

#include <algorithm>

namespace trustx::test {
namespace {

using Outcome = RecordedTransfer::Outcome;

constexpr std::uint8_t reg_data = 0x80;
constexpr std::uint8_t reg_data_reg_len = 0x81;
constexpr std::uint8_t reg_i2c_state = 0x82;
constexpr std::uint8_t busy_flag = 0x80;
constexpr std::uint8_t ready_flag = 0x40;
constexpr std::size_t state_size = 4;
const Bytes resync_frame{0xC0, 0x00, 0x00, 0x0A, 0x9A};

}  // namespace

ReplayBus::ReplayBus(const Recording& recording, VirtualClock& clock, int scl_khz)
    : clock_{clock}, scl_khz_{scl_khz}, scene_start_{clock.now()} {
    cut_into_scenes(recording);
}

// Nine clocks a byte, the address included, and two for START and STOP.
Duration ReplayBus::bus_time(std::size_t bytes) const {
    return std::chrono::microseconds{(static_cast<long>(bytes + 1) * 9 + 2) * 1000 / scl_khz_};
}

void ReplayBus::cut_into_scenes(const Recording& recording) {
    std::uint8_t pointer = 0;
    for (const auto& transfer : recording.transfers) {
        const bool done = transfer.outcome == Outcome::done;
        if (done && transfer.write && !transfer.data.empty()) {
            pointer = transfer.data[0];
            if (pointer == reg_data && transfer.data.size() > 1) {
                begin_scene(transfer);
                continue;
            }
        }
        if (done && !transfer.write && pointer == reg_data_reg_len && transfer.data.size() == 2) {
            data_reg_len_ = static_cast<std::uint16_t>(transfer.data[0] << 8 | transfer.data[1]);
        }
        if (!scenes_.empty()) {
            continue_scene(transfer, pointer);
        }
    }
}

void ReplayBus::begin_scene(const RecordedTransfer& transfer) {
    const Bytes frame{transfer.data.begin() + 1, transfer.data.end()};
    if (frame != resync_frame) {
        scenes_.push_back(
            {.host_frame = frame, .start = transfer.start + bus_time(transfer.data.size()), .offers = {}});
    }
}

void ReplayBus::continue_scene(const RecordedTransfer& transfer, std::uint8_t pointer) {
    Scene& scene = scenes_.back();
    const Duration since = std::max(transfer.start - scene.start, Duration::zero());
    if (transfer.outcome == Outcome::nak && !scene.acknowledged) {
        // No acknowledgement until some moment between this attempt and the next one; the earliest is assumed.
        scene.nak_until = since;
    }
    if (transfer.outcome != Outcome::done) {
        return;
    }
    scene.acknowledged = true;
    if (transfer.write) {
        return;
    }
    if (pointer == reg_i2c_state && transfer.data.size() == state_size) {
        scene.busy = scene.busy || (transfer.data[0] & busy_flag) != 0;
        const bool ready = (transfer.data[0] & ready_flag) != 0;
        if (ready && scene.fetched == scene.offers.size()) {
            scene.offers.push_back({.frame = {}, .ready = since});
        }
    } else if (pointer == reg_data && scene.fetched < scene.offers.size()) {
        scene.offers[scene.fetched++].frame = transfer.data;
    }
}

Result<void> ReplayBus::begin_transfer(std::size_t bytes) {
    ++transfers;
    if (clock_.now() - scene_start_ < scene_.nak_until) {
        ++naks;
        clock_.advance(bus_time(0));
        return fail(Errc::address_nak);
    }
    clock_.advance(bus_time(bytes));
    return {};
}

Result<void> ReplayBus::write(ByteView bytes, Deadline /*deadline*/) {
    if (auto begun = begin_transfer(bytes.size()); !begun) {
        return begun;
    }
    if (bytes.empty()) {
        return {};
    }
    pointer_ = bytes[0];
    if (pointer_ == reg_data && bytes.size() > 1) {
        deliver(bytes.subspan(1));
    }
    return {};
}

void ReplayBus::deliver(ByteView frame) {
    if (std::ranges::equal(frame, resync_frame)) {
        return;
    }
    if (next_ == scenes_.size() || !std::ranges::equal(frame, scenes_[next_].host_frame)) {
        surprises.push_back(to_hex(frame));
        return;
    }
    if (fetched_ != scene_.offers.size()) {
        surprises.push_back("an answer was not fetched before " + to_hex(frame));
    }
    scene_ = scenes_[next_++];
    fetched_ = 0;
    scene_start_ = clock_.now();
}

std::optional<ReplayBus::Offer> ReplayBus::waiting() const {
    if (fetched_ == scene_.offers.size() || clock_.now() - scene_start_ < scene_.offers[fetched_].ready) {
        return std::nullopt;
    }
    return scene_.offers[fetched_];
}

Bytes ReplayBus::register_value() const {
    const auto offer = waiting();
    switch (pointer_) {
        case reg_data:
            return offer ? offer->frame : Bytes{};
        case reg_data_reg_len:
            return {static_cast<std::uint8_t>(data_reg_len_ >> 8), static_cast<std::uint8_t>(data_reg_len_)};
        case reg_i2c_state: {
            const std::size_t length = offer ? offer->frame.size() : 0;
            // Busy until the last frame is there.
            const bool working = scene_.busy && (!offer || fetched_ + 1 < scene_.offers.size());
            const auto flags = 0x08 | (working ? busy_flag : 0) | (offer ? ready_flag : 0);
            return {static_cast<std::uint8_t>(flags), 0, static_cast<std::uint8_t>(length >> 8),
                    static_cast<std::uint8_t>(length)};
        }
        default:
            return {};
    }
}

Result<void> ReplayBus::read(std::span<std::uint8_t> bytes, Deadline /*deadline*/) {
    const auto value = register_value();  // of the moment of the address, not of the end
    if (auto begun = begin_transfer(bytes.size()); !begun) {
        return begun;
    }
    polls += pointer_ == reg_i2c_state ? 1 : 0;
    std::fill(bytes.begin(), bytes.end(), std::uint8_t{0xFF});
    std::copy_n(value.begin(), std::min(value.size(), bytes.size()), bytes.begin());
    if (pointer_ == reg_data && !value.empty() && bytes.size() >= value.size()) {
        ++fetched_;
    }
    return {};
}

}  // namespace trustx::test
