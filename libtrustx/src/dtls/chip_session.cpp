// SPDX-License-Identifier: Apache-2.0
#include "dtls/chip_session.hpp"

#include "common/try.hpp"
#include "dtls/message.hpp"

#include <utility>

namespace trustx::dtls {
namespace {

using Get = GetHandshakeMessage;

// A message of the client's is a list of certificates at most, of an object of 1728 bytes at most; a chip that always
// has another part of it is broken.
constexpr std::size_t max_client_body = 4096;

tl::unexpected<Error> odd_part() {
    return fail(Errc::response_malformed, "parts of a handshake message that do not fit together");
}

// Assembly puts the parts of one message together, which come in order.
class Assembly {
 public:
    Result<void> add(ByteView bytes) {
        const auto fragment = take_fragment(bytes);
        if (!fragment || !bytes.empty() || fragment->length > max_client_body) {
            return odd_part();
        }
        if (message_.empty()) {
            Fragment whole{*fragment};
            const Bytes body(fragment->length);
            whole.offset = 0;
            whole.bytes = body;
            write_message_header(message_, whole);
            first_ = {fragment->type, fragment->length, fragment->sequence, 0, {}};
        }
        // Nothing twice: a part that brings nothing new would be asked for without end.
        const bool adds = !fragment->bytes.empty() || fragment->length == 0;
        if (!adds || fragment->type != first_.type || fragment->length != first_.length ||
            fragment->sequence != first_.sequence || fragment->offset != message_.size() - message_header_size) {
            return odd_part();
        }
        message_.insert(message_.end(), fragment->bytes.begin(), fragment->bytes.end());
        return {};
    }

    Result<Bytes> take() {
        if (message_.size() != message_header_size + first_.length) {
            return odd_part();
        }
        return std::move(message_);
    }

 private:
    Bytes message_;
    Fragment first_{};
};

}  // namespace

Result<ChipSession> ChipSession::begin(Device& device, ObjectId key, std::chrono::milliseconds patience,
                                       std::uint64_t& commands) {
    TRY(auto lease, device.lease_session(patience));
    ++commands;
    const auto session = lease.object();
    TRYV(device.run(StartDtlsClient{.key = key, .session = session}).during("authenticate with key " + key.hex()));
    return ChipSession{device, std::move(lease), commands};
}

// The host follows the order that the chip prescribes. Where the chip sees it otherwise, it is not the same chip any
// more: it was switched off and on, or its application was opened anew.
template <class Command>
Result<typename Command::Response> ChipSession::run(const Command& command) {
    return run(*device_, command);
}

template <class Runner, class Command>
Result<typename Command::Response> ChipSession::run(Runner& runner, const Command& command) {
    ++*commands_;
    auto response = runner.run(command);
    if (!response && response.error() == ChipError::command_out_of_sequence) {
        return fail(Errc::session_lost, response.error().description());
    }
    return response;
}

template <class Command>
Result<Bytes> ChipSession::fetch(const Command& command) {
    Assembly assembly;
    for (;;) {
        TRY(const auto part, run(command));
        TRYV(assembly.add(part.bytes));
        if (part.last) {
            return assembly.take();
        }
    }
}

Result<Bytes> ChipSession::client_hello(std::optional<std::uint32_t> unix_time) {
    return fetch(Get{.session = object(), .message = Get::Message::client_hello, .unix_time = unix_time});
}

Result<Bytes> ChipSession::client_hello_with_cookie() {
    return fetch(Get{.session = object(), .message = Get::Message::client_hello_with_cookie});
}

Result<Bytes> ChipSession::certificate(std::optional<ObjectId> object) {
    return fetch(Get{.session = this->object(), .message = Get::Message::certificate, .certificate = object});
}

Result<Bytes> ChipSession::client_key_exchange() {
    return fetch(Get{.session = object(), .message = Get::Message::client_key_exchange});
}

Result<Bytes> ChipSession::certificate_verify() {
    return fetch(GetCertificateVerify{.session = object()});
}

Result<Bytes> ChipSession::finished() {
    return fetch(Get{.session = object(), .message = Get::Message::finished});
}

Result<void> ChipSession::put(ByteView message) {
    TRYV(run(PutHandshakeMessage{.session = object(), .message = message}));
    return {};
}

Result<Bytes> ChipSession::encrypt(ContentType type, std::uint64_t number, ByteView payload) {
    return run(EncryptRecord{
        .session = object(), .type = static_cast<std::uint8_t>(type), .number = number, .payload = payload});
}

// Under one lock, so that no other process has a record fail in between.
Result<std::optional<Bytes>> ChipSession::decrypt(ByteView record, unsigned most_failures) {
    TRY(auto locked, device_->lock());
    if (pause(most_failures) > Duration::zero()) {
        return std::nullopt;
    }
    TRY(auto payload, run(locked, DecryptRecord{.session = object(), .record = record}));
    return payload;
}

Result<void> ChipSession::close() {
    TRYV(run(CloseSession{.session = object()}));
    return {};
}

}  // namespace trustx::dtls
