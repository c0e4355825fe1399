// SPDX-License-Identifier: Apache-2.0
// The kernel's virtual USB host controller (vhci-hcd) as its files in /sys show it: its ports, what is plugged into
// them, and the I2C adapter that a driver made of that.
#pragma once

#include "common/io/unique_fd.hpp"
#include "model/base/result.hpp"
#include "usbip/messages.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace trustx::sim::usbip {

// Port is one line of the controllers' status files.
struct Port {
    enum class State { free, used, other };

    unsigned number = 0;
    bool super_speed = false;
    State state = State::other;
    std::string usb_device;  // "3-1", where used
};

// parse_status reads a status file; lines that are not understood are left out. Kernels since 4.13 begin each line with
// the kind of hub, older ones do not.
std::vector<Port> parse_status(const std::string& text);

// KernelError is what the kernel says to a request.
struct KernelError {
    int code;          // errno
    std::string text;  // a sentence
};

// Vhci fails with sentences that name the file and say what to do.
class Vhci {
 public:
    explicit Vhci(std::filesystem::path sysfs = "/sys") : sysfs_{std::move(sysfs)} {}

    // present is true when the module is loaded.
    [[nodiscard]] bool present() const;
    [[nodiscard]] Result<std::vector<Port>> ports() const;

    // attach hands an imported device's connection to the kernel.
    Result<void, KernelError> attach(const Port& port, const UniqueFd& connection, const ImportReply& device) const;
    // detach unplugs; the kernel goes on removing what hung on it.
    Result<void, KernelError> detach(const Port& port) const;

    // is_chip tells whether what is plugged in is a simulated chip.
    [[nodiscard]] bool is_chip(const Port& port) const;
    // adapter is the name of the I2C adapter ("i2c-1") once its driver has made it.
    [[nodiscard]] std::optional<std::string> adapter(const Port& port) const;

 private:
    [[nodiscard]] std::filesystem::path controller() const { return sysfs_ / "devices/platform/vhci_hcd.0"; }
    [[nodiscard]] std::filesystem::path usb(const std::string& name) const { return sysfs_ / "bus/usb/devices" / name; }
    Result<void, KernelError> write(const char* file, const std::string& text) const;

    std::filesystem::path sysfs_;
};

}  // namespace trustx::sim::usbip
