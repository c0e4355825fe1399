// SPDX-License-Identifier: Apache-2.0
// What `trustx dtls connect` does between its input, the server and its output, in virtual time.
#include "dtls/relay.hpp"

#include "support/catch.hpp"
#include "world.hpp"

#include <array>
#include <functional>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

using namespace trustx;
using namespace trustx::test;
using namespace std::chrono_literals;
using cli::RelayOptions;
using cli::RelayResult;

namespace {

// Pipe is one that nobody has to read: what is written here fits in.
class Pipe {
 public:
    Pipe() { REQUIRE(::pipe2(ends_.data(), O_CLOEXEC | O_NONBLOCK) == 0); }
    ~Pipe() {
        close(0);
        close(1);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    [[nodiscard]] int reader() const { return ends_[0]; }
    [[nodiscard]] int writer() const { return ends_[1]; }
    void write(const std::string& text) const {
        REQUIRE(::write(writer(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    void end() { close(1); }
    [[nodiscard]] int filled() const {
        int bytes = 0;
        REQUIRE(::ioctl(reader(), FIONREAD, &bytes) == 0);
        return bytes;
    }

 private:
    void close(std::size_t end) {
        if (ends_.at(end) >= 0) {
            ::close(std::exchange(ends_.at(end), -1));
        }
    }

    std::array<int, 2> ends_{-1, -1};
};

// Watched is a network whose datagrams can be polled for, which time passes with, and whose test acts before each look.
class Watched final : public dtls::DatagramSocket {
 public:
    Watched(Network& network, VirtualTime& time) : network_{network}, time_{time} { always_readable_.write("x"); }

    Result<void> send(ByteView datagram, Deadline deadline) override { return network_.send(datagram, deadline); }
    Result<std::optional<std::size_t>> receive(std::span<std::uint8_t> buffer) override {
        before_look(++looks_);
        network_.serve();
        time_.pass(20ms);
        return network_.receive(buffer);
    }
    Result<void> wait(Deadline deadline) override { return network_.wait(deadline); }
    [[nodiscard]] int fd() const noexcept override { return always_readable_.reader(); }

    std::function<void(int look)> before_look = [](int) {};

 private:
    Network& network_;
    VirtualTime& time_;
    Pipe always_readable_;
    int looks_ = 0;
};

// Connected is a connection, with pipes around it.
struct Connected {
    Connected() {
        world.trust(pki.root);
        REQUIRE(connection.connect(world.in(300s)));
    }

    // before_look has the test act before the relay's n-th look into the socket.
    void before_look(std::function<void(int look)> act) {
        socket.before_look = [act = std::move(act), look = 0](int) mutable { act(++look); };
    }

    Result<RelayResult> relay(bool lines = false) {
        return cli::relay(connection, world.time,
                          {.input = input.reader(),
                           .output = output.writer(),
                           .signals = signals.reader(),
                           .lines = lines,
                           .quiet = 1s,
                           .too_long = [this] { ++told_of_length; }});
    }

    World world{{}, {.command_timeout = 3s}};
    Pki pki;
    Client client{world, pki.server};
    Watched socket{client.network, world.time};
    dtls::Connection connection{*world.device, socket, world.time, {.dates_hold_at = test_time, .pmtu = 296}};
    Pipe input;
    Pipe output;
    Pipe signals;
    int told_of_length = 0;
};

}  // namespace

TEST_CASE("a server that never pauses keeps nobody from signals and output", "[dtls]") {
    Connected here;
    constexpr int signal_at = 200;
    constexpr int end_at = 3000;
    constexpr int turn = 16;
    int written_by_then = 0;
    here.before_look([&](int look) {
        if (look < end_at) {
            here.client.server.write(bytes_of("x"));
        }
        if (look == signal_at) {
            written_by_then = here.output.filled();
            here.signals.write("!");
        }
    });
    const auto relayed = here.relay();
    REQUIRE(relayed);
    CHECK(relayed->end == RelayResult::End::interrupted);
    CHECK(written_by_then >= signal_at - 2 * turn);
    CHECK(here.connection.report().bytes_received <= signal_at + turn);
    CHECK(here.output.filled() == static_cast<int>(here.connection.report().bytes_received));
}

TEST_CASE("a received record for which the chip's answer was late is not lost, and ends nothing", "[dtls]") {
    Connected here;
    here.before_look([&](int look) {
        if (look == 1) {
            here.client.server.write(bytes_of("once more"));
            here.world.chip().faults().add(sim::parse_fault_rule("delay=5s,during=ProcDownLinkMsg").value());
        } else if (look == 3) {
            here.client.server.shut_down();
        }
    });
    const auto relayed = here.relay();
    CAPTURE(relayed ? std::string{} : relayed.error().message());
    REQUIRE(relayed);
    CHECK(relayed->end == RelayResult::End::server);
    CHECK(here.output.filled() == 9);
}

TEST_CASE("a chip that is always late ends it", "[dtls]") {
    Connected here;
    here.before_look([&](int look) {
        if (look == 1) {
            here.client.server.write(bytes_of("lost"));
            here.world.chip().faults().add(sim::parse_fault_rule("delay=5s,during=ProcDownLinkMsg,times=ever").value());
        } else if (look == 100) {
            here.signals.write("!");
        }
    });
    CHECK_FALSE(here.relay());
    CHECK(here.output.filled() == 0);
}

TEST_CASE("of records that are too long for the chip the user hears once", "[dtls]") {
    Connected here;
    here.before_look([&](int look) {
        if (look <= 3) {
            here.client.server.write(Bytes(dtls::max_received_payload + 1, 'x'));
        } else if (look == 4) {
            here.client.server.write(bytes_of("short"));
        } else if (look == 6) {
            here.client.server.shut_down();
        }
    });
    REQUIRE(here.relay());
    CHECK(here.told_of_length == 1);
    CHECK(here.connection.report().drops.too_long == 3);
    CHECK(here.output.filled() == 5);
}

TEST_CASE("only lines that did not fit into a datagram count as cut", "[dtls]") {
    Connected here;
    here.client.server.echoes = false;
    const auto most = here.connection.max_payload();
    const auto line = [](std::size_t size) { return std::string(size, 'x'); };
    struct Case {
        std::vector<std::string> typed;  // one after another
        std::uint64_t cut;
        std::size_t datagrams;
    };
    const auto one =
        GENERATE_COPY(Case{{line(most)}, 0, 1}, Case{{line(most - 1) + "\n"}, 0, 1}, Case{{line(most + 1)}, 1, 2},
                      Case{{line(most), "x"}, 1, 2}, Case{{line(most), "\n"}, 1, 2}, Case{{line(2 * most)}, 1, 2},
                      Case{{line(most), line(most)}, 1, 2}, Case{{line(most) + "\n" + line(most)}, 1, 3},
                      Case{{line(2 * most + 1) + "\n" + line(most + 1)}, 2, 5}, Case{{"a\n", "b"}, 0, 2});
    std::size_t next = 0;
    here.before_look([&](int look) {
        if (look % 4 != 1) {
            return;
        }
        if (next < one.typed.size()) {
            here.input.write(one.typed.at(next++));
        } else {
            here.input.end();
        }
    });
    const auto relayed = here.relay(true);
    REQUIRE(relayed);
    CAPTURE(one.typed.size(), one.typed.front().size());
    CHECK(relayed->end == RelayResult::End::input);
    CHECK(relayed->split == one.cut);
    CHECK(here.client.server.received().size() == one.datagrams);
}
