// SPDX-License-Identifier: Apache-2.0
// Descriptors and what is written to them.
#include "common/io/output.hpp"
#include "common/io/socket.hpp"
#include "common/io/termination_signals.hpp"
#include "common/io/unique_fd.hpp"
#include "common/io/write_all.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>

using namespace trustx;

namespace {

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        reading = UniqueFd{ends[0]};
        writing = UniqueFd{ends[1]};
    }
    UniqueFd reading;
    UniqueFd writing;
};

}  // namespace

TEST_CASE("a write goes on after a signal and after a part of it", "[io]") {
    struct sigaction ignored {};
    ignored.sa_handler = [](int) {};  // without SA_RESTART: the call ends early
    struct sigaction before {};
    ::sigaction(SIGUSR1, &ignored, &before);
    Pipe pipe;
    const std::vector<std::uint8_t> sent(std::size_t{1} << 20, 0x5A);  // far more than a pipe holds
    std::vector<std::uint8_t> received;
    const auto writer = ::pthread_self();
    std::thread reader{[&] {
        std::array<std::uint8_t, 4096> part{};
        for (ssize_t count = 0; (count = ::read(pipe.reading.get(), part.data(), part.size())) > 0;) {
            ::pthread_kill(writer, SIGUSR1);
            received.insert(received.end(), part.begin(), part.begin() + count);
            if (received.size() == sent.size()) {
                return;
            }
        }
    }};
    const auto code = io::write_all(pipe.writing.get(), sent);
    pipe.writing.reset();
    reader.join();
    ::sigaction(SIGUSR1, &before, nullptr);
    CHECK_FALSE(code);
    CHECK(received == sent);
}

TEST_CASE("a write waits where its descriptor does not", "[io]") {
    Pipe pipe;
    REQUIRE(::fcntl(pipe.writing.get(), F_SETFL, O_NONBLOCK) == 0);
    const std::vector<std::uint8_t> sent(std::size_t{1} << 20, 0x5A);  // far more than a pipe holds
    std::size_t received = 0;
    std::thread reader{[&] {
        std::array<std::uint8_t, 4096> part{};
        while (received < sent.size()) {
            const auto count = ::read(pipe.reading.get(), part.data(), part.size());
            if (count <= 0) {
                return;
            }
            received += static_cast<std::size_t>(count);
        }
    }};
    const auto code = io::write_all(pipe.writing.get(), sent);
    pipe.writing.reset();
    reader.join();
    CHECK_FALSE(code);
    CHECK(received == sent.size());
}

TEST_CASE("what a write cannot store is its result", "[io]") {
    const UniqueFd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
    const std::array<std::uint8_t, 1> byte{};
    CHECK(io::write_all(full.get(), byte) == std::error_code{ENOSPC, std::system_category()});
}

TEST_CASE("a descriptor is closed once, and says how that went", "[io]") {
    Pipe pipe;
    const int number = pipe.writing.get();
    UniqueFd moved{std::move(pipe.writing)};
    CHECK_FALSE(moved.close());
    CHECK(::fcntl(number, F_GETFD) == -1);
    CHECK_FALSE(moved);
    CHECK_FALSE(moved.close());
    UniqueFd stale{number};
    CHECK(stale.close() == std::error_code{EBADF, std::system_category()});
}

TEST_CASE("a socket receives until all is there, the peer closes or the time is up", "[io]") {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const UniqueFd here{ends[0]};
    UniqueFd peer{ends[1]};
    const timeval limit{0, 1000};
    REQUIRE(::setsockopt(here.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    const std::array<std::uint8_t, 3> sent{1, 2, 3};
    std::array<std::uint8_t, 2> received{};
    REQUIRE_FALSE(io::send_all(peer.get(), sent));
    CHECK(io::receive_all(here.get(), received) == 2U);
    CHECK(received == std::array<std::uint8_t, 2>{1, 2});
    CHECK(io::receive_all(here.get(), received).error() == std::errc::resource_unavailable_try_again);
    REQUIRE_FALSE(io::send_all(peer.get(), sent));
    peer.reset();
    CHECK(io::receive_all(here.get(), received) == 2U);
    CHECK(io::receive_all(here.get(), received) == 1U);
    CHECK(io::receive_all(here.get(), received) == 0U);
    CHECK(io::send_all(here.get(), sent) == std::error_code{EPIPE, std::system_category()});
}

TEST_CASE("a termination signal can be read", "[io]") {
    sigset_t before{};
    REQUIRE(::pthread_sigmask(SIG_SETMASK, nullptr, &before) == 0);
    const auto signals = io::take_termination_signals();
    REQUIRE(signals);
    signalfd_siginfo info{};
    CHECK(::read(signals->get(), &info, sizeof info) == -1);
    REQUIRE(::pthread_kill(::pthread_self(), SIGTERM) == 0);
    pollfd readable{signals->get(), POLLIN, 0};
    CHECK(::poll(&readable, 1, 0) == 1);
    REQUIRE(::read(signals->get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info));
    CHECK(info.ssi_signo == SIGTERM);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

namespace {

std::string drained(int fd, std::size_t size) {
    std::string all;
    std::array<char, 65536> part{};
    while (all.size() < size) {
        const auto count = ::read(fd, part.data(), std::min(part.size(), size - all.size()));
        if (count <= 0) {
            break;
        }
        all.append(part.data(), static_cast<std::size_t>(count));
    }
    return all;
}

// For a reader that reads only at the end: whatever is written waits for it, and nobody waits for that.
void check_that_nothing_waits(int reading, int writing) {
    const int flags = ::fcntl(writing, F_GETFL);
    io::Output output{writing};
    std::string all;
    for (char letter = 'a'; letter <= 'z'; ++letter) {
        const std::string text(100'000, letter);
        output.add(text);
        all += text;
        REQUIRE_FALSE(output.write());
    }
    CHECK_FALSE(output.empty());
    CHECK(::fcntl(writing, F_GETFL) == flags);
    std::string received;
    while (received.size() < all.size()) {
        received += drained(reading, std::min<std::size_t>(4096, all.size() - received.size()));
        REQUIRE_FALSE(output.write());
    }
    CHECK(output.empty());
    CHECK(received == all);
}

}  // namespace

TEST_CASE("output does not wait for its reader, and loses nothing", "[io]") {
    SECTION("a pipe") {
        const Pipe pipe;
        check_that_nothing_waits(pipe.reading.get(), pipe.writing.get());
    }
    SECTION("a socket") {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
        const UniqueFd reading{ends[0]};
        const UniqueFd writing{ends[1]};
        check_that_nothing_waits(reading.get(), writing.get());
    }
}

TEST_CASE("output that cannot be written is an error, and is dropped", "[io]") {
    const UniqueFd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
    const UniqueFd closed{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    for (const auto& [fd, code] : {std::pair{full.get(), ENOSPC}, {closed.get(), EBADF}}) {
        io::Output output{fd};
        output.add("text");
        CHECK(output.write() == std::error_code{code, std::system_category()});
        CHECK(output.empty());
    }
    Pipe pipe;
    pipe.reading.reset();
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    io::Output output{pipe.writing.get()};
    output.add("text");
    CHECK(output.write() == std::errc::broken_pipe);
    std::signal(SIGPIPE, before);
}
