// SPDX-License-Identifier: Apache-2.0
// Output files: complete or absent, never half written, never writable for everybody.
#include "common/files/output_file.hpp"

#include "common/files/input_error.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <sys/stat.h>
#include <sys/xattr.h>

using namespace trustx;
namespace fs = std::filesystem;
using files::OutputFile;
using test::read_file;
using test::TempDir;

namespace {

std::size_t entries(const fs::path& directory) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator{directory}, fs::directory_iterator{}));
}

// Umask sets the process's mask for a while.
class Umask {
 public:
    explicit Umask(mode_t mask) : before_{::umask(mask)} {}
    ~Umask() { ::umask(before_); }
    Umask(const Umask&) = delete;
    Umask& operator=(const Umask&) = delete;

 private:
    mode_t before_;
};

}  // namespace

TEST_CASE("an output file has its content and nothing of its reserve", "[output_file]") {
    const TempDir directory;
    const auto path = directory / "key.pem";
    auto file = OutputFile::create(path.string(), 4096).value();
    REQUIRE(file.write("hello "));
    REQUIRE(file.write("world"));
    CHECK_FALSE(fs::exists(path));
    REQUIRE(file.commit());
    CHECK(read_file(path) == "hello world");
    CHECK(entries(directory.path()) == 1);
}

TEST_CASE("an output file that is given up leaves no trace and the old content", "[output_file]") {
    const TempDir directory;
    const auto path = directory / "key.pem";
    test::write_file(path, "old");
    {
        auto file = OutputFile::create(path.string(), 4096).value();
        REQUIRE(file.write("new"));
    }
    CHECK(read_file(path) == "old");
    CHECK(entries(directory.path()) == 1);
}

TEST_CASE("an output file behind a symbolic link replaces the link's target", "[output_file]") {
    const TempDir directory;
    fs::create_directory(directory / "store");
    const auto target = directory / "store" / "key.pem";
    test::write_file(target, "old");
    fs::create_symlink(target, directory / "link.pem");
    auto file = OutputFile::create((directory / "link.pem").string(), 0).value();
    REQUIRE(file.write("new"));
    REQUIRE(file.commit());
    CHECK(fs::is_symlink(directory / "link.pem"));
    CHECK(read_file(target) == "new");
}

TEST_CASE("an output file behind a symbolic link to nothing makes the link's target", "[output_file]") {
    const TempDir directory;
    fs::create_directory(directory / "below");
    fs::create_symlink("below/second", directory / "first");
    fs::create_symlink("../target", directory / "below/second");
    REQUIRE(files::write_file((directory / "first").string(), "content"));
    CHECK(fs::is_symlink(fs::symlink_status(directory / "first")));
    CHECK(read_file(directory / "target") == "content");
    fs::create_symlink("circle", directory / "circle");
    const auto circle = files::write_file((directory / "circle").string(), "content");
    REQUIRE_FALSE(circle);
    CHECK(circle.error() == InputErrc::unwritable);
}

TEST_CASE("an output file has a name", "[output_file]") {
    const auto file = OutputFile::create("", 0);
    REQUIRE_FALSE(file);
    CHECK(file.error() == InputErrc::usage);
}

TEST_CASE("the mode of an output file follows the umask and never lets everybody write", "[output_file]") {
    const TempDir directory;
    const auto mode = [&](mode_t mask, const std::string& name) {
        const Umask umask{mask};
        auto file = OutputFile::create((directory / name).string(), 0).value();
        REQUIRE(file.commit());
        struct stat status {};
        REQUIRE(::stat((directory / name).c_str(), &status) == 0);
        return status.st_mode & 0777U;
    };
    CHECK(mode(022, "usual") == 0644);
    CHECK(mode(077, "private") == 0600);
    CHECK(mode(0, "open") == 0664);
}

TEST_CASE("an output file that was there keeps its mode", "[output_file]") {
    const TempDir directory;
    const auto path = directory / "key.pem";
    const auto mode_after = [&](mode_t before, files::Readers readers) {
        test::write_file(path, "old");
        REQUIRE(::chmod(path.c_str(), before) == 0);
        auto file = OutputFile::create(path.string(), 0, readers).value();
        REQUIRE(file.write("new"));
        REQUIRE(file.commit());
        CHECK(read_file(path) == "new");
        struct stat status {};
        REQUIRE(::stat(path.c_str(), &status) == 0);
        return status.st_mode & 0777U;
    };
    CHECK(mode_after(0600, files::Readers::as_umask_allows) == 0600);
    CHECK(mode_after(0640, files::Readers::as_umask_allows) == 0640);
    CHECK(mode_after(0666, files::Readers::as_umask_allows) == 0666);
    CHECK(mode_after(0664, files::Readers::owner) == 0600);
}

