// SPDX-License-Identifier: Apache-2.0
// A directory's digest: what it depends on, and what it does not.
#include "attest/tree.hpp"

#include "common/files/input_error.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

using namespace trustx;
using namespace trustx::attest;
using namespace trustx::test;
namespace fs = std::filesystem;

namespace {

class Directory {
 public:
    Directory() { fs::create_directory(files_ / "top"); }
    void put(const std::string& path, const std::string& content) const {
        fs::create_directories((files_ / "top" / path).parent_path());
        write_file(files_ / "top" / path, content);
        REQUIRE(::chmod((files_ / "top" / path).c_str(), 0644) == 0);
    }
    [[nodiscard]] fs::path at(const std::string& path) const { return files_ / "top" / path; }
    [[nodiscard]] Tree tree(const TreeLimits& limits = {}) const {
        auto measured = attest::measure(files_.path().string(), "/top", limits);
        REQUIRE(measured);
        REQUIRE(measured->has_value());
        return **std::move(measured);
    }
    [[nodiscard]] std::error_code refused(const TreeLimits& limits) const {
        const auto measured = attest::measure(files_.path().string(), "/top", limits);
        REQUIRE_FALSE(measured);
        return measured.error().code();
    }
    [[nodiscard]] std::string parent() const { return files_.path().string(); }

 private:
    TempDir files_;
};

}  // namespace

