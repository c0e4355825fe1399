// SPDX-License-Identifier: Apache-2.0
// The URIs of the store:
//
//     trustx:                          all keys, certificates and trust anchors of the default device
//     trustx:E0F1                      one object, by number or name
//     trustx:slot=E0F1;type=cert       the same with attributes, separated by ; or &
//     trustx:device=pump;type=private  type: private, public or cert; device: a [device NAME] section
//
// A URI names what is there; nothing is ever made or overwritten through it (openssl-provider.md section 1.9).
#pragma once

#include "outcome.hpp"

#include <trustx/object_id.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace trustx::provider {

struct StoreUri {
    enum class Type { any, private_key, public_key, certificate };

    std::optional<ObjectId> object;  // absent: enumerate
    Type type = Type::any;
    std::string device;

    // parse reads a URI. Error: Reason::uri_invalid naming the part that cannot be read.
    static Outcome<StoreUri> parse(std::string_view uri);
};

}  // namespace trustx::provider
