// SPDX-License-Identifier: Apache-2.0
// As little of a DTLS host as lets the chip make a handshake (chip-dtls.md sections 3 to 5): it packs messages into
// records, puts fragments together and hands over. Nothing is lost on its way, so it repeats nothing.
#pragma once

#include "dtls_chip.hpp"
#include "dtls_peer.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace trustx::test {

struct DtlsHostOptions {
    std::string key = "E0F0";
    std::string session = "E100";
    std::string certificate = "E0E0";  // empty: none is shown
    std::optional<std::uint32_t> unix_time = 1700000000;
    // tamper may change a message of the server, header and body, before the chip sees it; by its type.
    std::function<void(unsigned type, sim::Bytes& message)> tamper{};
};

class DtlsHost {
 public:
    using Apdu = std::function<std::string(const std::string&)>;
    // apdu reaches a chip whose application is open.
    DtlsHost(Apdu apdu, DtlsServer& server, DtlsHostOptions options = {});

    // handshake returns the chip's error code, or nothing when all went well. It also ends when the server refuses;
    // alert is then its alert.
    std::string handshake();
    [[nodiscard]] int alert() const { return alert_; }

    // Records of the connection.
    std::string seal(unsigned type, const std::string& plain_hex);  // the answer of the chip
    void send(const std::string& text);                             // to the server
    std::string receive(const sim::Bytes& records);                 // what the chip makes of a record of the server
    std::string close_notify();
    std::string close();

    // The chunks of each message that the chip has sent, by its Param.
    std::map<std::string, std::size_t> chunks;

 private:
    std::string run(const std::string& hex);
    std::optional<sim::Bytes> up(const std::string& param, const std::string& tlvs = {});
    bool down(unsigned type, const sim::Bytes& message);
    void record(unsigned type, const sim::Bytes& content);
    void flush();
    void receive_records(const sim::Bytes& records);
    void receive_fragments(const sim::Bytes& content);
    bool hello();
    bool server_flight();
    bool client_flight();
    bool server_finished();

    Apdu apdu_;
    DtlsServer& server_;
    DtlsHostOptions options_;
    std::string error_;
    int alert_ = -1;
    sim::Bytes datagram_;
    unsigned epoch_ = 0;
    std::uint32_t sequence_ = 0;

    struct Incoming {
        unsigned type = 0;
        sim::Bytes body;
        std::size_t received = 0;
    };
    std::map<unsigned, Incoming> messages_;  // by message_seq
    std::vector<sim::Bytes> protected_;      // records of epoch 1
};

}  // namespace trustx::test
