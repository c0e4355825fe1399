// SPDX-License-Identifier: Apache-2.0
// trustx-sim attach and detach against a kernel made of files.
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/simulator.hpp"
#include "usbip/attach.hpp"
#include "usbip/vhci.hpp"

#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

#include <poll.h>
#include <unistd.h>

using namespace trustx;
using namespace trustx::test;
namespace fs = std::filesystem;
namespace usbip = trustx::sim::usbip;

namespace {

const std::string header = "hub port sta spd dev      sockfd local_busid\n";
const std::string free_port = "hs  0000 004 000 00000000 000000 0-0\n";
const std::string used_port = "hs  0000 006 002 00010002 000005 1-1\n";

// Kernel is a directory with what vhci-hcd shows of itself, and a thread that does what the kernel would.
struct Kernel {
    TempDir directory;
    usbip::Paths paths{.sysfs = directory.path() / "sys", .dev = directory.path() / "dev"};
    fs::path controller = paths.sysfs / "devices/platform/vhci_hcd.0";
    fs::path usb = paths.sysfs / "bus/usb/devices";

    Kernel() {
        for (const auto& made : {controller, usb, paths.sysfs / "bus/usb/drivers/i2c-tiny-usb",
                                 paths.sysfs / "class/i2c-dev", paths.dev}) {
            fs::create_directories(made);
        }
        write(controller / "attach", "");
        write(controller / "detach", "");
        write(controller / "status", header + free_port);
    }

    // plug makes what the kernel and its driver make of a chip.
    void plug(const std::string& adapter = "i2c-7") const {
        fs::create_directories(usb / "1-1:1.0" / adapter);
        fs::create_directories(usb / "1-1");
        write(usb / "1-1/manufacturer", "trustx\n");
        write(paths.dev / adapter, "");
        write(controller / "status", header + used_port);
    }
    void unplug() const {
        fs::remove_all(usb);
        write(controller / "status", header + free_port);
    }

    static void write(const fs::path& path, const std::string& text) { std::ofstream{path} << text; }
    static std::string read(const fs::path& path) {
        std::ostringstream text;
        text << std::ifstream{path}.rdbuf();
        return text.str();
    }
};

// Reaction waits for a file to be written to, in a thread of its own, and does something then.
class Reaction {
 public:
    template <class Act>
    Reaction(fs::path file, Act act)
        : thread_{[file = std::move(file), act](const std::stop_token& stop) {
              while (!stop.stop_requested()) {
                  if (!Kernel::read(file).empty()) {
                      return act();
                  }
                  std::this_thread::yield();
              }
          }} {}

 private:
    std::jthread thread_;
};

struct Export {
    Simulator simulator{{.arguments = {"--usbip", "127.0.0.1:0"}}};
    usbip::Endpoint endpoint() {
        const auto line = simulator.process().wait_for_line("exporting over USB/IP on ");
        return usbip::parse_endpoint(line.substr(line.rfind(' ') + 1)).value();
    }
};

}  // namespace

TEST_CASE("vhci: status files of all kernels are understood", "[usbip]") {
    const auto now = usbip::parse_status(header + "hs  0000 006 002 00010002 000005 1-1\n" +
                                         "hs  0001 004 000 00000000 000000 0-0\n" +
                                         "ss  0008 004 000 00000000 000000 0-0\n" + "nonsense\n");
    REQUIRE(now.size() == 3);
    CHECK(now[0].state == usbip::Port::State::used);
    CHECK(now[0].usb_device == "1-1");
    CHECK(now[1].state == usbip::Port::State::free);
    CHECK(now[1].number == 1);
    CHECK_FALSE(now[1].super_speed);
    CHECK(now[2].super_speed);

    const auto before = usbip::parse_status(
        "prt sta spd bus dev socket local_busid\n"
        "0003 004 000 00000000 0000000000000000 0-0\n");
    REQUIRE(before.size() == 1);
    CHECK(before[0].number == 3);
}

