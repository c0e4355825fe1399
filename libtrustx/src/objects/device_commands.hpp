// SPDX-License-Identifier: Apache-2.0
// The commands of whole objects, on a locked device.
#pragma once

#include "objects/object_commands.hpp"

#include <trustx/device.hpp>

namespace trustx {

class DeviceCommands final : public ObjectCommands {
 public:
    explicit DeviceCommands(LockedDevice& device) : device_{device} {}
    Result<Bytes> run(const GetDataObject& command) override { return device_.run(command); }
    Result<Metadata> run(const GetMetadata& command) override { return device_.run(command); }
    Result<NoResponse> run(const SetDataObject& command) override { return device_.run(command); }

 private:
    LockedDevice& device_;
};

}  // namespace trustx
