// SPDX-License-Identifier: Apache-2.0
// What is published, and what happens to messages that a lost connection took with it.
#include "outbox.hpp"

#include "support/catch.hpp"

#include <array>
#include <string>
#include <vector>

#include <unistd.h>

using trustx::mqtt::Cause;
using trustx::mqtt::Outbox;
using trustx::mqtt::Result;

namespace {

class Pipe {
 public:
    Pipe() { REQUIRE(::pipe(ends_.data()) == 0); }
    ~Pipe() {
        ::close(ends_[0]);
        close_writer();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    [[nodiscard]] int reader() const { return ends_[0]; }
    void write(const std::string& text) const {
        REQUIRE(::write(ends_[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    void close_writer() {
        if (ends_[1] >= 0) {
            ::close(ends_[1]);
            ends_[1] = -1;
        }
    }

 private:
    std::array<int, 2> ends_{};
};

std::vector<std::string> take_all(Outbox& outbox) {
    std::vector<std::string> payloads;
    while (auto message = outbox.next()) {
        payloads.push_back(message->payload);
        outbox.ended(message->id, true);
    }
    return payloads;
}

}  // namespace

TEST_CASE("an outbox with nothing in it is finished from the start", "[outbox]") {
    auto outbox = Outbox::nothing();
    CHECK(outbox.finished());
    CHECK_FALSE(outbox.wants_input());
    CHECK_FALSE(outbox.next().has_value());
}

TEST_CASE("an outbox repeats a message and is finished when all are delivered", "[outbox]") {
    auto outbox = Outbox::repeated("hello", 2);
    const auto first = outbox.next();
    const auto second = outbox.next();
    REQUIRE(first);
    REQUIRE(second);
    CHECK_FALSE(outbox.next().has_value());
    CHECK(first->payload == "hello");
    CHECK(first->id != second->id);
    outbox.ended(first->id, true);
    CHECK_FALSE(outbox.finished());
    outbox.ended(second->id, true);
    CHECK(outbox.finished());
    CHECK(outbox.delivered() == 2);
}

TEST_CASE("an outbox gives a message again that was not delivered", "[outbox]") {
    auto outbox = Outbox::repeated("hello", 1);
    const auto first = outbox.next();
    REQUIRE(first);
    outbox.ended(first->id, false);
    CHECK_FALSE(outbox.finished());
    const auto again = outbox.next();
    REQUIRE(again);
    CHECK(again->payload == "hello");
    outbox.ended(again->id, true);
    CHECK(outbox.finished());
    CHECK(outbox.delivered() == 1);
}

TEST_CASE("an outbox counts a message once that is reported twice", "[outbox]") {
    auto outbox = Outbox::repeated("hello", 1);
    const auto first = outbox.next();
    REQUIRE(first);
    outbox.ended(first->id, true);
    outbox.ended(first->id, false);
    CHECK(outbox.finished());
    CHECK(outbox.delivered() == 1);
}

TEST_CASE("an outbox keeps at most a bounded number of messages on their way", "[outbox]") {
    auto outbox = Outbox::repeated("hello", 1000);
    std::size_t sent = 0;
    std::uint64_t last = 0;
    while (auto message = outbox.next()) {
        last = message->id;
        ++sent;
    }
    CHECK(sent == Outbox::max_in_flight);
    outbox.ended(last, true);
    CHECK(outbox.next().has_value());
}

TEST_CASE("an outbox makes a message of every line of its input", "[outbox]") {
    Pipe pipe;
    auto outbox = Outbox::lines(pipe.reader());
    CHECK(outbox.wants_input());

    pipe.write("one\ntwo\n\nfo");
    REQUIRE(outbox.read_input());
    CHECK(take_all(outbox) == std::vector<std::string>{"one", "two", ""});

    SECTION("the last one also without a line end") {
        pipe.write("ur");
        REQUIRE(outbox.read_input());
        CHECK(take_all(outbox).empty());
        pipe.close_writer();
        REQUIRE(outbox.read_input());
        CHECK_FALSE(outbox.finished());
        CHECK(take_all(outbox) == std::vector<std::string>{"four"});
        CHECK(outbox.finished());
        CHECK(outbox.delivered() == 4);
    }
    SECTION("whatever bytes are in it") {
        pipe.write(std::string{"\0\xff\r\n", 4});
        REQUIRE(outbox.read_input());
        CHECK(take_all(outbox) == std::vector<std::string>{std::string{"fo\0\xff\r", 5}});
    }
}

TEST_CASE("an outbox reads no further while lines wait to be sent", "[outbox]") {
    Pipe pipe;
    auto outbox = Outbox::lines(pipe.reader());
    pipe.write("one\ntwo\n");
    REQUIRE(outbox.read_input());
    CHECK_FALSE(outbox.wants_input());
    take_all(outbox);
    CHECK(outbox.wants_input());
}

TEST_CASE("an outbox says what is wrong with its input and ends it", "[outbox]") {
    SECTION("a descriptor that cannot be read") {
        Pipe pipe;
        const int unreadable = ::dup(pipe.reader());
        auto outbox = Outbox::lines(unreadable);
        ::close(unreadable);
        const auto read = outbox.read_input();
        REQUIRE_FALSE(read);
        CHECK(read.error().cause == Cause::input);
        CHECK(outbox.finished());
    }
    SECTION("a line without end") {
        Pipe pipe;
        auto outbox = Outbox::lines(pipe.reader());
        const std::string block(16384, 'x');
        Result<void> read;
        for (std::size_t sent = 0; sent <= Outbox::max_line && read; sent += block.size()) {
            pipe.write(block);
            read = outbox.read_input();
        }
        REQUIRE_FALSE(read);
        CHECK(read.error().cause == Cause::input);
        CHECK(outbox.finished());
    }
}
