// SPDX-License-Identifier: Apache-2.0
// The bus behind /dev/i2c-N as far as it can be seen without one; tests/kernel/ has the rest.
#include "bus/linux_i2c_bus.hpp"

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <trustx/device.hpp>

#include <cerrno>
#include <fstream>

using namespace trustx;

namespace {

Error refusal(const test::TempDir& directory, const std::string& path) {
    const BusAddress address{.kind = BusAddress::Kind::linux_i2c, .path = path, .target = 0x30};
    const auto bus = open_linux_i2c_bus(address);
    REQUIRE_FALSE(bus);
    const auto locked = Device::open(address, {.lock_directory = directory / "lock"})->lock();
    REQUIRE_FALSE(locked);
    CHECK(locked.error().code() == bus.error().code());
    return locked.error();
}

}  // namespace

TEST_CASE("a path without an adapter is named", "[linux_i2c_bus]") {
    const test::TempDir directory;
    const std::string path = directory / "i2c-1";
    const auto error = refusal(directory, path);
    CHECK(error.code() == errno_code(ENOENT));
    CHECK_THAT(error.message(), ContainsSubstring(path + "@0x30: open"));
}

TEST_CASE("what is no I2C adapter is told apart from one without a chip", "[linux_i2c_bus]") {
    const test::TempDir directory;
    const std::string file = directory / "file";
    std::ofstream{file} << "not an adapter";
    for (const std::string& path : {file, std::string{"/dev/null"}}) {
        const auto error = refusal(directory, path);
        CHECK(error.code() == errno_code(ENOTTY));
        CHECK_THAT(error.message(), ContainsSubstring(path + "@0x30: use it as an I2C adapter"));
        CHECK_THAT(error.message(), ContainsSubstring("`device`"));
    }
}
