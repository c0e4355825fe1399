// SPDX-License-Identifier: Apache-2.0
// Key files: a key reference in PEM, after lines that tell people what it is. Programs skip those.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/key_reference.hpp>
#include <trustx/result.hpp>

#include <string>

namespace trustx::keys {

// A key file is never longer; the space is claimed before a key is generated.
inline constexpr std::size_t key_file_reserve = 4096;

// key_file_text is the whole file.
std::string key_file_text(const KeyReference& reference);

// parse_key_file finds the reference in a PEM file. `name` is the file's, for messages. Error:
// Errc::key_file_malformed.
Result<KeyReference> parse_key_file(ByteView content, const std::string& name);

}  // namespace trustx::keys
