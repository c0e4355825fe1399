// SPDX-License-Identifier: Apache-2.0
// A program of somebody else: finds no chip, and says so.
#include <trustx/device.hpp>

#include <cstdio>

int main() {
    trustx::DeviceOptions options;
    options.lock_directory = "locks";
    const auto device = trustx::Device::open(trustx::BusAddress::parse("unix:/nowhere/chip").value(), options);
    const auto random = device->run(trustx::GetRandom{.length = 8});
    std::puts(random ? "a chip?" : random.error().message().c_str());
    return random ? 1 : 0;
}
