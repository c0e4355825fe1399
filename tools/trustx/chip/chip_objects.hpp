// SPDX-License-Identifier: Apache-2.0
// The chip of the command line as provisioning sees it.
#pragma once

#include "cli/context.hpp"
#include "provisioning/object_port.hpp"

namespace trustx::cli {

class ChipObjects final : public provisioning::ObjectPort {
 public:
    // The chip must outlive it.
    explicit ChipObjects(Chip& chip) : chip_{chip} {}

    Result<LifeCycles> life_cycles() override;
    Result<Metadata> metadata(ObjectId object) override;
    Result<void> change(ObjectId object, const MetadataChange& change) override;
    Result<void> raise(ObjectId object, LifeCycleState state) override;
    Result<Bytes> read(ObjectId object) override;
    Result<void> write(ObjectId object, ByteView content) override;

 private:
    Chip& chip_;
};

}  // namespace trustx::cli
