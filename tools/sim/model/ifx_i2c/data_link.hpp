// SPDX-License-Identifier: Apache-2.0
// The chip's side of the data link layer: numbering, acknowledging, repeating (chip-i2c.md sections 5.3 to 5.5).
#pragma once

#include "model/base/clock.hpp"
#include "model/base/counters.hpp"
#include "model/ifx_i2c/frame.hpp"

#include <optional>

namespace trustx::sim {

enum class LinkEvent {
    nothing,       // handled here
    packet,        // a new packet arrived, to be confirmed by acknowledge() or by send()
    acknowledged,  // the host has taken our last packet
    resync,        // both sides start again
};

// DataLink offers at most two frames to the host: a control frame and, behind it, one data frame.
class DataLink {
 public:
    explicit DataLink(Counters& counters) : counters_{counters} {}

    // receive takes one frame from the host. After LinkEvent::packet the packet is in packet().
    LinkEvent receive(ByteView bytes);
    [[nodiscard]] const Bytes& packet() const { return packet_; }

    // acknowledge confirms the last packet by a control frame.
    void acknowledge();
    // send offers a packet; the data frame confirms the host's last packet as well.
    void send(Bytes packet);
    // drop_response drops a packet that the host no longer wants.
    void drop_response() { response_.reset(); }

    // waiting is the frame that the host reads next.
    [[nodiscard]] std::optional<Bytes> waiting() const;
    [[nodiscard]] bool control_frame_waits() const { return control_.has_value(); }
    [[nodiscard]] bool response_is_open() const { return response_.has_value(); }
    // fetched tells that the host has read the waiting frame to its last byte.
    void fetched(Time now);

    // advance offers an unacknowledged frame again, at most three times (TRANS_REPEAT). No timeout, no repetition.
    void advance(Time now, Duration timeout);
    void reset();

 private:
    struct Response {
        Frame frame;
        bool offered = true;
        bool was_fetched = false;
        Time fetched_at{0};
        int repetitions = 0;
    };

    LinkEvent receive_control(const Frame& frame);
    LinkEvent receive_data(const Frame& frame);
    void offer_control(Sequence sequence, std::uint8_t number);
    void offer_response_again();
    bool confirms_response(std::uint8_t number);
    [[nodiscard]] std::uint8_t next_expected() const { return (last_received_ + 1U) & 3U; }

    Counters& counters_;
    std::uint8_t last_received_ = 3;
    std::uint8_t next_number_ = 0;
    Bytes packet_;
    std::optional<Frame> control_;
    std::optional<Response> response_;
};

}  // namespace trustx::sim
