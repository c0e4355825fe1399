// SPDX-License-Identifier: Apache-2.0
// The handshake as the host sees it: flights, their order and their repetition. What is in the messages is the chip's
// business. Source: chip-dtls.md sections 3, 4, 7 and 11.
#pragma once

#include "dtls/chip_session.hpp"
#include "dtls/flight_timer.hpp"
#include "dtls/message.hpp"
#include "dtls/reassembly.hpp"
#include "dtls/sender.hpp"

#include <trustx/clock.hpp>
#include <trustx/dtls.hpp>

#include <array>
#include <optional>
#include <vector>

namespace trustx::dtls {

class Handshake {
 public:
    Handshake(ChipSession& chip, Sender& sender, Clock& clock, const Options& options, Report& report)
        : chip_{chip}, sender_{sender}, clock_{clock}, options_{options}, report_{report} {}

    // begin sends the first flight.
    [[nodiscard]] Result<void> begin(Deadline deadline);

    // take is given the content of handshake records of epoch 0, and of epoch 1 once expects_protected().
    [[nodiscard]] Result<void> take(std::uint16_t epoch, ByteView body, Deadline deadline);

    // change_cipher is given the content of ChangeCipherSpec records of epoch 0; true where protected records are
    // expected from now on.
    [[nodiscard]] bool change_cipher(ByteView body);

    // due is when expire() is to be called, which sends the flight again. Error: DtlsError::peer_silent when that was
    // done often enough.
    [[nodiscard]] TimePoint due() const noexcept { return timer_.due(); }
    [[nodiscard]] Result<void> expire(Deadline deadline);

    [[nodiscard]] bool awaits_server_hello() const noexcept { return phase_ == Phase::server_hello; }
    // protects: our ChangeCipherSpec was sent. expects_protected: the server's was received.
    [[nodiscard]] bool protects() const noexcept { return protects_; }
    [[nodiscard]] bool expects_protected() const noexcept { return expects_protected_; }
    [[nodiscard]] bool done() const noexcept { return phase_ == Phase::done; }

 private:
    enum class Phase : std::uint8_t { server_hello, server_finished, done };
    // Outgoing is one message of a flight, kept to be sent again.
    struct Outgoing {
        ContentType type;
        Bytes content;
        bool is_protected;
    };
    using ServerFlight = std::vector<ByteView>;

    Result<void> take_fragment(std::uint16_t epoch, const Fragment& fragment, Deadline deadline);
    Result<bool> reassemble(const Fragment& fragment);
    Result<void> take_of_hello(const Fragment& fragment, Deadline deadline);
    Result<void> take_hello_verify(const Fragment& fragment, Deadline deadline);
    [[nodiscard]] std::optional<std::uint16_t> first_sequence() const;
    Result<std::optional<ServerFlight>> server_flight(std::uint16_t first) const;
    Result<void> take_server_flight(const ServerFlight& flight);
    Result<void> take_repeated(const Fragment& fragment, Deadline deadline);
    Result<void> take_finished(const Fragment& fragment);

    Result<void> send_client_flight(Deadline deadline);
    Result<void> add_and_send(ContentType type, Bytes content, bool is_protected, Deadline deadline);
    Result<void> send(const Outgoing& outgoing, Deadline deadline);
    Result<void> send_again(Deadline deadline);

    ChipSession& chip_;
    Sender& sender_;
    Clock& clock_;
    const Options& options_;
    Report& report_;

    Phase phase_ = Phase::server_hello;
    bool protects_ = false;
    bool expects_protected_ = false;
    std::vector<Outgoing> flight_;
    FlightTimer timer_;
    TimePoint last_sent_{};
    Reassembly reassembly_;
    Reassembly hello_verify_;
    Bytes last_hello_verify_;
    int hello_verifies_ = 0;
    std::uint16_t done_sequence_ = 0;  // of ServerHelloDone
};

}  // namespace trustx::dtls
