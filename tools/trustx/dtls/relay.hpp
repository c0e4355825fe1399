// SPDX-License-Identifier: Apache-2.0
// Standard input to the server and the server's data to standard output, until one of them ends. Neither a reader that
// sleeps nor an input that says nothing keeps it from what the protocol needs, or from ending when it should.
#pragma once

#include <trustx/dtls.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace trustx::cli {

struct RelayOptions {
    int input = 0;
    int output = 1;
    int signals = -1;    // readable when the user wants to end it
    bool lines = false;  // a datagram for each line, not for what a read(2) gives
    // After the end of the input: how long to wait for data of the server's, from the last of it on.
    std::chrono::milliseconds quiet{2000};
    // Called once, when records that cannot be decrypted make the received ones wait, and when one was dropped that is
    // longer than the chip takes.
    std::function<void()> throttled = [] {};
    std::function<void()> too_long = [] {};
    // How long the chip may keep a record waiting before it counts as lost.
    std::chrono::milliseconds patience{30'000};
};

struct RelayResult {
    enum class End : std::uint8_t { input, server, interrupted };

    End end = End::input;
    std::uint64_t split = 0;  // lines that were longer than a datagram
    std::size_t unread = 0;   // bytes of the server's that nobody has read
};

// relay does not close the connection. Errors: those of Connection, and InputErrc::unwritable and unreadable.
Result<RelayResult> relay(dtls::Connection& connection, Clock& clock, const RelayOptions& options);

}  // namespace trustx::cli
