// SPDX-License-Identifier: Apache-2.0
// Frames in, frames out: joins data link, transport and application, and decides when a command is done and how its
// last fragment is acknowledged (chip-i2c.md sections 5.4 and 8).
#pragma once

#include "model/base/timing.hpp"
#include "model/command/application.hpp"
#include "model/faults/faults.hpp"
#include "model/ifx_i2c/data_link.hpp"
#include "model/ifx_i2c/transport.hpp"

namespace trustx::sim {

// CommandFault is what a fault rule does to the chip while a command runs.
struct CommandFault {
    FaultKind kind;  // reset, power_cut or hang
    Moment moment;
    Time at;
};

class CommandChannel {
 public:
    CommandChannel(Application& application, const Timing& timing, AcknowledgeStyle style, Faults& faults,
                   Counters& counters)
        : application_{application},
          timing_{timing},
          style_{style},
          faults_{faults},
          counters_{counters},
          link_{counters} {}

    // receive takes a frame whose transfer ended at stop. It returns until when the chip will not acknowledge its
    // address.
    Time receive(ByteView frame, Time stop, std::size_t max_packet);

    // waiting is the frame in register DATA, fetched tells that it was read to the end.
    [[nodiscard]] std::optional<Bytes> waiting() const { return link_.waiting(); }
    void fetched(Time now);

    // advance does what was due until now: finishing a command, repeating a frame.
    void advance(Time now, std::size_t max_packet);
    // busy is the flag of I2C_STATE; idle also means that no acknowledgement of the host is missing.
    [[nodiscard]] bool busy() const { return running_.has_value(); }
    [[nodiscard]] bool idle() const { return !running_ && !link_.waiting() && !link_.response_is_open(); }
    [[nodiscard]] Time last_activity() const { return last_activity_; }

    // fault_due is what has to happen by now. The caller makes it happen, and ends the command by one of the three
    // below.
    [[nodiscard]] std::optional<CommandFault> fault_due(Time now) const;
    // abandon forgets the command as if it had never begun.
    void abandon() { running_.reset(); }
    // finish_without_response executes it, and drops the response.
    void finish_without_response();
    // interrupt ends it in the middle, as a reset does. True when it was writing to non-volatile memory.
    bool interrupt(Time now);

    void reset();

 private:
    struct Running {
        Bytes apdu;
        Time begun;
        Duration duration;  // without faults
        Time due;
        bool waits_for_fetch = false;  // instant command whose acknowledge must be read first
        std::optional<CommandFault> fault{};
    };

    void schedule(const FaultRule& fault);
    [[nodiscard]] double share_done(Time now) const;

    Time start_command(Time stop, std::size_t max_packet);
    void finish_command(std::size_t max_packet);
    void send_next_packet(std::size_t max_packet);

    Application& application_;
    const Timing& timing_;
    AcknowledgeStyle style_;
    Faults& faults_;
    Counters& counters_;
    DataLink link_;
    Transport transport_;
    std::optional<Running> running_;
    Time last_activity_{0};
};

}  // namespace trustx::sim
