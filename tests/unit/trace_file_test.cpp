// SPDX-License-Identifier: Apache-2.0
#include "trace/trace_file.hpp"

#include "support/catch.hpp"
#include "support/forked_child.hpp"
#include "support/temp_dir.hpp"
#include "trace/json_line.hpp"

#include <trustx/result.hpp>

#include <filesystem>
#include <sstream>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace trustx;

namespace {

// descriptor_of finds the descriptor under which this process has a file open.
int descriptor_of(const std::filesystem::path& file) {
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
        std::error_code ignored;
        if (std::filesystem::read_symlink(entry, ignored) == file) {
            return std::stoi(entry.path().filename().string());
        }
    }
    return -1;
}

// LowFileSizeLimit sets the limit beyond which a write would kill the process.
class LowFileSizeLimit {
 public:
    explicit LowFileSizeLimit(rlim_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit low{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &low);
    }
    ~LowFileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
    LowFileSizeLimit(const LowFileSizeLimit&) = delete;
    LowFileSizeLimit& operator=(const LowFileSizeLimit&) = delete;

 private:
    rlimit before_{};
};

}  // namespace

TEST_CASE("lines of several processes do not mix", "[trace]") {
    const test::TempDir directory;
    TraceFile file{(directory / "trace").string()};
    constexpr int lines = 300;
    const std::string line(900, 'x');
    file.append(line + "\n");  // open before the fork: the child goes on with the same descriptor
    const pid_t child = test::fork_with_deadline();
    REQUIRE(child >= 0);
    for (int i = 0; i < lines; ++i) {
        file.append((child == 0 ? "child" : "parent") + line + "\n");
    }
    if (child == 0) {
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    std::istringstream text{test::read_file(directory / "trace")};
    int whole = 0;
    for (std::string found; std::getline(text, found);) {
        whole += found == "child" + line || found == "parent" + line || found == line ? 1 : 0;
    }
    CHECK(whole == 2 * lines + 1);
}

TEST_CASE("a descriptor that the program closed and used for something else is left alone", "[trace]") {
    const test::TempDir directory;
    TraceFile file{(directory / "trace").string()};
    file.append("one\n");
    const int fd = descriptor_of(directory / "trace");
    REQUIRE(fd >= 0);
    const int other = ::open((directory / "other").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(::dup2(other, fd) == fd);
    file.append("two\n");
    CHECK(test::read_file(directory / "other").empty());
    CHECK(test::read_file(directory / "trace") == "one\ntwo\n");
    CHECK(::fcntl(fd, F_GETFD) >= 0);  // and was not closed either
    ::close(fd);
    ::close(other);
}

TEST_CASE("a limit of file sizes ends the trace and not the process", "[trace]") {
    const test::TempDir directory;
    TraceFile file{(directory / "trace").string()};
    {
        const LowFileSizeLimit limit{4096};
        file.append("lost\n");
        REQUIRE(file.trouble());
        CHECK(file.trouble()->code() == std::errc::file_too_large);
    }
    file.append("kept\n");
    CHECK_FALSE(file.trouble());
    CHECK(test::read_file(directory / "trace") == "kept\n");
}

TEST_CASE("tracing leaves errno as it was", "[trace]") {
    const test::TempDir directory;
    TraceFile file{(directory / "nowhere/trace").string()};
    errno = EINTR;
    file.append("line\n");
    CHECK(errno == EINTR);
    CHECK(file.trouble());
}

TEST_CASE("a line is one JSON object whatever goes into it", "[trace]") {
    JsonLine line;
    line.text("text", "quote \" backslash \\ line\nbreak \x01 \xFF");
    line.number("number", -42);
    line.hex("bytes", Bytes{0x00, 0xA5});
    const std::string text{line.finish()};
    CHECK(text.back() == '\n');
    CHECK(text.find('\n') == text.size() - 1);
    const auto parsed = nlohmann::json::parse(text);
    CHECK(parsed.at("text") == "quote \" backslash \\ line?break ? ?");
    CHECK(parsed.at("number") == -42);
    CHECK(parsed.at("bytes") == "00A5");
}

TEST_CASE("what does not fit into a line is left out whole", "[trace]") {
    const auto size = GENERATE(std::size_t{1}, std::size_t{JsonLine::capacity - 40}, std::size_t{JsonLine::capacity},
                               std::size_t{100'000});
    JsonLine line;
    line.text("long", std::string(size, '\\'));
    line.number("after", 1);
    const std::string text{line.finish()};
    CHECK(text.size() <= JsonLine::capacity);
    const auto parsed = nlohmann::json::parse(text);
    CHECK(parsed.contains("long") != parsed.contains("cut"));
    CHECK(parsed.at("after") == 1);
}
