// SPDX-License-Identifier: Apache-2.0
// Files that must survive a power cut: who may read them, and who waits for whom.
#include "common/files/file_store.hpp"

#include "common/files/input_error.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <grp.h>
#include <sys/stat.h>

using namespace trustx;
using namespace trustx::files;

namespace {

mode_t mode_of(const std::string& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("a durable file has its mode whatever the umask is", "[files]") {
    const test::TempDir directory;
    DiskStore store;
    const auto path = [&](const char* name) { return (directory / name).string(); };
    const auto before = ::umask(0);
    CHECK(store.write(path("journal"), "x", Access::owner));
    CHECK(store.write(path("chain"), "x", Access::everybody));
    CHECK(store.write(path("key"), "x", Access::services));
    ::umask(077);
    CHECK(store.write(path("chain-2"), "x", Access::everybody));
    ::umask(before);
    CHECK(mode_of(path("journal")) == 0600);
    CHECK(mode_of(path("chain")) == 0644);
    CHECK(mode_of(path("chain-2")) == 0644);
    const bool for_group = ::getgrnam("trustx") != nullptr && ::geteuid() == 0;
    CHECK(mode_of(path("key")) == (for_group ? 0640U : 0644U));
}

TEST_CASE("a file that is replaced keeps its mode, and a secret is never for others", "[files]") {
    const test::TempDir directory;
    DiskStore store;
    const auto path = (directory / "file").string();
    REQUIRE(store.write(path, "first", Access::everybody));
    REQUIRE(::chmod(path.c_str(), 0640) == 0);
    REQUIRE(store.write(path, "second", Access::everybody));
    CHECK(mode_of(path) == 0640);
    CHECK(store.read(path).value() == "second");
    REQUIRE(store.write(path, "third", Access::owner));
    CHECK((mode_of(path) & 0077U) == 0);
}

TEST_CASE("what is held in memory is a file as long as it is held, and no link to one", "[files]") {
    DiskStore store;
    std::string path;
    {
        const auto held = store.hold("secret").value();
        path = held->path();
        CHECK(store.read(path).value() == "secret");
        CHECK(store.read(path).value() == "secret");
        struct stat status {};
        REQUIRE(::stat(path.c_str(), &status) == 0);
        CHECK(status.st_nlink == 0);
    }
    struct stat status {};
    CHECK(::stat(path.c_str(), &status) != 0);
}

TEST_CASE("a file that is not there reads as nothing and is removed without complaint", "[files]") {
    const test::TempDir directory;
    DiskStore store;
    const auto path = (directory / "file").string();
    CHECK(store.read(path).value() == std::nullopt);
    CHECK(store.remove(path));
    REQUIRE(store.write(path, "", Access::owner));
    CHECK(store.read(path).value() == "");
    CHECK(store.remove(path));
    CHECK(store.read(path).value() == std::nullopt);
}

TEST_CASE("lines are added to a file, in place of one that was never finished", "[files]") {
    const test::TempDir directory;
    DiskStore store;
    const auto path = (directory / "lines").string();
    CHECK(store.append(path, "one\n", Access::everybody));
    CHECK(store.append(path, "two\n", Access::everybody));
    CHECK(store.read(path).value() == "one\ntwo\n");
    const std::string unfinished(10000, 'x');
    REQUIRE(store.write(path, "one\n" + unfinished, Access::everybody));
    CHECK(store.append(path, "two\n", Access::everybody));
    CHECK(store.read(path).value() == "one\ntwo\n");
    REQUIRE(store.write(path, unfinished, Access::everybody));
    CHECK(store.append(path, "one\n", Access::everybody));
    CHECK(store.read(path).value() == "one\n");
    REQUIRE(store.write(path, "", Access::everybody));
    CHECK(store.append(path, "one\n", Access::everybody));
    CHECK(store.read(path).value() == "one\n");
    CHECK(store.append("/dev/full", "one\n", Access::everybody).error() == InputErrc::unwritable);
}

TEST_CASE("directories are made with those above them, and the journal's is its owner's alone", "[files]") {
    const test::TempDir directory;
    DiskStore store;
    const auto path = (directory / "lib").string();
    REQUIRE(store.make_directory(path + "/trustx", Access::owner));
    REQUIRE(store.make_directory(path + "/trustx", Access::owner));
    CHECK(mode_of(path + "/trustx") == 0700);
    CHECK((mode_of(path) & 0700U) == 0700);
}

TEST_CASE("what cannot be written is an error that names the file", "[files]") {
    DiskStore store;
    const std::string path = "/proc/no-such-directory/file";
    for (const auto& failed : {store.write(path, "x", Access::owner), store.make_directory(path, Access::owner)}) {
        REQUIRE_FALSE(failed);
        CHECK(failed.error() == InputErrc::unwritable);
        CHECK_THAT(failed.error().message(), ContainsSubstring("/proc/no-such-directory"));
    }
}

TEST_CASE("a lock excludes others until it is released", "[files]") {
    const test::TempDir directory;
    DiskStore store;
    const auto path = (directory / "lock").string();
    auto first = store.lock(path);
    REQUIRE(first);
    CHECK(first.value() != nullptr);
    CHECK(store.lock(path).value() == nullptr);
    first->reset();
    CHECK(store.lock(path).value() != nullptr);
}
