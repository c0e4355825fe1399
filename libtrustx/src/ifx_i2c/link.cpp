// SPDX-License-Identifier: Apache-2.0
#include "ifx_i2c/link.hpp"

#include "common/try.hpp"

#include <trustx/secret.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace trustx::ifx_i2c {
namespace {

using namespace std::chrono_literals;

// chip-i2c.md section 1: 10 ms after reset, 12 ms if a write was pending.
constexpr Duration startup_time = 12ms;
// More than the fragments of the longest answer (6); a chip that always has another frame is broken.
constexpr int max_leftovers = 8;

bool certainly_not_executed(const std::error_code& code) {
    return code == Errc::sync_lost || code == Errc::chaining_failed;
}

}  // namespace

Result<void> Link::attach(std::optional<std::uint16_t> frame_size, Deadline deadline) {
    in_sync_ = false;
    others_possible_ = false;
    physical_.forget_register_pointer();
    // An answer that was not acknowledged is offered again when it was only read (chip-i2c.md section 5.5): each round
    // ends with a re-synchronisation, which makes the chip drop it.
    for (int leftovers = 0;; ++leftovers) {
        TRY(const auto discarded, discard_leftover(deadline));
        TRYV(data_link_.resync(deadline));
        if (!discarded) {
            break;
        }
        if (leftovers == max_leftovers) {
            return fail(Errc::sync_lost, "the chip does not stop offering frames");
        }
    }
    if (!frame_size) {
        TRY(const auto negotiated, physical_.negotiate_frame_size(deadline));
        frame_size = negotiated;
    }
    data_link_.set_frame_size(*frame_size);
    in_sync_ = true;
    return {};
}

Result<bool> Link::discard_leftover(Deadline deadline) {
    Expectation unknown;
    const auto start = clock_.now();
    Watch watch{unknown, clock_, start};
    for (;;) {
        TRY(const auto state, physical_.read_state(deadline));
        if (state.response_ready) {
            Bytes leftover(std::min<std::size_t>(state.length, max_frame_size));
            TRYV(physical_.read_data(leftover, deadline));
            wipe_and_clear(leftover);
            return true;
        }
        if (!state.busy) {
            return false;
        }
        if (deadline.passed(clock_)) {
            return fail(clock_.now() - start > longest_command ? Errc::chip_hangs : Errc::chip_busy,
                        "wait for a command that another program left running");
        }
        watch.await_next_poll(deadline);
    }
}

Result<void> Link::check_for_others(Deadline deadline) {
    others_possible_ = false;
    physical_.forget_register_pointer();
    const bool was_in_sync = std::exchange(in_sync_, false);
    TRY(const auto state, physical_.read_state(deadline));
    if (state.busy || state.response_ready) {
        return attach(std::nullopt, deadline);
    }
    in_sync_ = was_in_sync;
    return {};
}

Result<void> Link::exchange_once(ByteView command, Bytes& answer, std::size_t max_size, Repeat repeat,
                                 Expectation& expectation, Deadline deadline) {
    TRYV(transport_.send(command, repeat, deadline));
    return transport_.receive(answer, max_size, expectation, deadline);
}

Result<void> Link::exchange(ByteView command, Bytes& answer, std::size_t max_size, Repeat repeat,
                            Expectation& expectation, Deadline deadline) {
    if (others_possible_) {
        TRYV(check_for_others(deadline));
    }
    auto done = exchange_once(command, answer, max_size, repeat, expectation, deadline);
    if (done) {
        in_sync_ = data_link_.acknowledged() && transport_.packets_as_negotiated();
        return done;
    }
    in_sync_ = false;
    const auto& code = done.error().code();
    const bool may_repeat =
        certainly_not_executed(code) || (code == Errc::outcome_unknown && repeat == Repeat::allowed);
    if (!may_repeat) {
        return done;
    }
    // The chip was reset or used by another host: negotiate again.
    TRYV(attach(std::nullopt, deadline));
    done = exchange_once(command, answer, max_size, repeat, expectation, deadline);
    in_sync_ = done && data_link_.acknowledged() && transport_.packets_as_negotiated();
    return done;
}

Result<void> Link::reset(Deadline deadline) {
    in_sync_ = false;
    physical_.forget_register_pointer();
    auto done = bus_.pulse_reset(deadline);
    if (!done && done.error().code() == Errc::not_supported) {
        done = physical_.write_register(Register::soft_reset, std::array<std::uint8_t, 2>{}, deadline);
    }
    TRYV(done);
    clock_.sleep_for(startup_time);
    return attach(std::nullopt, deadline);
}

}  // namespace trustx::ifx_i2c
