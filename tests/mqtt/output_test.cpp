// SPDX-License-Identifier: Apache-2.0
// What must not wait for those who do not read: messages for people and for the service manager.
#include "common/io/unique_fd.hpp"
#include "service/journal.hpp"
#include "service/manager.hpp"
#include "service/text_sink.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <future>
#include <string>

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace trustx;
using namespace trustx::mqtt;
using namespace trustx::test;
using namespace std::chrono_literals;

namespace {

struct LogPipe {
    LogPipe() {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        reading = UniqueFd{ends[0]};
        writing = UniqueFd{ends[1]};
    }
    // read gives what is there now.
    [[nodiscard]] std::string read() const {
        ::fcntl(reading.get(), F_SETFL, O_NONBLOCK);
        std::string all;
        std::array<char, 65536> part{};
        for (ssize_t count = 0; (count = ::read(reading.get(), part.data(), part.size())) > 0;) {
            all.append(part.data(), static_cast<std::size_t>(count));
        }
        return all;
    }
    UniqueFd reading;
    UniqueFd writing;
};

bool is_done(const std::future<void>& work, std::chrono::milliseconds within) {
    return work.wait_for(within) == std::future_status::ready;
}

}  // namespace

TEST_CASE("messages for people are dropped, and counted, while nobody reads them", "[mqtt][output]") {
    const LogPipe pipe;
    spdlog::logger logger{"name", text_sink(pipe.writing.get())};
    const std::string line(1000, 'x');
    for (int i = 0; i < 1000; ++i) {
        logger.info(line);
    }
    const auto first = pipe.read();
    CHECK(first.starts_with("name: xxx"));
    CHECK(first.size() < 200'000);
    logger.info("after");
    logger.info("the end");
    const auto later = pipe.read();
    CHECK_THAT(later, ContainsSubstring("message(s) were not written"));
    CHECK(later.ends_with("name: after\nname: the end\n"));
}

TEST_CASE("a service manager that does not read is not waited for", "[mqtt][output]") {
    const TempDir directory;
    const std::string path = directory / "notify";
    const UniqueFd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    Manager manager;
    auto told = std::async(std::launch::async, [&] {
        for (int i = 0; i < 100'000 && manager.ready("connected"); ++i) {
        }
    });
    const bool returned = is_done(told, patience());
    CHECK(returned);
    std::array<char, 100> notice{};
    while (!is_done(told, 0ms) || ::recv(socket.get(), notice.data(), notice.size(), MSG_DONTWAIT) > 0) {
    }
    CHECK(std::string{notice.data()} == "READY=1\nSTATUS=connected");
    CHECK(manager.ready("connected"));
    ::unsetenv("NOTIFY_SOCKET");
}

TEST_CASE("a descriptor is the journal's if systemd says so of it", "[mqtt][output]") {
    const LogPipe pipe;
    struct stat found {};
    REQUIRE(::fstat(pipe.writing.get(), &found) == 0);
    const auto stream = std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino);
    ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
    CHECK(is_journal(pipe.writing.get()));
    CHECK_FALSE(is_journal(STDIN_FILENO));
    ::unsetenv("JOURNAL_STREAM");
}
