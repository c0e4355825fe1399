// SPDX-License-Identifier: Apache-2.0
// What the user of a program can do about a failure. These are the only messages of the provider that name another
// program, `trustx`: whoever reads them often has no more than the one line that his server logged.
#pragma once

#include <trustx/object_id.hpp>

#include <string>

namespace trustx::provider {

// Each is the end of a message: "make a key with `trustx keygen E0F1`".
inline std::string advise_keygen(ObjectId slot) {
    return "make a key with `trustx keygen " + slot.hex() + "`";
}

inline std::string advise_key_file(const std::string& slot = "SLOT") {
    return "write the key file again with `trustx key-file " + slot + "`";
}

inline std::string advise_certificate(ObjectId object) {
    return "write one with `trustx cert write " + object.hex() + " FILE`";
}

inline std::string advise_anchor(ObjectId object) {
    return "write it with `trustx anchor write " + object.hex() + " FILE`";
}

}  // namespace trustx::provider
