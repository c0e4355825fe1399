// SPDX-License-Identifier: Apache-2.0
#include "support/scripted_exchanges.hpp"

#include <algorithm>

namespace trustx::test {

using ifx_i2c::build_frame;
using ifx_i2c::next_number;
using ifx_i2c::Sequence;

Bytes data_frame(ifx_i2c::FrameNumber number, ifx_i2c::FrameNumber acknowledged, const Bytes& packet) {
    Bytes bytes;
    build_frame({.number = number, .acknowledged = acknowledged, .packet = packet}, bytes);
    return bytes;
}

Bytes control_frame(Sequence sequence, ifx_i2c::FrameNumber number) {
    Bytes bytes;
    build_frame({.control = true, .sequence = sequence, .number = 0, .acknowledged = number, .packet = {}}, bytes);
    return bytes;
}

std::vector<Bytes> ScriptedExchanges::packets(const Bytes& apdu) const {
    const std::size_t payload = chip_.data_reg_len - ifx_i2c::frame_overhead - 1;
    std::vector<Bytes> cut;
    for (std::size_t at = 0; at < apdu.size(); at += payload) {
        const auto size = std::min(payload, apdu.size() - at);
        const bool first = at == 0;
        const bool last = at + size == apdu.size();
        Bytes packet(1 + size);
        packet[0] = static_cast<std::uint8_t>(last ? (first ? 0 : 4) : (first ? 1 : 2));
        std::copy_n(apdu.begin() + static_cast<std::ptrdiff_t>(at), size, packet.begin() + 1);
        cut.push_back(std::move(packet));
    }
    return cut;
}

void ScriptedExchanges::add(const Bytes& command, const Bytes& answer, Acknowledge acknowledge) {
    const auto questions = packets(command);
    const auto answers = packets(answer);
    const auto acknowledged = chip_number_;
    const auto next_answer = [&](std::size_t i) {
        chip_number_ = next_number(chip_number_);
        return data_frame(chip_number_, host_, answers[i]);
    };
    for (std::size_t i = 0; i < questions.size(); ++i) {
        host_ = next_number(host_);
        const Bytes frame = data_frame(host_, acknowledged, questions[i]);
        std::vector<Bytes> offers;
        const bool last = i + 1 == questions.size();
        if (!last || acknowledge == Acknowledge::separately) {
            offers.push_back(control_frame(Sequence::ack, host_));
        }
        if (last) {
            offers.push_back(next_answer(0));
        }
        chip_.expect(frame, offers);
    }
    for (std::size_t i = 1; i < answers.size(); ++i) {
        const auto ack = control_frame(Sequence::ack, chip_number_);
        chip_.expect(ack, {next_answer(i)});
    }
    chip_.expect(control_frame(Sequence::ack, chip_number_));
}

}  // namespace trustx::test
