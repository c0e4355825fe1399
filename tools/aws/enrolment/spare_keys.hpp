// SPDX-License-Identifier: Apache-2.0
// Keys in the chip that were made here and that nobody needs any more: a rotation may put another in their place. Any
// other key in a slot may be somebody's.
#pragma once

#include "aws/identity/identity.hpp"

#include <trustx/key.hpp>

namespace trustx::aws {

// is_spare looks for a key, by its public half. InputErrc::unreadable.
Result<bool> is_spare(files::FileStore& store, const Directories& directories, const PublicKey& key);

// note_spare remembers one; that may be repeated. InputErrc::unwritable.
Result<void> note_spare(files::FileStore& store, const Directories& directories, const PublicKey& key);

}  // namespace trustx::aws