TEST_CASE("a replaced file keeps its attributes and its access control list, and gets none of its directory",
          "[output_file]") {
    const TempDir directory;
    const auto path = (directory / "file").string();
    test::write_file(path, "old");
    constexpr const char* access = "system.posix_acl_access";
    constexpr const char* inherited = "system.posix_acl_default";
    // The form of acl(5) in the kernel: version 2, then tag, permissions and number of each entry. The user 1 may read.
    const std::string list{
        "\2\0\0\0"
        "\1\0\6\0\xff\xff\xff\xff"
        "\2\0\4\0\1\0\0\0"
        "\4\0\4\0\xff\xff\xff\xff"
        "\x10\0\4\0\xff\xff\xff\xff"
        "\x20\0\0\0\xff\xff\xff\xff",
        44};
    if (::setxattr(path.c_str(), "user.origin", "here", 4, 0) != 0 ||
        ::setxattr(path.c_str(), access, list.data(), list.size(), 0) != 0) {
        SUCCEED("the file system has no attributes");
        return;
    }
    const auto attribute = [&path](const char* name) {
        std::string value(256, '\0');
        const auto size = ::getxattr(path.c_str(), name, value.data(), value.size());
        return size < 0 ? "none" : value.substr(0, static_cast<std::size_t>(size));
    };
    for (const bool replaced : {true, false}) {
        auto file = replaced ? OutputFile::replacement(path, 3) : OutputFile::create(path, 3);
        REQUIRE(file);
        REQUIRE(file->write("new"));
        REQUIRE(file->commit());
        CHECK(attribute("user.origin") == "here");
        CHECK(attribute(access) == list);
    }
    const auto plain = (directory / "plain").string();
    test::write_file(plain, "old");
    REQUIRE(::setxattr(directory.path().c_str(), inherited, list.data(), list.size(), 0) == 0);
    REQUIRE(files::write_file(plain, "new"));
    CHECK(::getxattr(plain.c_str(), access, nullptr, 0) == -1);
}

TEST_CASE("an output file with several names keeps them all, and is complete or as it was", "[output_file]") {
    const TempDir directory;
    const auto path = directory / "key.pem";
    const auto other = directory / "other.pem";
    test::write_file(path, "old content, longer than the new one");
    fs::create_hard_link(path, other);
    {
        auto given_up = OutputFile::create(path.string(), 4096).value();
        REQUIRE(given_up.write("new"));
    }
    CHECK(read_file(other) == "old content, longer than the new one");
    auto file = OutputFile::create(path.string(), 4096).value();
    REQUIRE(file.write("new"));
    REQUIRE(file.commit());
    CHECK(fs::hard_link_count(path) == 2);
    CHECK(read_file(path) == "new");
    CHECK(read_file(other) == "new");
    CHECK(entries(directory.path()) == 2);
}

TEST_CASE("a directory that is missing is named before anything else happens", "[output_file]") {
    const TempDir directory;
    const auto file = OutputFile::create((directory / "missing" / "key.pem").string(), 0);
    REQUIRE_FALSE(file);
    CHECK(file.error() == InputErrc::unwritable);
    CHECK_THAT(file.error().message(), ContainsSubstring((directory / "missing" / "key.pem").string()) &&
                                           ContainsSubstring("make the directory"));
}

TEST_CASE("a full device is reported when it is written to", "[output_file]") {
    auto file = OutputFile::create("/dev/full", 4096).value();
    const auto written = file.write("x");
    REQUIRE_FALSE(written);
    CHECK(written.error() == InputErrc::unwritable);
    CHECK_THAT(written.error().message(), ContainsSubstring("/dev/full"));
    CHECK(fs::is_character_file("/dev/full"));
}

TEST_CASE("a file that is being written has no name, so that a killed program leaves nothing", "[output_file]") {
    const TempDir directory;
    test::write_file(directory / "key.pem", "old");
    for (const auto* name : {"key.pem", "new.pem"}) {
        auto file = OutputFile::create((directory / name).string(), 4096).value();
        REQUIRE(file.write("half"));
        CHECK(entries(directory.path()) == 1);
    }
    auto replacing = OutputFile::create((directory / "key.pem").string(), 0).value();
    REQUIRE(replacing.write("new"));
    REQUIRE(replacing.commit());
    CHECK(read_file(directory / "key.pem") == "new");
    CHECK(entries(directory.path()) == 1);
}

TEST_CASE("a file for secrets is its owner's alone", "[output_file]") {
    const TempDir directory;
    const Umask umask{0};
    auto file = OutputFile::create((directory / "secret").string(), 0, files::Readers::owner).value();
    REQUIRE(file.commit());
    struct stat status {};
    REQUIRE(::stat((directory / "secret").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600);
}