TEST_CASE("a file's digest is SHA-256 of its content, and a path through a link is followed inside", "[attest]") {
    const Directory directory;
    directory.put("file", "abc");
    fs::create_symlink("/top/file", directory.at("absolute"));
    fs::create_symlink("../../../../../../../../../../../../../../etc/passwd", directory.at("escape"));
    for (const auto* path : {"/top/file", "/top/absolute"}) {
        const auto measured = attest::measure(directory.parent(), path);
        REQUIRE(measured);
        REQUIRE(measured->has_value());
        CHECK(hex((*measured)->digest) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        CHECK_FALSE((*measured)->directory);
    }
    for (const auto* path : {"/top/escape", "/top/none", "/top/file/below"}) {
        const auto measured = attest::measure(directory.parent(), path);
        CAPTURE(path);
        REQUIRE(measured);
        CHECK_FALSE(measured->has_value());
    }
}

TEST_CASE("a directory's digest is that of the text that coreutils make", "[attest]") {
    const Directory directory;
    directory.put("b/file", "abc");
    directory.put("a", "");
    directory.put("with\nline and \\", "x");
    fs::create_symlink("/nowhere", directory.at("link"));
    fs::permissions(directory.at("b"), fs::perms{0751});
    fs::permissions(directory.at(""), fs::perms{0750});
    const auto outcome = run("bash", {"-euc", R"sh(export LC_ALL=C
digest() { sha256sum | cut -c1-64; }
{ echo "d 0750 - ."
  echo "f 0644 $(digest <a) a"
  echo "d 0751 - b"
  echo "f 0644 $(digest <b/file) b/file"
  echo "l 0777 $(printf /nowhere | digest) link"
  printf '%s\n' "f 0644 $(printf x | digest) with\x0Aline and \\\\"; } | digest)sh"},
                             {.directory = directory.at("")});
    INFO(outcome.both());
    REQUIRE(outcome.ok());
    CHECK(hex(directory.tree().digest) + "\n" == outcome.out);
}

TEST_CASE("whatever is changed in a directory changes its digest", "[attest]") {
    const Directory directory;
    directory.put("a", "1");
    directory.put("b/c", "2");
    fs::create_symlink("a", directory.at("link"));
    const auto before = directory.tree().digest;
    CHECK(directory.tree().digest == before);
    SECTION("content") {
        directory.put("b/c", "3");
    }
    SECTION("a file more") {
        directory.put("b/d", "");
    }
    SECTION("a file less") {
        fs::remove(directory.at("a"));
    }
    SECTION("another name") {
        fs::rename(directory.at("a"), directory.at("e"));
    }
    SECTION("set-user-ID") {
        REQUIRE(::chmod(directory.at("a").c_str(), 04644) == 0);
    }
    SECTION("the directory's own mode") {
        REQUIRE(::chmod(directory.at("").c_str(), 0777) == 0);
    }
    SECTION("a device") {
        // The only one that everybody may make, and no device is behind it (whiteout of overlayfs).
        REQUIRE(::mknod(directory.at("b/device").c_str(), S_IFCHR | 0600, makedev(0, 0)) == 0);
        CHECK(directory.tree().entries.at("b/device") == "c 0600 0:0");
    }
    SECTION("a link's target") {
        fs::remove(directory.at("link"));
        fs::create_symlink("b", directory.at("link"));
    }
    SECTION("a directory in place of a link to it") {
        fs::remove(directory.at("link"));
        directory.put("link", "1");
    }
    SECTION("an empty directory") {
        fs::create_directory(directory.at("b/empty"));
    }
    CHECK(directory.tree().digest != before);
}

TEST_CASE("capabilities of a file are measured with its mode", "[attest]") {
    const Directory directory;
    directory.put("program", "1");
    const auto before = directory.tree();
    CHECK(before.entries.at("program").starts_with("f 0644 6b86b273"));
    // cap_net_bind_service=ep, as struct vfs_cap_data has it (capabilities(7)).
    const std::array<unsigned char, 20> value{0x01, 0x00, 0x00, 0x02, 0x00, 0x04};
    if (::setxattr(directory.at("program").c_str(), "security.capability", value.data(), value.size(), 0) != 0) {
        WARN("giving a file capabilities takes root, and a file system that has them: " << std::strerror(errno));
        return;
    }
    const auto after = directory.tree();
    CHECK(after.digest != before.digest);
    CHECK(after.entries.at("program").starts_with("f 0644+0100000200040000000000000000000000000000 6b86b273"));
    const auto single = attest::measure(directory.parent(), "/top/program");
    REQUIRE(single);
    REQUIRE(single->has_value());
    CHECK((*single)->mode == "0644+0100000200040000000000000000000000000000");
    CHECK(hex((*single)->digest).starts_with("6b86b273"));
}

TEST_CASE("links are not followed, and what has no content is passed over and counted", "[attest]") {
    const Directory directory;
    const Directory elsewhere;
    elsewhere.put("secret", "1");
    fs::create_symlink(elsewhere.at(""), directory.at("out"));
    REQUIRE(::mkfifo(directory.at("fifo").c_str(), 0600) == 0);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    directory.at("socket").string().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::close(fd);
    const auto tree = directory.tree();
    CHECK(tree.passed_over == 2);
    REQUIRE(tree.entries.size() == 2);
    CHECK(tree.entries.at("out").starts_with("l "));
    const auto digest = tree.digest;
    elsewhere.put("secret", "2");
    CHECK(directory.tree().digest == digest);

    const auto fifo = attest::measure(directory.parent(), "/top/fifo");
    REQUIRE_FALSE(fifo);
    CHECK(fifo.error() == InputErrc::refused);
}

TEST_CASE("what is beyond a limit is an error, and never left out", "[attest]") {
    const Directory directory;
    directory.put("a", "123");
    directory.put("b/c/d", "456");
    CHECK(directory.tree({.bytes = 6, .entries = 5, .depth = 3}).entries.size() == 5);
    CHECK(directory.refused({.bytes = 5}) == InputErrc::refused);
    CHECK(directory.refused({.entries = 4}) == InputErrc::refused);
    CHECK(directory.refused({.depth = 2}) == InputErrc::refused);
}

TEST_CASE("a loop of links ends", "[attest]") {
    const Directory directory;
    fs::create_symlink("loop", directory.at("loop"));
    const auto measured = attest::measure(directory.parent(), "/top/loop");
    REQUIRE_FALSE(measured);
    CHECK(measured.error() == InputErrc::unreadable);
    CHECK(directory.tree().entries.size() == 2);
}
