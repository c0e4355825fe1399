// SPDX-License-Identifier: Apache-2.0
#include "usbip/attach.hpp"

#include "common/try.hpp"
#include "usbip/i2c_tiny_usb.hpp"
#include "usbip/vhci.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;  // NOLINT(readability-redundant-declaration): unistd.h declares it for GNU only

namespace trustx::sim::usbip {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Moment = std::chrono::steady_clock::time_point;

constexpr std::chrono::milliseconds network_limit = 5s;
// The kernel enumerates a device in well under a second; a machine that is emulated takes its time.
constexpr std::chrono::milliseconds kernel_limit = 20s;

// until asks again and again; empty when the time is up.
template <class Question>
auto until(Moment deadline, Question question) -> decltype(question()) {
    for (;;) {
        auto answer = question();
        if (answer || std::chrono::steady_clock::now() >= deadline) {
            return answer;
        }
        std::this_thread::sleep_for(20ms);
    }
}

Moment in(std::chrono::milliseconds time) {
    return std::chrono::steady_clock::now() + time;
}

bool load_modules() {
    // The names are constants; posix_spawn only wants them as if it might write to them.
    std::array<const char*, 6> words{"modprobe", "-a", "i2c-dev", "i2c-tiny-usb", "vhci-hcd", nullptr};
    pid_t child = 0;
    if (::posix_spawnp(&child, words[0], nullptr, nullptr, const_cast<char**>(words.data()), environ) != 0) {  // NOLINT
        return false;
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Result<void> prepare_kernel(const Paths& paths) {
    const bool all_loaded = Vhci{paths.sysfs}.present() && fs::exists(paths.sysfs / "bus/usb/drivers/i2c-tiny-usb") &&
                            fs::exists(paths.sysfs / "class/i2c-dev");
    if (all_loaded) {
        return {};
    }
    if (::geteuid() != 0) {
        return fail(
            "the kernel modules i2c-dev, i2c-tiny-usb and vhci-hcd are not all loaded, and only root can load "
            "them: use sudo");
    }
    if (!load_modules() || !Vhci{paths.sysfs}.present()) {
        return fail(
            "cannot load the kernel modules i2c-dev, i2c-tiny-usb and vhci-hcd (modprobe -a i2c-dev i2c-tiny-usb "
            "vhci-hcd); the kernel must have them, as Debian's linux-image-amd64 does");
    }
    return {};
}

Result<Bytes> receive(const UniqueFd& connection, std::size_t size, Moment deadline) {
    Bytes bytes(size);
    std::size_t have = 0;
    while (have < size) {
        const auto count = ::recv(connection.get(), bytes.data() + have, size - have, MSG_DONTWAIT);
        if (count > 0) {
            have += static_cast<std::size_t>(count);
        } else if (count == 0) {
            return fail("it closed the connection");
        } else if (errno != EAGAIN && errno != EINTR) {
            return fail(std::strerror(errno));
        } else if (std::chrono::steady_clock::now() >= deadline) {
            return fail("it does not answer");
        } else {
            std::this_thread::sleep_for(1ms);
        }
    }
    return bytes;
}

std::string refusal(Status status) {
    switch (status) {
        case Status::device_busy:
            return "its chip is attached already, to this machine or another; `trustx-sim detach` gives it back";
        case Status::no_device:
            return "it exports no simulated chip";
        default:
            return "it refused with status " + std::to_string(static_cast<std::uint32_t>(status));
    }
}

// The import as a whole: after it the connection carries nothing but transfers, and belongs to the kernel.
Result<ImportReply> import_device(const UniqueFd& connection) {
    const auto deadline = in(network_limit);
    const Device& device = I2cTinyUsb::description();
    const Bytes request = encode_import_request(device.bus_id);
    if (::send(connection.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
        return fail(std::strerror(errno));
    }
    TRY(const Bytes header, receive(connection, operation_header_size, deadline));
    const auto status = decode_import_header(header);
    if (!status) {
        return fail("it does not speak USB/IP 1.1.1");
    }
    if (*status != Status::ok) {
        return fail(refusal(*status));
    }
    TRY(const Bytes rest, receive(connection, device_size, deadline));
    const auto imported = decode_imported_device(rest);
    if (!imported || imported->vendor != device.vendor || imported->product != device.product) {
        return fail("it exports something else than a simulated chip");
    }
    return *imported;
}

// plug_in finds a free port. Another program may take the same one first; then the next is tried.
Result<unsigned> plug_in(const Vhci& vhci, const UniqueFd& connection, const ImportReply& device) {
    TRY(const auto ports, vhci.ports());
    std::string reason = "no free port on the virtual USB controller (/sys/devices/platform/vhci_hcd.0/status)";
    for (const Port& port : ports) {
        if (port.state != Port::State::free || port.super_speed) {
            continue;
        }
        const auto attached = vhci.attach(port, connection, device);
        if (attached) {
            return port.number;
        }
        reason = attached.error().text;
        if (attached.error().code != EBUSY && attached.error().code != EINVAL) {
            break;
        }
    }
    return fail(reason);
}

std::optional<Port> find_port(const Vhci& vhci, unsigned number) {
    const auto ports = vhci.ports();
    if (!ports) {
        return std::nullopt;
    }
    const auto found = std::find_if(ports->begin(), ports->end(), [&](const Port& p) { return p.number == number; });
    return found == ports->end() ? std::nullopt : std::optional{*found};
}

std::vector<Port> chips_of(const std::vector<Port>& ports, const Vhci& vhci, const std::string& adapter) {
    std::vector<Port> chips;
    std::copy_if(ports.begin(), ports.end(), std::back_inserter(chips), [&](const Port& port) {
        return vhci.is_chip(port) && (adapter.empty() || vhci.adapter(port) == adapter);
    });
    return chips;
}

}  // namespace

Result<fs::path> attach(const Endpoint& endpoint, const Paths& paths) {
    TRYV(prepare_kernel(paths));
    const auto connection = connect_to(endpoint, network_limit);
    if (!connection) {
        return fail(connection.error() + "; start one with trustx-sim --usbip " + endpoint.text());
    }
    const auto device = import_device(*connection);
    if (!device) {
        return fail("the simulator at " + endpoint.text() + ": " + device.error());
    }
    const Vhci vhci{paths.sysfs};
    TRY(const unsigned port, plug_in(vhci, *connection, *device));
    const auto adapter = until(in(kernel_limit), [&]() -> std::optional<fs::path> {
        const auto plugged = find_port(vhci, port);
        const auto name = plugged ? vhci.adapter(*plugged) : std::nullopt;
        if (!name || !fs::exists(paths.dev / *name)) {
            return std::nullopt;
        }
        return paths.dev / *name;
    });
    if (!adapter) {
        return fail("the kernel made no I2C adapter of the chip on port " + std::to_string(port) +
                    "; see what it says with dmesg");
    }
    return *adapter;
}

Result<unsigned> detach(const fs::path& adapter, const Paths& paths) {
    const Vhci vhci{paths.sysfs};
    TRY(const auto ports, vhci.ports());
    const auto chips = chips_of(ports, vhci, adapter.filename());
    if (chips.empty()) {
        return fail(adapter.empty() ? "no simulated chip is attached"
                                    : adapter.string() + " is not the adapter of a simulated chip");
    }
    for (const Port& chip : chips) {
        const auto name = vhci.adapter(chip);
        if (const auto detached = vhci.detach(chip); !detached) {
            return fail(detached.error().text);
        }
        const bool removed = until(in(kernel_limit), [&] { return !name || !vhci.adapter(chip); });
        if (!removed) {
            return fail("unplugged, but the kernel still waits for a program that has /dev/" + *name +
                        " open (`fuser -v /dev/" + *name + "` or `lsof` names it)");
        }
    }
    return static_cast<unsigned>(chips.size());
}

}  // namespace trustx::sim::usbip
