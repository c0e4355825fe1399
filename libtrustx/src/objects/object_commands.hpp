// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <trustx/commands.hpp>
#include <trustx/result.hpp>

namespace trustx {

// ObjectCommands runs the three commands that objects are read and written with: on a locked device, or in tests on an
// object in memory.
class ObjectCommands {
 public:
    virtual Result<Bytes> run(const GetDataObject& command) = 0;
    virtual Result<Metadata> run(const GetMetadata& command) = 0;
    virtual Result<NoResponse> run(const SetDataObject& command) = 0;

 protected:
    ~ObjectCommands() = default;
};

}  // namespace trustx