TEST_CASE("trustx-sim attach gives the connection to the kernel and names the adapter", "[usbip]") {
    const Kernel kernel;
    Export exported;
    const auto endpoint = exported.endpoint();
    const Reaction reaction{kernel.controller / "attach", [&] { kernel.plug(); }};
    const auto adapter = usbip::attach(endpoint, kernel.paths);
    REQUIRE(adapter);
    CHECK(*adapter == kernel.paths.dev / "i2c-7");
    std::istringstream written{Kernel::read(kernel.controller / "attach")};
    unsigned port = 99, fd = 0, device = 0, speed = 0;
    written >> port >> fd >> device >> speed;
    CHECK(port == 0);
    CHECK(fd > 2);
    CHECK(device == 0x00010002);
    CHECK(speed == 2);
}

TEST_CASE("trustx-sim attach says what is missing", "[usbip]") {
    const Kernel kernel;
    Export exported;
    SECTION("a simulator") {
        const auto endpoint = exported.endpoint();
        exported.simulator.kill9();
        const auto refused = usbip::attach(endpoint, kernel.paths);
        REQUIRE_FALSE(refused);
        CHECK_THAT(refused.error(), ContainsSubstring("refused") && ContainsSubstring("trustx-sim --usbip"));
    }
    SECTION("a free port") {
        Kernel::write(kernel.controller / "status", header + "ss  0008 004 000 00000000 000000 0-0\n" + used_port);
        const auto refused = usbip::attach(exported.endpoint(), kernel.paths);
        REQUIRE_FALSE(refused);
        CHECK_THAT(refused.error(), ContainsSubstring("no free port"));
    }
    SECTION("a kernel that lets us") {
        fs::remove(kernel.controller / "attach");
        fs::create_directory(kernel.controller / "attach");
        const auto refused = usbip::attach(exported.endpoint(), kernel.paths);
        REQUIRE_FALSE(refused);
        CHECK_THAT(refused.error(), ContainsSubstring((kernel.controller / "attach").string()));
    }
}

TEST_CASE("trustx-sim attach is told that the chip is attached already", "[usbip]") {
    const Kernel kernel;
    Export exported;
    const auto endpoint = exported.endpoint();
    const auto first = usbip::connect_to(endpoint, patience());
    REQUIRE(first);
    const auto request = usbip::encode_import_request("1-1");
    REQUIRE(::write(first->get(), request.data(), request.size()) == 40);
    pollfd answered{first->get(), POLLIN, 0};
    REQUIRE(::poll(&answered, 1, static_cast<int>(patience().count())) == 1);
    const auto refused = usbip::attach(endpoint, kernel.paths);
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error(), ContainsSubstring("attached already") && ContainsSubstring("detach"));
}

TEST_CASE("trustx-sim detach unplugs simulated chips and nothing else", "[usbip]") {
    const Kernel kernel;
    SECTION("a chip") {
        kernel.plug();
        const Reaction reaction{kernel.controller / "detach", [&] { kernel.unplug(); }};
        const auto count = usbip::detach("/dev/i2c-7", kernel.paths);
        REQUIRE(count);
        CHECK(*count == 1);
        CHECK(Kernel::read(kernel.controller / "detach") == "0");
    }
    SECTION("another chip's adapter") {
        kernel.plug();
        CHECK_THAT(usbip::detach("/dev/i2c-8", kernel.paths).error(), ContainsSubstring("/dev/i2c-8"));
        CHECK(Kernel::read(kernel.controller / "detach").empty());
    }
    SECTION("a real adapter") {
        kernel.plug();
        Kernel::write(kernel.usb / "1-1/manufacturer", "harbaum\n");
        CHECK_FALSE(usbip::detach({}, kernel.paths));
        CHECK(Kernel::read(kernel.controller / "detach").empty());
    }
    SECTION("no chip") {
        CHECK_THAT(usbip::detach({}, kernel.paths).error(), ContainsSubstring("no simulated chip"));
    }
}
