// SPDX-License-Identifier: Apache-2.0
// DTLS 1.2 with the chip as the client: a connection as small as a socket. The chip does all cryptography and parses
// all handshake messages; keys, randoms and the master secret never leave it. Here are records, datagrams and time.
// Source: chip-dtls.md; docs/dtls.md says what it protects and what it costs.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/clock.hpp>
#include <trustx/commands.hpp>
#include <trustx/device.hpp>
#include <trustx/export.hpp>
#include <trustx/object_id.hpp>
#include <trustx/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

struct sockaddr;

namespace trustx::dtls {

// DatagramSocket carries datagrams to and from one peer. Not for use by several threads at once.
class TRUSTX_EXPORT DatagramSocket {
 public:
    virtual ~DatagramSocket() = default;

    // send sends one datagram. One that the system has no room for until the deadline is lost without an error, as the
    // network may lose it. Errors: errno codes.
    [[nodiscard]] virtual Result<void> send(ByteView datagram, Deadline deadline) = 0;

    // receive takes a datagram of the peer that is there already, and gives its size; nothing where none is. What does
    // not fit is cut off: the size is the whole one. Errors: errno codes.
    [[nodiscard]] virtual Result<std::optional<std::size_t>> receive(std::span<std::uint8_t> buffer) = 0;

    // wait returns when a datagram may be there, when a signal came, or at the deadline.
    [[nodiscard]] virtual Result<void> wait(Deadline deadline) = 0;

    // fd is what becomes readable when a datagram is there; -1 where there is no such descriptor.
    [[nodiscard]] virtual int fd() const noexcept { return -1; }
    // foreign is how many datagrams from other addresses were dropped.
    [[nodiscard]] virtual std::uint64_t foreign() const noexcept { return 0; }
};

// use_udp_socket uses a UDP socket of the caller's, who keeps it open meanwhile and closes it afterwards; it may be
// blocking or not. Where it is connected, the peer is the one it is connected to and none is given; otherwise datagrams
// from other addresses than the peer's are dropped. Waits are of the system's monotonic clock. Errors:
// Errc::argument_invalid without a peer, and for a socket that carries no datagrams; errno codes.
TRUSTX_EXPORT Result<std::unique_ptr<DatagramSocket>> use_udp_socket(int fd);
TRUSTX_EXPORT Result<std::unique_ptr<DatagramSocket>> use_udp_socket(int fd, const sockaddr* peer, std::size_t size);

using UnixTime = std::chrono::sys_seconds;

struct Options {
    static constexpr std::uint16_t min_pmtu = 296;
    static constexpr std::uint16_t max_pmtu = 1500;

    // The key that authenticates the client, E0F0 to E0F3, with usage Auth.
    ObjectId key = object::device_key_1;
    // Its certificate, E0E0 to E0E3. None: a server that asks for one gets an empty list.
    std::optional<ObjectId> certificate = object::certificate_1;
    // The time for which the dates of the server's certificates must hold; the chip has no clock. None: dates are not
    // checked. From 1970 to 2106.
    std::optional<UnixTime> dates_hold_at = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    // The longest IPv4 packet of the path, header included, in bytes. An IPv6 packet is 20 bytes longer: with the
    // default it has 1280, which every path carries.
    std::uint16_t pmtu = 1260;
    // Each record that the chip fails to decrypt, which anybody can send who guesses address and port of both sides,
    // raises the chip's security event counter and so delays all of its keys (chip-objects.md section 9). After that
    // many in any minute, of all connections of all processes with this chip, received records wait in the socket until
    // there is room again. 12 a minute are those the chip forgives by itself; at least 1.
    unsigned failed_decryptions_per_minute = 6;
};

enum class State : std::uint8_t {
    idle,         // nothing was sent yet
    handshaking,  // connect() was called and may be called again
    connected,
    closed,  // by either side, or after an error: nothing but report() works, and the chip's session object is free
};

// Alert is an alert record's content.
struct Alert {
    bool fatal;
    DtlsAlert description;

