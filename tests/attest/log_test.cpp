// SPDX-License-Identifier: Apache-2.0
// The log of a start: whoever changes, removes, moves or adds something is noticed, as long as he does not write the
// whole anew.
#include "attest/log.hpp"

#include "attest/error.hpp"
#include "common/files/input_error.hpp"
#include "common/io/unique_fd.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"
#include "support/virtual_clock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

using namespace trustx;
using namespace trustx::attest;
using namespace trustx::test;

namespace {

constexpr const char* this_start = "0f4a1c2e-8b7d-4e6f-9a3b-5c2d1e0f7a8b";
constexpr std::time_t noon = 1795953600;

class LogFile {
 public:
    LogFile() {
        for (int i = 0; i < 3; ++i) {
            const auto text = "kernel" + std::to_string(i);
            REQUIRE(append_to_log(path(), this_start, noon + i, {{"kernel", sha256(text)}, {"/etc", sha256(text)}}));
        }
    }
    [[nodiscard]] std::string path() const { return files_ / "run/attest.log"; }
    [[nodiscard]] std::string text() const { return read_file(path()); }
    void replace(const std::string& text) const { write_file(path(), text); }
    [[nodiscard]] Log log() const {
        auto log = read_log(path(), this_start);
        REQUIRE(log);
        return *std::move(log);
    }

 private:
    TempDir files_;
};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1) {
        lines.push_back(text.substr(begin, text.find('\n', begin) - begin));
    }
    return lines;
}

}  // namespace

TEST_CASE("a log is read as it was written, and another program computes its chain", "[attest]") {
    const LogFile file;
    const auto log = file.log();
    CHECK(log.broken.empty());
    REQUIRE(log.entries.size() == 3);
    CHECK(log.entries[1].components.at("kernel") == sha256(std::string_view{"kernel1"}));
    CHECK(log.entries[2].time == "2026-11-29T12:00:02Z");
    const auto outcome = run("python3", {"-c", R"(
import hashlib, sys
chain = hashlib.sha256(sys.argv[2].encode()).digest()
for line in open(sys.argv[1]).read().splitlines():
    chain = hashlib.sha256(chain + line[65:].encode()).digest()
    assert chain.hex() == line[:64]
print(chain.hex(), end=""))",
                                         file.path(), this_start});
    INFO(outcome.both());
    REQUIRE(outcome.ok());
    CHECK(outcome.out == hex(log.head(this_start)));
}

TEST_CASE("each change of a letter of a log is noticed, and nothing is added to it any more", "[attest]") {
    const LogFile file;
    const auto whole = file.text();
    for (std::size_t i = 0; i < whole.size(); ++i) {
        auto changed = whole;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        file.replace(changed);
        CAPTURE(i);
        CHECK_FALSE(file.log().broken.empty());
    }
    const auto refused = append_to_log(file.path(), this_start, noon, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == AttestErrc::log_broken);
}

TEST_CASE("what is no file is left alone, and a log that is there keeps its mode", "[attest]") {
    const TempDir files;
    const auto pipe = (files.path() / "pipe").string();
    REQUIRE(::mkfifo(pipe.c_str(), 0660) == 0);
    const auto mode = [](const std::string& path) {
        return static_cast<unsigned>(std::filesystem::status(path).permissions());
    };
    const auto before = mode(pipe);
    const auto refused = append_to_log(pipe, this_start, noon, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == InputErrc::refused);
    CHECK_THAT(refused.error().operation(), ContainsSubstring("no file"));
    CHECK(mode(pipe) == before);
    CHECK_FALSE(std::filesystem::exists(pipe + ".lock"));
    const auto log = (files.path() / "log").string();
    write_file(log, "");
    std::filesystem::permissions(log, std::filesystem::perms{0600});
    REQUIRE(append_to_log(log, this_start, noon, {}));
    CHECK(mode(log) == 0600U);
}

