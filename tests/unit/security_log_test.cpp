// SPDX-License-Identifier: Apache-2.0
#include "device/security_log.hpp"

#include "support/catch.hpp"

using namespace trustx;
using namespace std::chrono_literals;

namespace {

const TimePoint start{1h};

// History is what a SecurityLog is told.
class History {
 public:
    template <class Command>
    void sent(const Command& command, TimePoint now) {
        log.sent(encoded(command), now);
    }
    template <class Command>
    void answered(const Command& command, TimePoint now) {
        log.answered(encoded(command), now);
    }
    template <class Command>
    void refused(const Command& command, TimePoint now) {
        log.refused(encoded(command), now);
    }
    void sign(TimePoint now, ObjectId key = object::device_key_1) {
        sent(CalcSign{.key = key, .digest = Bytes(32)}, now);
    }

    SecurityLog log;

 private:
    template <class Command>
    EncodedCommand encoded(const Command& command) {
        std::optional<typename Command::Response> response;
        return encode_command(CommandCall{command, response}, buffer_).value();
    }

    Bytes buffer_;
};

}  // namespace

TEST_CASE("uses of stored private keys are counted, and nothing else is", "[security_log]") {
    History history;
    CHECK(history.log.events(start).uses == 0);
    history.sign(start);
    history.sign(start, object::device_key_4);
    history.sent(GetAuthMsg{}, start);
    CHECK(history.log.events(start).uses == 3);
    history.sign(start, object::session_1);
    history.sent(GetRandom{}, start);
    history.sent(GetDataObject{.object = object::device_key_1}, start);
    CHECK(history.log.events(start).uses == 3);
    CHECK_FALSE(history.log.events(start).read_ago);
}

TEST_CASE("in a DTLS handshake the proof of the key counts, and so does a record that cannot be decrypted",
          "[security_log]") {
    History history;
    history.sent(GetHandshakeMessage{.session = object::session_1}, start);
    history.sent(PutHandshakeMessage{.session = object::session_1, .message = Bytes(12)}, start);
    const DecryptRecord decrypt{.session = object::session_1, .record = Bytes(29)};
    history.sent(decrypt, start);
    history.refused(PutHandshakeMessage{.session = object::session_1, .message = Bytes(12)}, start);
    CHECK(history.log.events(start).uses == 0);
    history.refused(decrypt, start);
    CHECK(history.log.events(start).uses == 1);
    history.sent(GetCertificateVerify{.session = object::session_1}, start);
    CHECK(history.log.events(start).uses == 2);
}

TEST_CASE("each pause of tmax takes one use away, but many short ones do not", "[security_log]") {
    History history;
    for (int use = 0; use < 10; ++use) {
        history.sign(start + use * 4s);
    }
    const auto last = start + 9 * 4s;
    CHECK(history.log.events(last).uses == 10);
    CHECK(history.log.events(last + 14s).uses == 8);
    CHECK(history.log.events(last + 1h).uses == 0);
    history.sign(last + 14s);
    CHECK(history.log.events(last + 14s).uses == 9);
}

TEST_CASE("reading the counter begins a new count, reading its metadata does not", "[security_log]") {
    History history;
    history.sign(start);
    history.answered(GetMetadata{.object = object::security_event_counter}, start);
    CHECK(history.log.events(start).uses == 1);
    history.answered(GetDataObject{.object = object::security_event_counter, .length = 1}, start);
    CHECK(history.log.events(start).uses == 0);
    CHECK(history.log.events(start + 3s).read_ago == Duration{3s});
}

TEST_CASE("what another process left is gone on with, unless it is of a former boot", "[security_log]") {
    History history;
    history.sign(start);
    SecurityLog next;
    next.go_on_with(history.log.state(), start + 1s);
    CHECK(next.events(start + 1s).uses == 1);
    next.go_on_with(history.log.state(), start - 1s);
    CHECK(next.events(start).uses == 0);
    next.go_on_with({.uses = 3, .last_use = start, .read_at = start + 1h}, start);
    CHECK(next.events(start).uses == 0);
    CHECK_FALSE(next.events(start).read_ago);
    next.go_on_with({.uses = 0xFFFF'FFFF, .last_use = start, .read_at = {}}, start);
    CHECK(next.events(start).uses == 0xFFFF'FFFF);
}
