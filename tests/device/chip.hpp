// SPDX-License-Identifier: Apache-2.0
// The chip that the device suite works on: a simulator, or the one that TRUSTX_TEST_DEVICE names. The suite may be run
// on a chip in use: it makes keys in session objects only and puts back what it overwrites,
// except in objects that were empty (F1D0, F1E0).
#pragma once

#include "support/simulator.hpp"

#include <trustx/device.hpp>
#include <trustx/objects.hpp>

#include <memory>
#include <optional>

namespace trustx::test {

class Chip {
 public:
    Chip();

    // another is a second Device on the same chip, as another program has it.
    [[nodiscard]] std::unique_ptr<Device> another() const;

    Device& operator*() const { return *device_; }
    Device* operator->() const { return device_.get(); }

 private:
    std::optional<Simulator> simulator_;
    std::unique_ptr<Device> device_;
};

// value gives the value of a result and fails the test, with the message, where there is none.
template <class T>
T value(Result<T> result);

// Restored puts an object's content back when it goes.
class Restored {
 public:
    Restored(Device& device, ObjectId object);
    ~Restored();
    Restored(const Restored&) = delete;
    Restored& operator=(const Restored&) = delete;

 private:
    Device& device_;
    ObjectId object_;
    Bytes content_;
};

// counting is bytes that tell where they are.
Bytes counting(std::size_t size, std::uint8_t first = 0);

void fail_with(const Error& error);

template <class T>
T value(Result<T> result) {
    if (!result) {
        fail_with(result.error());
    }
    return std::move(*result);
}

}  // namespace trustx::test
