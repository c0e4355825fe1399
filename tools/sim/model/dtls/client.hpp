// SPDX-License-Identifier: Apache-2.0
// The chip's DTLS 1.2 client: one connection, from SetAuthScheme to its end, by the state machine of chip-dtls.md
// section 8. Methods that are called out of turn give error 0B and change nothing.
#pragma once

#include "model/crypto/crypto.hpp"
#include "model/crypto/sha256.hpp"
#include "model/dtls/decisions.hpp"
#include "model/dtls/handshake_message.hpp"
#include "model/dtls/key_schedule.hpp"
#include "model/dtls/record.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace trustx::sim::dtls {

// Part is the place of a piece in something longer: the low digit of its tag (chip-dtls.md sections 3 and 5).
enum class Part : std::uint8_t { first = 0, last = 1, middle = 2 };

struct Chunk {
    Part part;
    Bytes bytes;
};

// UpLink is a message to the server, by the Param of ProcUpLinkMsg.
enum class UpLink : std::uint8_t {
    hello = 0x01,
    hello_with_cookie = 0x03,
    certificate = 0x0B,
    certificate_verify = 0x0F,
    key_exchange = 0x10,
    finished = 0x14,
};

// Chip is what a connection needs of the chip around it. All of it outlives the call that it is given to.
struct Chip {
    Crypto& crypto;
    const Decisions& decisions;
};

class Client {
 public:
    // key is the chip's key for client authentication.
    explicit Client(ObjectId key) : key_{key} {}

    [[nodiscard]] ObjectId key() const { return key_; }
    // is_due tells whether a message to the server can be made now, expects whether one of the server can be taken.
    [[nodiscard]] bool is_due(UpLink message) const;
    [[nodiscard]] bool expects(MessageType type) const;
    // fetching is the message of which more chunks are left.
    [[nodiscard]] std::optional<UpLink> fetching() const { return sent_ > 0 ? std::optional(outgoing_) : std::nullopt; }

    // Messages to the server. Each method makes one; next_chunk hands it out, in as many calls as it has chunks.
    Outcome<void> make_hello(Chip chip, std::optional<std::uint32_t> unix_time);
    Outcome<void> make_hello_with_cookie(Chip chip);
    // make_certificate takes the body of the message (certificate_list.hpp).
    Outcome<void> make_certificate(Bytes list);
    Outcome<void> make_key_exchange(Chip chip);
    using Signer = std::function<Outcome<Signature>(ByteView digest)>;
    Outcome<void> make_certificate_verify(const Signer& signer);
    Outcome<void> make_finished(Chip chip);

    Chunk next_chunk(const Decisions& decisions);

    // take reads a message of the server. anchors are contents of the objects in Decisions::trust_anchors. After any
    // error but 0B the connection is lost; the caller then forgets it.
    Outcome<void> take(Chip chip, MessageType type, ByteView message, const std::vector<ByteView>& anchors);

    // Records, whole or in parts. The first part begins with a header of 13 bytes.
    // seal takes header and plaintext and gives the record. Errors: 05 a header that is not for this connection, or a
    // part that does not fit; 0B a type that is not due.
    Outcome<Bytes> seal(Chip chip, Part part, ByteView bytes);
    // open takes a record and gives header and plaintext, or nothing when it is not authentic, which only the last part
    // shows. Error 05: a part that does not fit.
    Outcome<std::optional<Bytes>> open(Chip chip, Part part, ByteView bytes);

 private:
    enum class Stage {
        start,
        hello,  // a hello can be made again, until the server answers it
        server_certificate,
        server_key_exchange,
        request_or_done,
        certificate,
        key_exchange,
        certificate_verify,
        finished,
        server_finished,
        connected,
    };
    // A record whose parts are not all there yet.
    struct Partial {
        Protection protection;
        Bytes tag;
    };

    void send(UpLink message, std::uint16_t number, Bytes body);
    // add is send, for the messages that are numbered on and enter the transcript at once.
    void add(UpLink message, Bytes body);
    // hello is the ClientHello that the server has to answer.
    [[nodiscard]] Message hello(const Decisions& decisions, const std::optional<Bytes>& cookie) const;
    Outcome<Bytes> seal_part(Part part, ByteView text);
    Outcome<std::optional<Bytes>> open_part(Part part, ByteView bytes);

    Outcome<void> take_hello_verify_request(ByteView body);
    Outcome<void> take_server_hello(const Decisions& decisions, ByteView body);
    Outcome<void> take_certificate(Chip chip, ByteView body, const std::vector<ByteView>& anchors);
    Outcome<void> take_key_exchange(Chip chip, ByteView body);
    Outcome<void> take_certificate_request(ByteView body);
    Outcome<void> take_hello_done(ByteView body);
    Outcome<void> take_finished(Chip chip, ByteView body);
    Outcome<void> check_number(const Message& message);

    [[nodiscard]] bool protects_records() const {
        return stage_ == Stage::server_finished || stage_ == Stage::connected;
    }

    ObjectId key_;
    Stage stage_ = Stage::start;
    Sha256 transcript_;

    Bytes client_random_;
    Bytes server_random_;
    std::optional<std::uint32_t> unix_time_;
    std::optional<Bytes> cookie_;
    bool cookie_was_sent_ = false;

    UpLink outgoing_ = UpLink::hello;
    Message message_{};
    std::size_t sent_ = 0;  // bytes of its body, while there are more
    std::uint16_t next_number_ = 0;
    std::optional<std::uint16_t> last_server_number_;

    std::optional<CertificateKey> server_key_;
    Curve curve_ = Curve::p256;
    Bytes server_point_;
    bool certificate_was_requested_ = false;
    bool certificate_was_sent_ = false;

    MasterSecret master_;
    TrafficKeys keys_;
    std::optional<std::uint64_t> last_sealed_;
    std::optional<Partial> sealing_;
    std::optional<Partial> opening_;
};

}  // namespace trustx::sim::dtls
