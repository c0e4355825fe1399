// SPDX-License-Identifier: Apache-2.0
#include "ifx_i2c/transport_layer.hpp"

#include "common/try.hpp"

#include <trustx/secret.hpp>

#include <algorithm>

namespace trustx::ifx_i2c {

// PCTR: channel and presence bit are 0 on Trust X, so the byte is the chain field alone.
Result<void> TransportLayer::send(ByteView apdu, Repeat repeat, Deadline deadline) {
    const auto payload = data_link_.max_packet() - 1;
    bool first = true;
    do {
        const auto part = apdu.first(std::min(apdu.size(), payload));
        apdu = apdu.subspan(part.size());
        const bool last = apdu.empty();
        const auto chain = last ? (first ? Chain::whole : Chain::last) : (first ? Chain::first : Chain::intermediate);
        packet_.assign(1, static_cast<std::uint8_t>(chain));
        packet_.insert(packet_.end(), part.begin(), part.end());
        // Only the last packet sets the chip to work.
        TRYV(last ? data_link_.send(packet_, repeat, command_taken_, deadline)
                  : data_link_.send(packet_, Repeat::allowed, part_taken_, deadline));
        if (!last) {
            TRYV(check_no_answer_yet(deadline));
        }
        first = false;
    } while (!apdu.empty());
    return {};
}

Result<void> TransportLayer::check_no_answer_yet(Deadline deadline) {
    if (!data_link_.answer_pending()) {
        return {};
    }
    TRY(const auto packet, data_link_.receive(next_part_, deadline));
    return fail(packet.front() == static_cast<std::uint8_t>(Chain::error) ? Errc::chaining_failed : Errc::sync_lost,
                "answer in the middle of a command chain");
}

Result<void> TransportLayer::receive(Bytes& apdu, std::size_t max_size, Expectation& expectation, Deadline deadline) {
    constexpr std::size_t smallest_full = min_frame_size - frame_overhead;
    apdu.clear();
    packets_as_negotiated_ = true;
    std::size_t full = 0;  // size of all packets of the chain but the last, as the first one has it
    for (bool first = true;; first = false) {
        TRY(const auto packet, data_link_.receive(first ? expectation : next_part_, deadline));
        const auto chain = static_cast<Chain>(packet.front());
        const auto part = packet.subspan(1);
        if (chain == Chain::error && first && part.empty()) {
            return fail(Errc::chaining_failed, "the chip reports a chaining error");
        }
        const bool more = chain == Chain::first || chain == Chain::intermediate;
        const bool in_order = first ? chain == Chain::whole || chain == Chain::first
                                    : chain == Chain::intermediate || chain == Chain::last;
        full = first ? packet.size() : full;
        const bool size_fits = more ? packet.size() == full && full >= smallest_full : packet.size() <= full;
        if (!in_order || part.empty() || !size_fits || apdu.size() + part.size() > max_size) {
            return fail(Errc::outcome_unknown, "the answer's chain of packets is broken");
        }
        packets_as_negotiated_ = packets_as_negotiated_ && (!more || full == data_link_.max_packet());
        apdu.insert(apdu.end(), part.begin(), part.end());
        if (!more) {
            return {};
        }
    }
}

void TransportLayer::forget_secrets() {
    wipe_and_clear(packet_);
}

}  // namespace trustx::ifx_i2c
