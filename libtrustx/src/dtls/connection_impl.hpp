// SPDX-License-Identifier: Apache-2.0
// What is behind Connection: which record goes where, when to wait, and how a connection ends. The handshake is in
// handshake.hpp.
#pragma once

#include "dtls/chip_session.hpp"
#include "dtls/handshake.hpp"
#include "dtls/record.hpp"
#include "dtls/replay_window.hpp"
#include "dtls/sender.hpp"

#include <trustx/dtls.hpp>

#include <deque>
#include <optional>

namespace trustx::dtls {

class Connection::Impl {
 public:
    Impl(Device& device, DatagramSocket& socket, Clock& clock, const Options& options);

    // connection.cpp
    Result<void> connect(Deadline deadline);
    Result<void> send(ByteView payload, Deadline deadline);
    Result<std::optional<Bytes>> receive(Deadline deadline);
    Result<void> close(Deadline deadline);
    [[nodiscard]] bool is_ours() const noexcept;

    [[nodiscard]] State state() const noexcept { return report_.state; }
    [[nodiscard]] std::size_t max_payload() const noexcept;
    [[nodiscard]] Report report() const;
    [[nodiscard]] int fd() const noexcept { return socket_.fd(); }
    [[nodiscard]] Readiness readiness() const;

 private:
    // connection.cpp
    Result<void> begin(Deadline deadline);
    Result<void> go_on(Deadline deadline);
    Result<void> wait(Deadline deadline);
    Result<void> check_connected() const;
    Result<void> end_with(const Error& error);
    void send_last_words(const Error& error, Deadline deadline);
    Result<void> send_alert(const Alert& alert, Deadline deadline);
    void leave();
    [[nodiscard]] bool is_throttled() const { return held_ && free_at() > clock_.now(); }
    // free_at is when the chip may be asked again.
    [[nodiscard]] TimePoint free_at() const;

    // receiving.cpp
    Result<bool> take_next(Deadline deadline);
    std::optional<Record> next_record();
    Result<bool> receive_datagram();
    void take_early_handshake();
    void take_early_data();
    void hold(const Record& record, bool is_last_try);
    Result<void> take(const Record& record, Deadline deadline);
    [[nodiscard]] bool has_right_version(const Record& record) const;
    Result<void> take_plain(const Record& record, Deadline deadline);
    Result<void> take_protected(const Record& record, Deadline deadline);
    void keep_for_later(const Record& record);
    Result<std::optional<Bytes>> decrypt(const Record& record);
    Result<void> take_payload(ContentType type, Bytes payload, Deadline deadline);
    Result<void> take_alert(ByteView body);
    Result<void> take_late_handshake(ByteView body, Deadline deadline);

    Device& device_;
    DatagramSocket& socket_;
    Clock& clock_;
    Options options_;
    std::uint32_t generation_;
    Report report_;
    std::optional<Error> end_;  // what ended the connection, unless it was close()

    std::optional<ChipSession> chip_;
    std::optional<Sender> sender_;
    std::optional<Handshake> handshake_;
    TimePoint began_{};

    ReplayWindow window_;
    Bytes buffer_;
    ByteView datagram_;  // what is left of the last one, in buffer_
    // Protected records that are not due yet, and those that have become due.
    std::deque<Bytes> early_handshake_;
    std::deque<Bytes> early_alerts_;
    std::deque<Bytes> early_data_;
    std::deque<Bytes> again_;
    std::optional<Bytes> held_;      // a record that waits because the chip may not be asked, or could not be
    bool held_is_last_try_ = false;  // it could not be asked once already
    bool is_last_try_ = false;       // of the record that is being worked on
    Bytes current_;                  // the one of these that is being worked on
    std::optional<Bytes> payload_;
};

}  // namespace trustx::dtls
