// SPDX-License-Identifier: Apache-2.0
#include "usbip/vhci.hpp"

#include "usbip/i2c_tiny_usb.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include <fcntl.h>

namespace trustx::sim::usbip {

namespace {

namespace fs = std::filesystem;

// VDEV_ST_* of drivers/usb/usbip/usbip_common.h.
constexpr unsigned state_free = 4;
constexpr unsigned state_used = 6;

std::optional<std::string> read_text(const fs::path& path) {
    std::ifstream file{path};
    if (!file) {
        return std::nullopt;
    }
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string first_word(const fs::path& path) {
    std::istringstream words{read_text(path).value_or("")};
    std::string word;
    words >> word;
    return word;
}

std::optional<unsigned> number(const std::string& digits) {
    try {
        std::size_t used = 0;
        const unsigned long value = std::stoul(digits, &used);
        if (used == digits.size() && value <= 0xFFFF) {
            return static_cast<unsigned>(value);
        }
    } catch (const std::exception&) {  // not a number
    }
    return std::nullopt;
}

std::optional<Port> parse_line(const std::string& line) {
    std::istringstream stream{line};
    std::vector<std::string> words{std::istream_iterator<std::string>{stream}, {}};
    Port port;
    if (!words.empty() && (words[0] == "hs" || words[0] == "ss")) {
        port.super_speed = words[0] == "ss";
        words.erase(words.begin());
    }
    // port, state, speed, device, socket, local bus id
    if (words.size() != 6) {
        return std::nullopt;
    }
    const auto port_number = number(words[0]);
    const auto state = number(words[1]);
    if (!port_number || !state) {
        return std::nullopt;
    }
    port.number = *port_number;
    port.state = *state == state_free   ? Port::State::free
                 : *state == state_used ? Port::State::used
                                        : Port::State::other;
    if (port.state == Port::State::used) {
        port.usb_device = words[5];
    }
    return port;
}

std::string remedy(int code) {
    switch (code) {
        case EACCES:
        case EPERM:
            return "; only root can do this: use sudo";
        case ENOENT:
            return "; the kernel module vhci-hcd is not loaded: modprobe vhci-hcd";
        default:
            return {};
    }
}

}  // namespace

std::vector<Port> parse_status(const std::string& text) {
    std::vector<Port> ports;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        if (const auto port = parse_line(line)) {
            ports.push_back(*port);
        }
    }
    return ports;
}

bool Vhci::present() const {
    std::error_code ignored;
    return fs::exists(controller() / "attach", ignored);
}

// The first controller's directory has a status file for each controller: status, status.1, status.2, ...
Result<std::vector<Port>> Vhci::ports() const {
    std::vector<Port> all;
    for (unsigned index = 0;; ++index) {
        const auto path = controller() / (index == 0 ? "status" : "status." + std::to_string(index));
        const auto text = read_text(path);
        if (!text && index == 0) {
            const int code = errno;
            return fail("cannot read " + path.string() + ": " + std::strerror(code) + remedy(code));
        }
        if (!text) {
            return all;
        }
        const auto ports = parse_status(*text);
        all.insert(all.end(), ports.begin(), ports.end());
    }
}

Result<void, KernelError> Vhci::write(const char* file, const std::string& text) const {
    const auto path = controller() / file;
    const UniqueFd fd{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        const int code = errno;
        return tl::unexpected{KernelError{
            code, "cannot write \"" + text + "\" to " + path.string() + ": " + std::strerror(code) + remedy(code)}};
    }
    return {};
}

Result<void, KernelError> Vhci::attach(const Port& port, const UniqueFd& connection, const ImportReply& device) const {
    return write("attach", std::to_string(port.number) + " " + std::to_string(connection.get()) + " " +
                               std::to_string(device.device) + " " +
                               std::to_string(static_cast<std::uint32_t>(device.speed)));
}

Result<void, KernelError> Vhci::detach(const Port& port) const {
    return write("detach", std::to_string(port.number));
}

bool Vhci::is_chip(const Port& port) const {
    // Real adapters of this kind exist; only ours is made by trustx.
    return port.state == Port::State::used && first_word(usb(port.usb_device) / "manufacturer") == "trustx";
}

std::optional<std::string> Vhci::adapter(const Port& port) const {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator{usb(port.usb_device + ":1.0"), ignored}) {
        const std::string name = entry.path().filename();
        if (name.starts_with("i2c-")) {
            return name;
        }
    }
    return std::nullopt;
}

}  // namespace trustx::sim::usbip
