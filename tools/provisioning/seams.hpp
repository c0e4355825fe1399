// SPDX-License-Identifier: Apache-2.0
// What provisioning reaches the world by. Nothing else of it does.
#pragma once

#include "common/files/file_store.hpp"
#include "pki/chip_port.hpp"
#include "pki/issuer.hpp"
#include "provisioning/handshake.hpp"
#include "provisioning/object_port.hpp"

#include <ctime>
#include <functional>
#include <string>
#include <string_view>

namespace trustx::provisioning {

struct Seams {
    pki::ChipPort& chip;
    ObjectPort& objects;
    files::FileStore& files;
    pki::Issuer* issuer;  // nullptr: no slot of the recipe has a certificate
    HandshakePort& handshake;
    std::function<std::time_t()> now;
    std::function<void(std::string_view)> note;
    std::string state;  // the directory of the journals
};

}  // namespace trustx::provisioning
