// SPDX-License-Identifier: Apache-2.0
// A chip that behaves as one did when it was recorded: it expects the same frames and gives the same answers, each
// after the time it took then, and does not acknowledge for as long in between. How often it is polled, and when, is up
// to the host.
#pragma once

#include "support/recording.hpp"
#include "support/virtual_clock.hpp"

#include <trustx/i2c_bus.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace trustx::test {

// ReplayBus plays a Recording on a virtual clock. Re-synchronisations may come or be missing anywhere: hosts differ in
// how they begin. Everything else the host delivers must be what was recorded.
class ReplayBus final : public I2cBus {
 public:
    // scl_khz is the speed of the bus, in the recording and when it is played.
    ReplayBus(const Recording& recording, VirtualClock& clock, int scl_khz = 100);

    Result<void> write(ByteView bytes, Deadline deadline) override;
    Result<void> read(std::span<std::uint8_t> bytes, Deadline deadline) override;
    const std::string& name() const override { return name_; }

    // finished: all that was recorded was played.
    [[nodiscard]] bool finished() const { return next_ == scenes_.size() && scene_.offers.size() == fetched_; }

    int transfers = 0;
    int naks = 0;
    int polls = 0;
    std::vector<std::string> surprises;  // what the host did differently

 private:
    // An offer is a frame of the chip, and the time after the host's frame at which it was seen to wait.
    struct Offer {
        Bytes frame;
        Duration ready;
    };
    // A scene begins with a frame of the host.
    struct Scene {
        Bytes host_frame;
        Duration start{};      // in the recording
        Duration nak_until{};  // the address is not acknowledged that long
        std::vector<Offer> offers;
        std::size_t fetched = 0;    // offers whose frame was read; one more may have been announced
        bool acknowledged = false;  // the address was acknowledged
        bool busy = false;          // the chip was seen to work
    };

    [[nodiscard]] Duration bus_time(std::size_t bytes) const;
    void cut_into_scenes(const Recording& recording);
    void begin_scene(const RecordedTransfer& transfer);
    void continue_scene(const RecordedTransfer& transfer, std::uint8_t pointer);
    Result<void> begin_transfer(std::size_t bytes);
    void deliver(ByteView frame);
    [[nodiscard]] std::optional<Offer> waiting() const;
    [[nodiscard]] Bytes register_value() const;

    VirtualClock& clock_;
    int scl_khz_;
    std::string name_ = "replayed chip";
    std::vector<Scene> scenes_;
    std::size_t next_ = 0;
    Scene scene_;
    std::size_t fetched_ = 0;
    TimePoint scene_start_;
    std::uint8_t pointer_ = 0;
    std::uint16_t data_reg_len_ = 0x0115;
};

}  // namespace trustx::test
