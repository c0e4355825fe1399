// SPDX-License-Identifier: Apache-2.0
#include "usbip/conversation.hpp"

#include <cerrno>
#include <utility>

namespace trustx::sim::usbip {

bool Export::take() {
    if (taken_) {
        return false;
    }
    taken_ = true;
    device_.reset();
    return true;
}

Conversation::~Conversation() {
    if (imported_) {
        export_.give_back();
    }
}

void Conversation::feed(ByteView bytes) {
    append(pending_, bytes);
}

template <class Decoded>
std::optional<Conversation::Step> Conversation::serve_decoded(const std::optional<Decoded>& decoded) {
    if (!decoded) {
        return std::nullopt;
    }
    Step step = std::visit([this](const auto& message) { return this->serve(message); }, decoded->message);
    // Only now: the message points into these bytes.
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(decoded->size));
    return step;
}

std::optional<Conversation::Step> Conversation::step() {
    return imported_ ? serve_decoded(decode_urb(pending_)) : serve_decoded(decode_operation(pending_));
}

Conversation::Step Conversation::serve(const DeviceListRequest&) {
    return {.reply = encode_device_list(I2cTinyUsb::description()), .close = "the device list was sent"};
}

Conversation::Step Conversation::serve(const ImportRequest& request) {
    const Device& device = I2cTinyUsb::description();
    if (request.bus_id != device.bus_id) {
        return {.reply = encode_import_reply(Status::no_device, device),
                .close = "it asks for a device with another bus id"};
    }
    if (!export_.take()) {
        return {.reply = encode_import_reply(Status::device_busy, device), .close = "another host has the device"};
    }
    imported_ = true;
    return {.reply = encode_import_reply(Status::ok, device)};
}

Conversation::Step Conversation::serve(const Submit& submit) {
    // A transfer without data has the direction of its status stage, whatever its setup says (USB 2.0 section 9.3.1).
    const bool agrees =
        submit.length == submit.setup.length && (submit.length == 0 || submit.to_host == submit.setup.to_host());
    if (submit.device != I2cTinyUsb::description().id() || submit.endpoint != 0 || !agrees) {
        return {.reply = encode_submit_reply(submit.sequence, -EPIPE, 0, {})};
    }
    const auto done = export_.device().control(submit.setup, submit.data);
    return {.reply = encode_submit_reply(submit.sequence, done.status, done.taken, done.data)};
}

// Transfers are carried out in the order in which they arrive, so the transfer to cancel was answered before this was
// read.
Conversation::Step Conversation::serve(const Unlink& unlink) {
    return {.reply = encode_unlink_reply(unlink.sequence, 0)};
}

Conversation::Step Conversation::serve(const Malformed& malformed) {
    return {.close = malformed.reason};
}

}  // namespace trustx::sim::usbip
