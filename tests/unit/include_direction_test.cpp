// SPDX-License-Identifier: Apache-2.0
#include "include_direction.hpp"

#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>

using trustx::test::wrong_includes;

namespace {

bool is_source(const std::filesystem::path& path) {
    return path.extension() == ".hpp" || path.extension() == ".cpp" || path.extension() == ".h";
}

bool accepted(const char* path, const char* line) {
    return wrong_includes(path, line).empty();
}

}  // namespace

TEST_CASE("no include of the product turns the direction of dependencies round", "[include_direction]") {
    const std::filesystem::path top = trustx::test::source_directory();
    int files = 0;
    for (const char* room : {"libtrustx", "provider", "tools"}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(top / room)) {
            if (!entry.is_regular_file() || !is_source(entry.path())) {
                continue;
            }
            ++files;
            const std::string path = std::filesystem::relative(entry.path(), top).generic_string();
            CHECK(wrong_includes(path, trustx::test::read_file(entry.path())) == std::vector<std::string>{});
        }
    }
    CHECK(files > 40);  // the tree was found
}

TEST_CASE("includes along the arrows are accepted", "[include_direction]") {
    CHECK(accepted("libtrustx/include/trustx/key.hpp", "#include <trustx/bytes.hpp>"));
    CHECK(accepted("libtrustx/src/objects.cpp", "#include \"object_io.hpp\""));
    CHECK(accepted("libtrustx/src/key.cpp", "#include \"codec/der.hpp\""));
    CHECK(accepted("libtrustx/src/device/device.cpp", "#include \"command/apdu.hpp\""));
    CHECK(accepted("libtrustx/src/device/device.cpp", "#include \"ifx_i2c/link.hpp\""));
    CHECK(accepted("libtrustx/src/ifx_i2c/link.cpp", "#include <trustx/i2c_bus.hpp>"));
    CHECK(accepted("libtrustx/src/bus/linux_i2c_bus.cpp", "#include <linux/i2c-dev.h>"));
    CHECK(accepted("provider/src/provider.cpp", "#include <trustx/device.hpp>"));
    CHECK(accepted("provider/src/provider.cpp", "#include <openssl/core_dispatch.h>"));
    CHECK(accepted("tools/trustx/main.cpp", "#include <trustx/objects.hpp>"));
    CHECK(accepted("tools/sim/chip_model.cpp", "#include \"nvm.hpp\""));
}

TEST_CASE("includes against the arrows are refused", "[include_direction]") {
    CHECK_FALSE(accepted("libtrustx/include/trustx/key.hpp", "#include \"codec/der.hpp\""));
    CHECK_FALSE(accepted("libtrustx/src/key.cpp", "#include \"command/apdu.hpp\""));
    CHECK_FALSE(accepted("libtrustx/src/key.cpp", "#include \"device/process_lock.hpp\""));
    CHECK_FALSE(accepted("libtrustx/src/codec/der.cpp", "#include \"command/apdu.hpp\""));
    CHECK_FALSE(accepted("libtrustx/src/command/apdu.cpp", "#include \"device/process_lock.hpp\""));
    CHECK_FALSE(accepted("libtrustx/src/command/apdu.cpp", "#include \"ifx_i2c/frame.hpp\""));
    CHECK_FALSE(accepted("libtrustx/src/ifx_i2c/link.cpp", "#include \"command/apdu.hpp\""));
    CHECK_FALSE(accepted("libtrustx/src/ifx_i2c/link.cpp", "#include \"device/process_lock.hpp\""));
    CHECK_FALSE(accepted("libtrustx/src/ifx_i2c/link.cpp", "#include <trustx/commands.hpp>"));
    CHECK_FALSE(accepted("libtrustx/src/ifx_i2c/link.cpp", "#include <linux/i2c.h>"));
    CHECK_FALSE(accepted("libtrustx/src/bus/socket_bus.cpp", "#include \"ifx_i2c/frame.hpp\""));
    CHECK_FALSE(accepted("libtrustx/src/bus/socket_bus.cpp", "#include <trustx/device.hpp>"));
    CHECK_FALSE(accepted("libtrustx/src/key.cpp", "#include <openssl/ec.h>"));
    CHECK_FALSE(accepted("provider/src/key.cpp", "#include \"command/apdu.hpp\""));
    CHECK_FALSE(accepted("provider/src/key.cpp", "#include \"../../libtrustx/src/codec/der.hpp\""));
    CHECK_FALSE(accepted("tools/trustx/main.cpp", "#include \"libtrustx/src/codec/der.hpp\""));
    CHECK_FALSE(accepted("tools/trustx/main.cpp", "#include \"../sim/nvm.hpp\""));
    CHECK_FALSE(accepted("tools/sim/chip_model.cpp", "#include <trustx/bytes.hpp>"));
}

TEST_CASE("an include is found however it is written and whichever line it is on", "[include_direction]") {
    CHECK(
        wrong_includes("tools/sim/a.cpp", "int a;\n  #  include\t<trustx/key.hpp>\n#include<trustx/uid.hpp>").size() ==
        2);
    CHECK(wrong_includes("tools/sim/a.cpp", "// see <trustx/key.hpp>\nint include;\n").empty());
    CHECK(wrong_includes("tests/unit/a.cpp", "#include \"command/apdu.hpp\"").empty());
}
