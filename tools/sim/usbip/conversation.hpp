// SPDX-License-Identifier: Apache-2.0
// One USB/IP conversation, from the first byte to the last: bytes in, bytes out. It knows neither sockets nor time, so
// tests and fuzzers can pass it anything.
#pragma once

#include "usbip/messages.hpp"
#include "usbip/usb_device.hpp"

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace trustx::sim::usbip {

// Export is an exported device: at most one conversation has it at a time.
class Export {
 public:
    // device outlives the export.
    explicit Export(UsbDevice& device) : device_{device} {}
    Export(const Export&) = delete;
    Export& operator=(const Export&) = delete;

    // take gives the device to a conversation; false while another one has it.
    [[nodiscard]] bool take();
    void give_back() { taken_ = false; }
    [[nodiscard]] UsbDevice& device() const { return device_; }

 private:
    UsbDevice& device_;
    bool taken_ = false;
};

// Conversation serves one peer, which may import one device. All conversations with one Export belong to one thread.
class Conversation {
 public:
    // What is in devices outlives the conversation.
    explicit Conversation(std::span<Export> devices) : devices_{devices} {}
    ~Conversation();
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;

    // Step is what one message led to: a reply to send, and then the connection to be closed where `close` says why.
    struct Step {
        Bytes reply{};
        std::string_view close{};
    };

    // feed takes what came from the peer. Call step() until it is empty before feeding more, so that no more than one
    // incomplete message is ever kept.
    void feed(ByteView bytes);
    // step handles the next complete message; empty when there is none.
    [[nodiscard]] std::optional<Step> step();

    // imported: the peer has the device and may send nothing for any time between two messages.
    [[nodiscard]] bool imported() const { return imported_ != nullptr; }
    // between_messages: nothing of a message has arrived without its end.
    [[nodiscard]] bool between_messages() const { return pending_.empty(); }

 private:
    Step serve(const DeviceListRequest&);
    Step serve(const ImportRequest& request);
    Step serve(const Submit& submit);
    Step serve(const Unlink& unlink);
    Step serve(const Malformed& malformed);
    template <class Decoded>
    std::optional<Step> serve_decoded(const std::optional<Decoded>& decoded);

    Step serve_interrupt(const Submit& submit);

    std::span<Export> devices_;
    Bytes pending_;
    Export* imported_ = nullptr;
    std::set<std::uint32_t> unanswered_;  // transfers that wait for data of an interrupt endpoint, by their numbers
};

}  // namespace trustx::sim::usbip
