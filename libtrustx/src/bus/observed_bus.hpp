// SPDX-License-Identifier: Apache-2.0
// A bus whose transfers are observed, and not changed.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/clock.hpp>
#include <trustx/i2c_bus.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace trustx {

// BusTransfer is one transfer that has ended. Valid during the call that it is passed to.
struct BusTransfer {
    enum class Kind : std::uint8_t { write, read, reset };

    Kind kind;
    std::size_t size;      // bytes asked for
    ByteView bytes;        // what was written, or what was read; empty for a read that failed
    const Error* failure;  // nullptr: done
    TimePoint start;
    TimePoint end;
};

class BusObserver {
 public:
    virtual void saw(const BusTransfer& transfer) noexcept = 0;

 protected:
    ~BusObserver() = default;  // never owned through this type
};

// observe_bus wraps a bus. observer and clock must outlive it.
std::unique_ptr<I2cBus> observe_bus(std::unique_ptr<I2cBus> bus, BusObserver& observer, const Clock& clock);

}  // namespace trustx
