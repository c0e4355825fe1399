// SPDX-License-Identifier: Apache-2.0
#include "include_direction.hpp"

#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

using trustx::test::wrong_includes;

namespace {

bool is_source(const std::filesystem::path& path) {
    return path.extension() == ".hpp" || path.extension() == ".cpp" || path.extension() == ".h";
}

// The planted includes live in a tree of these files.
bool planted(const std::string& path) {
    static constexpr std::array<std::string_view, 6> files{
        "provider/src/key.hpp",           "tools/sim/nvm.hpp",
        "tools/sim/command/command.hpp",  "tools/trustx/output.hpp",
        "libtrustx/src/command/apdu.hpp", "libtrustx/src/codec/der.hpp"};
    return std::ranges::find(files, path) != files.end();
}

bool accepted(const char* path, const char* line) {
    return wrong_includes(path, line, planted).empty();
}

}  // namespace

TEST_CASE("no include of the product turns the direction of dependencies round", "[include_direction]") {
    const std::filesystem::path top = trustx::test::source_directory();
    const auto in_tree = [&top](const std::string& path) { return std::filesystem::exists(top / path); };
    int files = 0;
    for (const char* room : {"libtrustx", "provider", "tools"}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(top / room)) {
            if (!entry.is_regular_file() || !is_source(entry.path())) {
                continue;
            }
            ++files;
            const std::string path = std::filesystem::relative(entry.path(), top).generic_string();
            CHECK(wrong_includes(path, trustx::test::read_file(entry.path()), in_tree) == std::vector<std::string>{});
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
    CHECK(accepted("provider/src/key.cpp", "#include \"key.hpp\""));
    CHECK(accepted("tools/sim/chip_model.cpp", "#include \"nvm.hpp\""));
    CHECK(accepted("tools/sim/server/control.cpp", "#include \"../nvm.hpp\""));
    CHECK(accepted("tools/sim/application.cpp", "#include \"command/command.hpp\""));  // a folder of its own
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
    CHECK(wrong_includes("tools/sim/a.cpp", "int a;\n  #  include\t<trustx/key.hpp>\n#include<trustx/uid.hpp>", planted)
              .size() == 2);
    CHECK(wrong_includes("tools/sim/a.cpp", "// see <trustx/key.hpp>\nint include;\n", planted).empty());
    CHECK(wrong_includes("tests/unit/a.cpp", "#include \"command/apdu.hpp\"", planted).empty());
}
