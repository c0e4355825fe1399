// SPDX-License-Identifier: Apache-2.0
// What provisioning asks of a chip beyond its keys and certificates (pki::ChipPort). Errors are those of the chip
// (Errc, ChipError) and of the system.
#pragma once

#include <trustx/metadata_plan.hpp>
#include <trustx/object_id.hpp>
#include <trustx/result.hpp>

namespace trustx::provisioning {

class ObjectPort {
 public:
    ObjectPort() = default;
    ObjectPort(const ObjectPort&) = delete;
    ObjectPort& operator=(const ObjectPort&) = delete;
    virtual ~ObjectPort() = default;

    // life_cycles are those of the chip and of its application; LcsO is left as it is by default.
    virtual Result<LifeCycles> life_cycles() = 0;
    virtual Result<Metadata> metadata(ObjectId object) = 0;

    // change changes metadata that differs, and reads it back.
    virtual Result<void> change(ObjectId object, const MetadataChange& change) = 0;
    // raise cannot be undone.
    virtual Result<void> raise(ObjectId object, LifeCycleState state) = 0;

    // read gives the used bytes.
    virtual Result<Bytes> read(ObjectId object) = 0;
    // write replaces the content, and reads it back. An interruption can leave some of it (chip-commands.md section
    // 6.3).
    virtual Result<void> write(ObjectId object, ByteView content) = 0;
};

}  // namespace trustx::provisioning
