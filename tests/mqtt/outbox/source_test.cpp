// SPDX-License-Identifier: Apache-2.0
// What is published: one text repeated, or the lines of an input.
#include "outbox/source.hpp"

#include "support/catch.hpp"

#include <array>
#include <string>
#include <vector>

#include <unistd.h>

using trustx::mqtt::Cause;
using trustx::mqtt::Result;
using trustx::mqtt::Source;

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

using Payloads = std::vector<std::string>;

}  // namespace

TEST_CASE("a source with nothing in it is finished from the start", "[outbox]") {
    auto source = Source::nothing();
    CHECK(source.finished());
    CHECK_FALSE(source.wants_reading());
    CHECK(source.take().empty());
}

TEST_CASE("a source repeats a message, a bounded number at a time", "[outbox]") {
    auto source = Source::repeated("hello", 2);
    CHECK_FALSE(source.finished());
    CHECK(source.take() == Payloads{"hello", "hello"});
    CHECK(source.finished());

    auto many = Source::repeated("hello", 1'000'000);
    CHECK(many.take().size() == Source::max_batch);
    many.end();
    CHECK(many.finished());
}

TEST_CASE("a source makes a message of every line of its input", "[outbox]") {
    Pipe pipe;
    auto source = Source::lines(pipe.reader());
    CHECK(source.wants_reading());

    pipe.write("one\ntwo\n\nfo");
    REQUIRE(source.read());
    CHECK(source.take() == Payloads{"one", "two", ""});

    SECTION("the last one also without a line end") {
        pipe.write("ur");
        REQUIRE(source.read());
        CHECK(source.take().empty());
        pipe.close_writer();
        REQUIRE(source.read());
        CHECK_FALSE(source.finished());
        CHECK(source.take() == Payloads{"four"});
        CHECK(source.finished());
    }
    SECTION("whatever bytes are in it") {
        pipe.write(std::string{"\0\xff\r\n", 4});
        REQUIRE(source.read());
        CHECK(source.take() == Payloads{std::string{"fo\0\xff\r", 5}});
    }
}

TEST_CASE("a source reads no further while lines wait to be taken", "[outbox]") {
    Pipe pipe;
    auto source = Source::lines(pipe.reader());
    pipe.write("one\ntwo\n");
    REQUIRE(source.read());
    CHECK_FALSE(source.wants_reading());
    source.take();
    CHECK(source.wants_reading());
}

TEST_CASE("a source says what is wrong with its input and ends it", "[outbox]") {
    SECTION("a descriptor that cannot be read") {
        Pipe pipe;
        const int unreadable = ::dup(pipe.reader());
        auto source = Source::lines(unreadable);
        ::close(unreadable);
        const auto read = source.read();
        REQUIRE_FALSE(read);
        CHECK(read.error().cause == Cause::input);
        CHECK(source.finished());
    }
    SECTION("a line without end") {
        Pipe pipe;
        auto source = Source::lines(pipe.reader());
        const std::string block(16384, 'x');
        Result<void> read;
        for (std::size_t sent = 0; sent <= Source::max_line && read; sent += block.size()) {
            pipe.write(block);
            read = source.read();
        }
        REQUIRE_FALSE(read);
        CHECK(read.error().cause == Cause::input);
        CHECK(source.finished());
    }
}
