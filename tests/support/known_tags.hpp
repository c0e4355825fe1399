// SPDX-License-Identifier: Apache-2.0
// What is left of parsed metadata when it is encoded.
#pragma once

#include <trustx/metadata.hpp>

#include <utility>

namespace trustx::test {

// known_tags is the metadata without the count of tags that Metadata::encode leaves out.
inline Metadata known_tags(Metadata metadata) {
    metadata.other_tags = 0;
    return metadata;
}

}  // namespace trustx::test
