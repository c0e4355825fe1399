// SPDX-License-Identifier: Apache-2.0
#include "dtls/reassembly.hpp"

namespace trustx::dtls {

Reassembly::Outcome Reassembly::add(const Fragment& fragment) {
    if (fragment.sequence < start_) {
        return Outcome::repeated;
    }
    const std::size_t index = fragment.sequence - start_;
    if (index >= max_messages) {
        return Outcome::ahead;
    }
    if (fragment.length > max_body) {
        return Outcome::too_long;
    }
    auto& message = messages_.at(index);
    if (!message) {
        message = fresh(fragment);
        fill(*message, fragment);
        return Outcome::taken;
    }
    if (!agrees(*message, fragment)) {
        message = fresh(fragment);
        fill(*message, fragment);
        return Outcome::contrary;
    }
    return fill(*message, fragment) ? Outcome::taken : Outcome::repeated;
}

void Reassembly::start_at(std::uint16_t sequence) {
    start_ = sequence;
    messages_.fill(std::nullopt);
}

std::optional<ByteView> Reassembly::complete(std::uint16_t sequence) const {
    if (sequence < start_ || sequence - start_ >= max_messages) {
        return std::nullopt;
    }
    const auto& message = messages_.at(static_cast<std::size_t>(sequence - start_));
    return message && message->missing == 0 ? std::optional<ByteView>{message->bytes} : std::nullopt;
}

Reassembly::Message Reassembly::fresh(const Fragment& fragment) {
    Message message{.bytes = {}, .present = std::vector<bool>(fragment.length), .missing = fragment.length};
    const Bytes body(fragment.length);
    Fragment whole{fragment};
    whole.offset = 0;
    whole.bytes = body;
    write_message_header(message.bytes, whole);
    message.bytes.insert(message.bytes.end(), body.begin(), body.end());
    return message;
}

bool Reassembly::agrees(const Message& message, const Fragment& fragment) {
    if (message.bytes.front() != static_cast<std::uint8_t>(fragment.type) ||
        message.present.size() != fragment.length) {
        return false;
    }
    for (std::size_t i = 0; i < fragment.bytes.size(); ++i) {
        const std::size_t at = fragment.offset + i;
        if (message.present.at(at) && message.bytes.at(message_header_size + at) != fragment.bytes[i]) {
            return false;
        }
    }
    return true;
}

bool Reassembly::fill(Message& message, const Fragment& fragment) {
    const auto before = message.missing;
    for (std::size_t i = 0; i < fragment.bytes.size(); ++i) {
        const std::size_t at = fragment.offset + i;
        if (!message.present.at(at)) {
            message.present.at(at) = true;
            message.bytes.at(message_header_size + at) = fragment.bytes[i];
            --message.missing;
        }
    }
    return message.missing != before;
}

}  // namespace trustx::dtls
