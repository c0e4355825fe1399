// SPDX-License-Identifier: Apache-2.0
// The only file that knows /dev/i2c-N. Frames go by I2C_RDWR, one message per call: up to 278 bytes, START to STOP.
// SMBus transfers carry at most 32 bytes and combine write and read, so they serve for the address probe alone; that
// one goes through libi2c.
#include "bus/linux_i2c_bus.hpp"

#include "bus/unique_fd.hpp"

#include <cerrno>

#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

extern "C" {
#include <i2c/smbus.h>
}

namespace trustx {
namespace {

// What the kernel's adapters say when nobody acknowledges the address: ENXIO by the kernel's own rule
// (Documentation/i2c/fault-codes.rst), EREMOTEIO by older ones, the Raspberry Pi's among them.
bool is_address_nak(int error) {
    return error == ENXIO || error == EREMOTEIO;
}

class LinuxI2cBus final : public I2cBus {
 public:
    LinuxI2cBus(UniqueFd fd, const BusAddress& address, unsigned long functions)
        : fd_{std::move(fd)}, name_{address.text()}, target_{address.target}, functions_{functions} {}

    // The adapter bounds each transfer with its own time limit, so the deadline needs no help here.
    Result<void> write(ByteView bytes, Deadline /*deadline*/) override {
        if (bytes.empty()) {
            return probe();
        }
        // The kernel's structure has no const; a write message is not modified.
        return transfer(0, const_cast<std::uint8_t*>(bytes.data()), bytes.size(), "write");  // NOLINT
    }

    Result<void> read(std::span<std::uint8_t> bytes, Deadline /*deadline*/) override {
        return transfer(I2C_M_RD, bytes.data(), bytes.size(), "read");
    }

    const std::string& name() const override { return name_; }

 private:
    Result<void> probe() {
        if ((functions_ & I2C_FUNC_SMBUS_QUICK) == 0) {
            return fail(Errc::not_supported, "probe " + name_);
        }
        return outcome(::i2c_smbus_write_quick(fd_.get(), 0), "probe");
    }

    Result<void> transfer(unsigned flags, std::uint8_t* data, std::size_t size, const char* what) {
        i2c_msg message{};
        message.addr = target_;
        message.flags = static_cast<__u16>(flags);
        message.len = static_cast<__u16>(size);
        message.buf = data;
        i2c_rdwr_ioctl_data request{&message, 1};
        return outcome(::ioctl(fd_.get(), I2C_RDWR, &request), what);
    }

    Result<void> outcome(int result, const char* what) const {
        if (result >= 0) {
            return {};
        }
        if (is_address_nak(errno)) {
            return fail(Errc::address_nak);
        }
        const auto code = errno_code();
        return fail(code, std::string{what} + " on " + name_);
    }

    UniqueFd fd_;
    std::string name_;
    std::uint8_t target_;
    unsigned long functions_;
};

}  // namespace

Result<std::unique_ptr<I2cBus>> open_linux_i2c_bus(const BusAddress& address) {
    UniqueFd fd{::open(address.path.c_str(), O_RDWR | O_CLOEXEC)};
    if (!fd) {
        return fail(errno_code(), "open " + address.path);
    }
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0 || !S_ISCHR(status.st_mode)) {
        return fail(errno_code(ENOTTY), "open " + address.path + " as an I2C adapter");
    }
    unsigned long functions = 0;
    if (::ioctl(fd.get(), I2C_FUNCS, &functions) != 0) {
        return fail(errno_code(), "ask " + address.path + " for its I2C functions");
    }
    if ((functions & I2C_FUNC_I2C) == 0) {
        return fail(Errc::not_supported, address.path + ": plain I2C transfers (the adapter is SMBus only)");
    }
    // I2C_RDWR would work without this; it is here to hear EBUSY when a kernel driver owns the address.
    if (::ioctl(fd.get(), I2C_SLAVE, static_cast<unsigned long>(address.target)) != 0) {
        return fail(errno_code(), "take the address on " + address.text());
    }
    return std::make_unique<LinuxI2cBus>(std::move(fd), address, functions);
}

}  // namespace trustx