    friend bool operator==(const Alert&, const Alert&) = default;
};

// The most application data in one record that the chip can decrypt, in bytes.
inline constexpr std::size_t max_received_payload =
    DecryptRecord::max_record - DecryptRecord::header_size - DecryptRecord::expansion;

// Drops counts what was received and thrown away without a word, by reason, in records unless it says otherwise.
struct Drops {
    std::uint64_t malformed = 0;       // no record, or its fragments contradict each other
    std::uint64_t version = 0;         // not DTLS 1.2
    std::uint64_t epoch = 0;           // of another epoch than the one that is due
    std::uint64_t repeated = 0;        // number seen already, or older than the window of 64
    std::uint64_t unexpected = 0;      // type, handshake message or unprotected alert that is not due
    std::uint64_t too_long = 0;        // longer than the chip can decrypt: the peer has to send shorter ones
    std::uint64_t undecipherable = 0;  // the chip was asked, and refused: each is an event for its security monitor
    std::uint64_t overflow = 0;        // came too early, and others came after it: there was no room to keep it
    std::uint64_t foreign = 0;         // datagrams from other addresses
};

// Report is what a connection says about itself, at any time, also after it failed.
struct Report {
    State state = State::idle;
    std::uint16_t cipher_suite = 0;        // C0AE; 0 before the server chose it
    ObjectId session{};                    // the chip's session object; 0000 where none is held
    std::vector<Bytes> peer_certificates;  // DER, in the order received; verified by the chip once connected
    bool certificate_requested = false;    // by the server
    std::optional<Alert> alert_sent;       // the last one, and so below
    std::optional<Alert> alert_received;
    unsigned flights_sent_again = 0;
    std::uint64_t records_sent = 0;
    std::uint64_t records_received = 0;  // accepted ones
    std::uint64_t bytes_sent = 0;        // of application data
    std::uint64_t bytes_received = 0;
    std::uint64_t chip_commands = 0;
    Duration handshake_time{};  // from the first datagram on
    bool throttled = false;     // records wait, because too many could not be decrypted in the last minute
    Drops drops;
};

// Readiness is what a poll loop waits for before it calls connect() or receive() with a deadline that has passed.
struct Readiness {
    bool datagram = false;             // the socket becomes readable
    std::optional<TimePoint> at = {};  // at the latest then; in the past where a received record waits already
};

// Connection is one DTLS connection, and holds one of the chip's four session objects from connect() until it is
// closed or destroyed; should the process die, the object is free at once. Device, socket and clock must outlive it.
// One thread at a time; the chip is locked for single commands, so that other threads and processes use it in between.
//
// A deadline bounds the wait for the network. A command that the chip has begun is waited for, as long as
// DeviceOptions::command_timeout allows. What a function did before its deadline is kept: call it again to go on.
//
// Errors of connect(), send() and receive() which end the connection, after which state() is closed and every call
// gives the same error again:
//   DtlsAlert           the peer ended it with this alert
//   ChipError           the chip refused a message of the server's; the peer got the alert of report().alert_sent
//   DtlsError           peer_silent (from connect(), when all timers have run out), peer_closed, peer_violates,
//                       message_too_long, numbers_exhausted
//   Errc::session_lost  the chip was reset, or its application opened anew
//   others              of Device::run; from connect(), errno codes of the socket
// And errors after which it goes on:
//   DtlsError           peer_silent from connect(), where only the deadline has passed (state() is handshaking);
//                       not_connected; other_process (a forked child: the connection is its parent's)
//   Errc                argument_invalid; outcome_unknown, timeout, chip_busy and lock_timeout from send() and
//   receive():
//                       the chip could not be asked, or its answer was lost or late. A record of send() is lost, and
//                       its number is not used again; one of receive() is tried once more by the next call
//   errno codes         of the socket and of the chip's bus, from send() and receive(), likewise
// An error of connect() before anything was sent leaves the state idle: call it again.
class TRUSTX_EXPORT Connection {
 public:
    // Nothing happens before connect(). Error of connect(): Errc::argument_invalid for options outside their limits.
    Connection(Device& device, DatagramSocket& socket, Clock& clock, const Options& options);
    // Ends the connection like close(), without waiting for anything but the chip.
    ~Connection();
    Connection(Connection&& other) noexcept;
    Connection& operator=(Connection&& other) noexcept;

    // connect makes the handshake. A flight that is not answered is sent again after 2, 4, 8, 16 and 32 s and given up
    // after another 60 (chip-dtls.md section 7).
    [[nodiscard]] Result<void> connect(Deadline deadline);

    // max_payload is the most that one record carries: pmtu - 57 bytes.
    [[nodiscard]] std::size_t max_payload() const noexcept;

    // send sends 1 to max_payload() bytes as one datagram, which may be lost on its way. Error: Errc::argument_invalid
    // for another size.
    [[nodiscard]] Result<void> send(ByteView payload, Deadline deadline);

    // receive gives the content of one record of application data; nothing when none came until the deadline. It also
    // does what the protocol asks for in between: alerts, requests for renegotiation (refused), repeated flights.
    [[nodiscard]] Result<std::optional<Bytes>> receive(Deadline deadline);

    // close tells the peer, if it heard of us at all, and frees the session object; it waits for no answer. Closing
    // again does nothing. Errors: those of the socket and of the chip, after which the connection is closed all the
    // same.
    Result<void> close(Deadline deadline);

    [[nodiscard]] State state() const noexcept;
    [[nodiscard]] Report report() const;

    // fd and readiness are for poll(2). While report().throttled, a readable socket is nothing to wake up for.
    [[nodiscard]] int fd() const noexcept;
    [[nodiscard]] Readiness readiness() const;

 private:
    class TRUSTX_NO_EXPORT Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace trustx::dtls
