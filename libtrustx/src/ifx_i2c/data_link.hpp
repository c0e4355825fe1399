// SPDX-License-Identifier: Apache-2.0
// Frames exchanged reliably: numbering, acknowledgement, resending, re-synchronisation. Source: chip-i2c.md section 5.
//
// Frames are sent again here and nowhere else. The errors tell whether a command can have been executed:
// Errc::sync_lost says certainly not, Errc::outcome_unknown says perhaps.
#pragma once

#include "ifx_i2c/expectation.hpp"
#include "ifx_i2c/frame.hpp"
#include "ifx_i2c/physical_layer.hpp"

#include <trustx/bytes.hpp>
#include <trustx/clock.hpp>
#include <trustx/result.hpp>

namespace trustx::ifx_i2c {

// No command takes longer, even one that the chip delays by 5 seconds (chip-objects.md section 9): a chip that is at
// work then does not end by itself.
inline constexpr Duration longest_command = std::chrono::seconds{8};

// Repeat says whether a command may be executed a second time when it is unknown what became of the first.
enum class Repeat : bool { never = false, allowed = true };

class DataLink {
 public:
    DataLink(PhysicalLayer& physical, Clock& clock) : physical_{physical}, clock_{clock} {}

    void set_frame_size(std::uint16_t size) noexcept { frame_size_ = size; }
    [[nodiscard]] std::uint16_t frame_size() const noexcept { return frame_size_; }
    // max_packet is the size of a full packet, PCTR included.
    [[nodiscard]] std::size_t max_packet() const noexcept { return frame_size_ - frame_overhead; }

    // resync makes both sides forget their frame numbers; the chip drops half a chain and an unread response.
    [[nodiscard]] Result<void> resync(Deadline deadline);

    // send delivers one packet and returns when the chip acknowledged it; expectation is of that wait. A frame that was
    // refused is sent again. So is one without any response with Repeat::allowed. A chip in step takes the second
    // for a repetition, but one that was reset or re-synchronised by another host in between would execute it: with
    // Repeat::never it is sent again only when the chip tells that it still expects this number.
    // Errors: Errc::sync_lost when the chip did not accept it; Errc::outcome_unknown when an answer came but could
    // not be read, or when there was no response; Errc::chip_busy at the deadline if the chip was at work; those of the
    // physical layer.
    [[nodiscard]] Result<void> send(ByteView packet, Repeat repeat, Expectation& expectation, Deadline deadline);

    // receive waits for the next packet of the chip and acknowledges it; expectation is of the time since the host
    // wrote last. The packet is valid until the next call.
    // Errors: Errc::sync_lost when the chip never began to work on what was sent, Errc::outcome_unknown when it did
    // and then lost the answer; Errc::chip_busy at the deadline if the chip was at work; those of the physical layer.
    [[nodiscard]] Result<ByteView> receive(Expectation& expectation, Deadline deadline);

    // answer_pending: the acknowledgement of the last packet came with a data frame, which receive() will return.
    [[nodiscard]] bool answer_pending() const noexcept { return !pending_.empty(); }

    // forget_secrets wipes the buffers that frames passed through.
    void forget_secrets();

    // acknowledged: the chip knows that everything it sent was received.
    [[nodiscard]] bool acknowledged() const noexcept { return acknowledged_; }

 private:
    enum class Verdict {
        keep_waiting,
        acknowledged,
        refused,     // the chip expects the frame still
        unreadable,  // a control frame came, damaged
        no_response,
        out_of_step,  // the chip expects another frame and has dropped ours
    };
    class Inactivity;

    Result<Verdict> send_once(FrameNumber number, Repeat repeat, Expectation& expectation, Deadline deadline);
    [[nodiscard]] bool can_ask(FrameNumber number) const;
    Result<Verdict> ask_what_arrived(FrameNumber number, Deadline deadline);
    Result<Verdict> await_acknowledgement(FrameNumber number, Inactivity inactivity, Expectation& expectation,
                                          Deadline deadline);
    Result<Verdict> judge(const Frame& frame, FrameNumber number, Deadline deadline);
    Result<Verdict> judge_control(const Frame& frame, FrameNumber number);
    Verdict judge_acknowledgement(FrameNumber acknowledged, FrameNumber number);
    Result<Verdict> judge_damaged(std::uint16_t length, Deadline deadline);
    Result<State> poll_state(Watch& watch, Deadline deadline);
    Result<void> deliver(ByteView register_and_frame, Deadline deadline);
    Result<std::optional<Frame>> fetch(const State& state, Deadline deadline);
    Result<std::optional<ByteView>> receive_frame(const State& state, Deadline deadline);
    Result<void> refuse_damaged(Deadline deadline);
    Result<void> write_control(Sequence sequence, FrameNumber number, Deadline deadline);
    void accept(FrameNumber number, Deadline deadline);
    [[nodiscard]] tl::unexpected<Error> overdue(const State& state, const char* what) const;
    [[nodiscard]] tl::unexpected<Error> lost(const char* what) const;

    PhysicalLayer& physical_;
    Clock& clock_;
    std::uint16_t frame_size_ = max_frame_size;
    FrameNumber sent_ = number_after_sync;
    FrameNumber received_ = number_after_sync;
    TimePoint delivered_at_{};  // end of the host's last frame
    bool executing_ = false;    // the chip was seen busy, or answering, since the last packet was sent
    bool asked_ = false;        // a NAK is the answer to ask_what_arrived
    bool fresh_ = false;        // no frame was exchanged since the re-synchronisation
    bool polled_ = false;       // since the host's last frame
    bool alone_ = true;         // nothing shows that another host used the chip since the last packet was sent
    unsigned misreads_ = 0;     // of the physical layer, when the last packet was sent
    bool acknowledged_ = true;
    int damaged_ = 0;
    Bytes outgoing_;  // register and data frame, kept for resending
    Bytes control_;   // register and control frame: never built over an unacknowledged data frame
    Bytes incoming_;
    ByteView pending_;  // packet inside incoming_ that acknowledged our frame
    FrameNumber pending_frame_ = 0;
};

}  // namespace trustx::ifx_i2c
