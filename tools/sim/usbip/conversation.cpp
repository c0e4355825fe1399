// SPDX-License-Identifier: Apache-2.0
#include "usbip/conversation.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

namespace trustx::sim::usbip {

namespace {

// A host has one transfer at each endpoint, or a few.
constexpr std::size_t most_unanswered = 16;

}  // namespace

bool Export::take() {
    if (taken_) {
        return false;
    }
    taken_ = true;
    device_.reset();
    return true;
}

Conversation::~Conversation() {
    if (imported_ != nullptr) {
        imported_->give_back();
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
    return imported() ? serve_decoded(decode_urb(pending_)) : serve_decoded(decode_operation(pending_));
}

Conversation::Step Conversation::serve(const DeviceListRequest&) {
    std::vector<const Device*> list;
    for (const Export& exported : devices_) {
        list.push_back(&exported.device().description());
    }
    return {.reply = encode_device_list(list), .close = "the device list was sent"};
}

Conversation::Step Conversation::serve(const ImportRequest& request) {
    const auto found = std::ranges::find(devices_, request.bus_id,
                                         [](const Export& one) { return one.device().description().bus_id; });
    if (found == devices_.end()) {
        return {.reply = encode_import_reply(Status::no_device, {}),
                .close = "it asks for a device with another bus id"};
    }
    const Device& device = found->device().description();
    if (!found->take()) {
        return {.reply = encode_import_reply(Status::device_busy, device), .close = "another host has the device"};
    }
    imported_ = &*found;
    return {.reply = encode_import_reply(Status::ok, device)};
}

Conversation::Step Conversation::serve(const Submit& submit) {
    UsbDevice& device = imported_->device();
    const bool is_ours = submit.device == device.description().id();
    if (is_ours && submit.endpoint != 0) {
        return serve_interrupt(submit);
    }
    // A transfer without data has the direction of its status stage, whatever its setup says (USB 2.0 section 9.3.1).
    const bool agrees =
        submit.length == submit.setup.length && (submit.length == 0 || submit.to_host == submit.setup.to_host());
    if (!is_ours || !agrees) {
        return {.reply = encode_submit_reply(submit.sequence, -EPIPE, 0, {})};
    }
    const auto done = device.control(submit.setup, submit.data);
    return {.reply = encode_submit_reply(submit.sequence, done.status, done.taken, done.data)};
}

// No device here ever has data for an interrupt endpoint, so the transfer waits until the host cancels it.
Conversation::Step Conversation::serve_interrupt(const Submit& submit) {
    const bool waits = submit.to_host && imported_->device().listens_on(submit.endpoint);
    if (!waits || unanswered_.size() == most_unanswered) {
        return {.reply = encode_submit_reply(submit.sequence, -EPIPE, 0, {})};
    }
    unanswered_.insert(submit.sequence);
    return {};
}

// Other transfers are carried out in the order in which they arrive, so such a one was answered before this was
// read.
Conversation::Step Conversation::serve(const Unlink& unlink) {
    const bool waited = unanswered_.erase(unlink.unlinked) != 0;
    return {.reply = encode_unlink_reply(unlink.sequence, waited ? -ECONNRESET : 0)};
}

Conversation::Step Conversation::serve(const Malformed& malformed) {
    return {.close = malformed.reason};
}

}  // namespace trustx::sim::usbip