TEST_CASE("who may read a log cannot keep others from adding to it, and who has its lock not for long", "[attest]") {
    const LogFile file;
    const UniqueFd reader{::open(file.path().c_str(), O_RDONLY | O_CLOEXEC)};
    REQUIRE(::flock(reader.get(), LOCK_SH) == 0);
    VirtualClock clock;
    CHECK(append_to_log(file.path(), this_start, noon, {}, clock));

    const auto lock = file.path() + ".lock";
    struct stat found {};
    REQUIRE(::stat(lock.c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
    UniqueFd holder{::open(lock.c_str(), O_RDWR | O_CLOEXEC)};
    REQUIRE(::flock(holder.get(), LOCK_EX) == 0);
    const auto began = clock.now();
    const auto refused = append_to_log(file.path(), this_start, noon, {}, clock);
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == InputErrc::unwritable);
    CHECK_THAT(refused.error().operation(), ContainsSubstring(lock));
    CHECK(clock.now() - began >= log_patience);
    CHECK(clock.now() - began < log_patience + std::chrono::seconds{1});
    holder.reset();
    CHECK(append_to_log(file.path(), this_start, noon, {}, clock));
    CHECK(file.log().entries.size() == 5);
    // A lock that others may open was made by others, or is theirs by mistake.
    REQUIRE(::chmod(lock.c_str(), 0666) == 0);
    const auto theirs = append_to_log(file.path(), this_start, noon, {}, clock);
    REQUIRE_FALSE(theirs);
    CHECK(theirs.error() == InputErrc::refused);
}

TEST_CASE("an entry of a log that is removed, moved, doubled or cut off is noticed", "[attest]") {
    const LogFile file;
    const auto lines = lines_of(file.text());
    REQUIRE(lines.size() == 3);
    const auto with = [&](const std::vector<std::size_t>& order) {
        std::vector<std::string> chosen;
        for (const auto number : order) {
            chosen.push_back(lines[number]);
        }
        return parse_log(chosen, this_start).broken;
    };
    CHECK(with({0, 1, 2}).empty());
    CHECK_FALSE(with({1, 2}).empty());
    CHECK_FALSE(with({0, 2}).empty());
    CHECK_FALSE(with({0, 2, 1}).empty());
    CHECK_FALSE(with({0, 1, 1, 2}).empty());
    // The last entries alone: only who remembers them can tell, as `verify --previous` does.
    CHECK(with({0, 1}).empty());
    auto cut = file.text();
    cut.pop_back();
    file.replace(cut);
    CHECK_THAT(file.log().broken, ContainsSubstring("cut off"));
}

TEST_CASE("a log of another start is not this one's", "[attest]") {
    const LogFile file;
    CHECK_FALSE(parse_log(lines_of(file.text()), "1f4a1c2e-8b7d-4e6f-9a3b-5c2d1e0f7a8b").broken.empty());
    CHECK(read_log(file.path() + ".none", this_start)->entries.empty());
}

TEST_CASE("an entry whose chain is right belongs where it says, and to the start that it names", "[attest]") {
    const auto broken = [](const std::string& object) {
        Hasher hasher;
        hasher.add(ByteView{sha256(std::string_view{this_start})});
        hasher.add(object);
        return parse_log({hex(hasher.finish()) + " " + object}, this_start).broken;
    };
    const auto start = std::string{this_start};
    CHECK(broken(R"({"n":1,"boot":")" + start + R"(","time":"2026-11-29T12:00:02Z","components":{}})").empty());
    for (const auto& object :
         {R"({"n":2,"boot":")" + start + R"(","time":"2026-11-29T12:00:02Z","components":{}})",
          std::string{R"({"n":1,"boot":"another","time":"2026-11-29T12:00:02Z","components":{}})"},
          R"({"n":1,"boot":")" + start + R"(","time":"noon","components":{}})",
          R"({"n":1,"boot":")" + start + R"(","time":"2026-11-29T12:00:02Z","components":{"a":"00"}})",
          R"({"n":1,"boot":")" + start + R"(","time":"2026-11-29T12:00:02Z"})", std::string{"[]"}, std::string{}}) {
        CAPTURE(object);
        CHECK_FALSE(broken(object).empty());
    }
}

TEST_CASE("a log that others may write to is no log", "[attest]") {
    const LogFile file;
    REQUIRE(::chmod(file.path().c_str(), 0666) == 0);
    CHECK_THAT(file.log().broken, ContainsSubstring("others may write"));
}

TEST_CASE("everybody may read a log, whatever the umask was", "[attest]") {
    const auto before = ::umask(0077);
    const LogFile file;
    ::umask(before);
    struct stat found {};
    REQUIRE(::stat(file.path().c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0644);
}

TEST_CASE("a log does not grow without end", "[attest]") {
    const LogFile file;
    const std::string long_name(log_limit, 'x');
    const auto refused = append_to_log(file.path(), this_start, noon, {{long_name, Digest{}}});
    CHECK_FALSE(refused);
    CHECK(file.log().entries.size() == 3);
}
