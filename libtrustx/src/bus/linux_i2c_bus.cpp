// SPDX-License-Identifier: Apache-2.0
// The only file that knows /dev/i2c-N. Frames go by I2C_RDWR, one message per call: up to 278 bytes, START to STOP.
// SMBus transfers carry at most 32 bytes and combine write and read, so they serve for the address probe alone; that
// one goes through libi2c.
#include "bus/linux_i2c_bus.hpp"

#include "base/kept_fd.hpp"
#include "base/root_directory.hpp"
#include "bus/owning_group.hpp"
#include "common/io/unique_fd.hpp"
#include "common/try.hpp"

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

// What the kernel's adapters report when nothing acknowledges the address: ENXIO by the kernel's own rule
// (Documentation/i2c/fault-codes.rst), EREMOTEIO by older ones, the Raspberry Pi's among them.
bool is_address_nak(const std::error_code& code) {
    return code == errno_code(ENXIO) || code == errno_code(EREMOTEIO);
}

// An error of opening names the group that may open it, where permission is what is missing.
tl::unexpected<Error> cannot_open(const std::string& path, std::error_code code) {
    const auto group = code == errno_code(EACCES) ? owning_group(path) : std::string{};
    return tl::unexpected{explained_by_root(
        Error{code, group.empty() ? "open the adapter" : "open the adapter, which is for group " + group})};
}

Result<KeptFd> open_adapter(const BusAddress& address) {
    UniqueFd fd{::open(address.path.c_str(), O_RDWR | O_CLOEXEC)};
    if (!fd) {
        return cannot_open(address.path, errno_code());
    }
    // I2C_RDWR would work without this; it is here to get EBUSY when a kernel driver owns the address, and ENOTTY when
    // this is no adapter at all.
    if (::ioctl(fd.get(), I2C_SLAVE, static_cast<unsigned long>(address.target)) != 0) {
        const auto code = errno_code();
        return fail(code, code == errno_code(ENOTTY) ? "use it as an I2C adapter" : "take the address");
    }
    return KeptFd::keep(std::move(fd));
}

// The kernel takes the path of an adapter that was unplugged away, or gives it to the next one, and then waits for
// those who have it open. Under another root directory the path says nothing.
bool unplugged(const KeptFd& fd, const std::string& path) {
    const auto ours = fd.status();
    struct stat there {};
    const bool found = ::stat(path.c_str(), &there) == 0;
    return ours && !root_changed() && (!found || there.st_rdev != ours->st_rdev);
}

// LinuxI2cBus has the adapter open only while it is used. The kernel keeps an adapter that is unplugged, and
// everything else that is plugged into the same USB hub, waiting for the last program that has it open
// (i2c_del_adapter() in drivers/i2c/i2c-core-base.c); a program that is idle for hours must not keep it open.
class LinuxI2cBus final : public I2cBus {
 public:
    LinuxI2cBus(KeptFd fd, BusAddress address, unsigned long functions)
        : fd_{std::move(fd)}, address_{std::move(address)}, name_{address_.text()}, functions_{functions} {}

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

    void rest() noexcept override { fd_.reset(); }

    const std::string& name() const override { return name_; }

 private:
    Result<void> ensure_open() {
        if (fd_.ours()) {
            return {};
        }
        fd_.reset();
        TRY(auto opened, open_adapter(address_));
        fd_ = std::move(opened);
        return {};
    }

    Result<void> probe() {
        if ((functions_ & I2C_FUNC_SMBUS_QUICK) == 0) {
            return fail(Errc::not_supported, "probe");
        }
        TRYV(ensure_open());
        return outcome(::i2c_smbus_write_quick(fd_.get(), 0), "probe");
    }

    Result<void> transfer(unsigned flags, std::uint8_t* data, std::size_t size, const char* what) {
        TRYV(ensure_open());
        i2c_msg message{};
        message.addr = address_.target;
        message.flags = static_cast<__u16>(flags);
        message.len = static_cast<__u16>(size);
        message.buf = data;
        i2c_rdwr_ioctl_data request{&message, 1};
        return outcome(::ioctl(fd_.get(), I2C_RDWR, &request), what);
    }

    Result<void> outcome(int result, const char* what) {
        if (result >= 0) {
            return {};
        }
        auto code = errno_code();
        if (unplugged(fd_, address_.path)) {
            // Drivers report EIO or a missing acknowledgement for an adapter that is gone, and it would still be gone
            // at the next attempt.
            code = errno_code(ENODEV);
            fd_.reset();
        } else if (is_address_nak(code)) {
            return fail(Errc::address_nak);
        }
        return fail(code, what);
    }

    KeptFd fd_;
    BusAddress address_;
    std::string name_;
    unsigned long functions_;
};

}  // namespace

Result<std::unique_ptr<I2cBus>> open_linux_i2c_bus(const BusAddress& address) {
    TRY(auto fd, open_adapter(address));
    unsigned long functions = 0;
    if (::ioctl(fd.get(), I2C_FUNCS, &functions) != 0) {
        const auto code = errno_code();
        return fail(code, "ask the adapter for its I2C functions");
    }
    if (functions == 0) {
        // There is no such adapter: drivers that have to ask their device say so when they get no answer. It may have
        // been unplugged so lately that the kernel has not taken the device file away yet.
        return fail(errno_code(ENODEV), "ask the adapter for its I2C functions");
    }
    if ((functions & I2C_FUNC_I2C) == 0) {
        return fail(Errc::not_supported, "plain I2C transfers (the adapter is SMBus only)");
    }
    return std::make_unique<LinuxI2cBus>(std::move(fd), address, functions);
}

}  // namespace trustx
