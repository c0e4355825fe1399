// SPDX-License-Identifier: Apache-2.0
// The chip's side of a connection: a session object, and the commands in it. Each locks the chip for itself, so that
// others use it in between.
#pragma once

#include "dtls/record.hpp"

#include <trustx/device.hpp>
#include <trustx/dtls.hpp>

#include <cstdint>
#include <optional>

namespace trustx::dtls {

class ChipSession {
 public:
    // begin leases a session object and begins a DTLS client in it. commands counts what the chip is asked, from then
    // on. Errors: those of Device::lease_session and Device::run.
    static Result<ChipSession> begin(Device& device, ObjectId key, std::chrono::milliseconds patience,
                                     std::uint64_t& commands);

    [[nodiscard]] ObjectId object() const noexcept { return lease_.object(); }

    // The client's next message, whole, in as many parts as the chip likes. Errors, here and below: those of
    // Device::run; Errc::session_lost where the chip does not know the state any more, Errc::response_malformed.
    [[nodiscard]] Result<Bytes> client_hello(std::optional<std::uint32_t> unix_time);
    [[nodiscard]] Result<Bytes> client_hello_with_cookie();
    [[nodiscard]] Result<Bytes> certificate(std::optional<ObjectId> object);
    [[nodiscard]] Result<Bytes> client_key_exchange();
    [[nodiscard]] Result<Bytes> certificate_verify();
    [[nodiscard]] Result<Bytes> finished();

    // put hands over a whole message of the server's.
    [[nodiscard]] Result<void> put(ByteView message);

    [[nodiscard]] Result<Bytes> encrypt(ContentType type, std::uint64_t number, ByteView payload);
    // decrypt does not ask the chip while it has failed too often in the last minute, for whichever connection: then
    // there is nothing, and pause() is how long that lasts.
    [[nodiscard]] Result<std::optional<Bytes>> decrypt(ByteView record, unsigned most_failures);
    [[nodiscard]] Duration pause(unsigned most_failures) const { return device_->decryption_pause(most_failures); }

    // close wipes the state in the chip.
    [[nodiscard]] Result<void> close();

 private:
    ChipSession(Device& device, SessionLease lease, std::uint64_t& commands)
        : device_{&device}, lease_{std::move(lease)}, commands_{&commands} {}

    template <class Command>
    Result<typename Command::Response> run(const Command& command);
    template <class Runner, class Command>
    Result<typename Command::Response> run(Runner& runner, const Command& command);
    template <class Command>
    Result<Bytes> fetch(const Command& command);

    Device* device_;
    SessionLease lease_;
    std::uint64_t* commands_;
};

}  // namespace trustx::dtls
