// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include "common/io/unique_fd.hpp"
#include "support/catch.hpp"

#include <array>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

using namespace trustx;
using cli::Progress;

namespace {

// Screen is where a Progress draws.
struct Screen {
    Screen() {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        reader = UniqueFd{ends[0]};
        writer = UniqueFd{ends[1]};
    }

    // next waits for something to be drawn.
    [[nodiscard]] std::string next() const {
        std::array<char, 256> buffer{};
        const auto count = ::read(reader.get(), buffer.data(), buffer.size());
        return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
    }

    [[nodiscard]] bool is_empty() const {
        pollfd ready{.fd = reader.get(), .events = POLLIN, .revents = 0};
        return ::poll(&ready, 1, 0) == 0;
    }

    UniqueFd reader;
    UniqueFd writer;
};

}  // namespace

TEST_CASE("what takes long is shown with how far it is, and the line is taken back", "[progress]") {
    const Screen screen;
    Progress progress{screen.writer.get(), std::chrono::seconds{0}};
    {
        const Progress::Work hashing{progress, "hashing"};
        progress.count(2048, 1'000'000);
        std::string drawn = screen.next();
        while (drawn.find("2048") == drawn.npos) {
            drawn = screen.next();  // drawn before the count was known
        }
        CHECK_THAT(drawn, ContainsSubstring("\rtrustx: hashing, 2048 bytes of 1000 kB, 0 s"));
        const Progress::Work part{progress, "waiting for the chip"};
        CHECK_THAT(screen.next(), ContainsSubstring("hashing"));
    }
    std::string last = screen.next();
    while (!last.ends_with("\r\033[K")) {
        last += screen.next();
    }
    CHECK(screen.is_empty());
}

TEST_CASE("what is done soon is not shown", "[progress]") {
    const Screen screen;
    {
        Progress progress{screen.writer.get(), std::chrono::hours{1}};
        for (int i = 0; i < 100; ++i) {
            const Progress::Work work{progress, "waiting for the chip"};
            progress.count(1);
        }
    }
    CHECK(screen.is_empty());
}
