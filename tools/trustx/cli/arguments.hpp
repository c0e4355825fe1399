// SPDX-License-Identifier: Apache-2.0
// Words of the command line that name things of the chip.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/key.hpp>
#include <trustx/metadata.hpp>
#include <trustx/object_id.hpp>
#include <trustx/result.hpp>

#include <string>
#include <vector>

namespace trustx::cli {

// parse_object reads any object of the chip's map, by number or name.
Result<ObjectId> parse_object(const std::string& text);

// parse_slot reads a key slot, E0F0 to E0F3.
Result<ObjectId> parse_slot(const std::string& text);

// parse_certificate_place reads an object that holds certificates: a certificate object or a trust anchor.
Result<ObjectId> parse_certificate_place(const std::string& text);

// parse_anchor reads a trust anchor, E0E8 or E0EF.
Result<ObjectId> parse_anchor(const std::string& text);

// parse_curve reads P-256, prime256v1, secp256r1 and the like, in either case.
Result<Curve> parse_curve(const std::string& text);

Result<KeyUsage> parse_usage(const std::string& text);

// usage_words is the inverse, as a list: "auth", "sign".
std::vector<std::string> usage_words(KeyUsage usage);

// parse_condition reads an access condition, the value of `option`.
Result<Bytes> parse_condition(const std::string& text, const std::string& option);

Result<LifeCycleState> parse_state(const std::string& text);

// title is "E0F1 (device-key-2)".
std::string title(ObjectId object);

}  // namespace trustx::cli
