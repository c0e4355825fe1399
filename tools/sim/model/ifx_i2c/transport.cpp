// SPDX-License-Identifier: Apache-2.0
#include "model/ifx_i2c/transport.hpp"

#include "model/base/names.hpp"

#include <algorithm>

namespace trustx::sim {

namespace {

enum Chain : std::uint8_t { whole = 0, first = 1, intermediate = 2, last = 4, error = 7 };

}  // namespace

TransportEvent Transport::receive(ByteView packet, std::size_t max_packet) {
    const std::uint8_t pctr = packet[0];  // the data link layer passes no empty packet on
    if (pctr == Chain::error && packet.size() == 1) {
        return TransportEvent::repeat;
    }
    const bool starts = pctr == Chain::whole || pctr == Chain::first;
    const bool ends = pctr == Chain::whole || pctr == Chain::last;
    const bool known = starts || ends || pctr == Chain::intermediate;
    const bool size_fits = ends ? packet.size() >= 2 && packet.size() <= max_packet : packet.size() == max_packet;
    if (!known || !size_fits || starts == chain_is_open_) {
        return broken_chain();
    }
    if (starts) {
        incoming_.clear();
    }
    chain_is_open_ = !ends;
    collect(packet.subspan(1));
    return ends ? TransportEvent::apdu : TransportEvent::incomplete;
}

TransportEvent Transport::broken_chain() {
    chain_is_open_ = false;
    incoming_.clear();
    return TransportEvent::chaining_error;
}

void Transport::collect(ByteView payload) {
    // One byte more than the largest APDU is enough for the application to see that it is too long.
    const std::size_t room = max_apdu_size + 1 - std::min(incoming_.size(), max_apdu_size + 1);
    append(incoming_, payload.first(std::min(payload.size(), room)));
}

void Transport::respond(Bytes apdu) {
    outgoing_ = std::move(apdu);
    sent_ = 0;
}

std::optional<Bytes> Transport::next_packet(std::size_t max_packet) {
    const std::size_t left = outgoing_.size() - sent_;
    if (left == 0) {
        return std::nullopt;
    }
    const std::size_t count = std::min(left, max_packet - 1);
    const bool begins = sent_ == 0;
    const bool finishes = count == left;
    Bytes packet{begins ? (finishes ? Chain::whole : Chain::first) : (finishes ? Chain::last : Chain::intermediate)};
    append(packet, ByteView{outgoing_}.subspan(sent_, count));
    sent_ += count;
    return packet;
}

void Transport::reset() {
    incoming_.clear();
    chain_is_open_ = false;
    outgoing_.clear();
    sent_ = 0;
}

}  // namespace trustx::sim
