// SPDX-License-Identifier: Apache-2.0
// Files that the user names, and what may stand in their place.
#include "common/files/input_file.hpp"

#include "common/files/input_error.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <thread>

#include <sys/stat.h>

using namespace trustx;

TEST_CASE("a pipe in place of a file is not waited for without end, and one that somebody fills is read", "[io]") {
    const test::TempDir files;
    const auto pipe = (files.path() / "pipe").string();
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    Bytes content;
    const auto take = [&content](ByteView piece) -> Result<void> {
        content.insert(content.end(), piece.begin(), piece.end());
        return {};
    };
    const auto silent = files::for_each_piece(pipe, take, std::chrono::milliseconds{1});
    REQUIRE_FALSE(silent);
    CHECK(silent.error() == InputErrc::unreadable);
    CHECK_THAT(silent.error().operation(), ContainsSubstring("no regular file"));
    std::thread writer{[&pipe] { test::write_file(pipe, std::string(100'000, 'x')); }};
    CHECK(files::for_each_piece(pipe, take));
    writer.join();
    CHECK(content.size() == 100'000);
}
