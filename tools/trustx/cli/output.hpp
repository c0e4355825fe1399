// SPDX-License-Identifier: Apache-2.0
// What people and programs see: messages on stderr, answers on stdout, and bytes in text.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/result.hpp>

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace trustx::cli {

// say writes one line to stderr: `trustx: text`.
void say(std::string_view text);

// answer writes to standard output, all of it, or an Error that names the reason (a full disk, a closed pipe).
Result<void> answer(ByteView bytes);
Result<void> answer(std::string_view text);

// json_text is what --json prints. Names in certificates may hold anything: what is not UTF-8 is replaced.
std::string json_text(const nlohmann::ordered_json& json);

// json_line is the same in one line, for answers that come one after another.
std::string json_line(const nlohmann::ordered_json& json);

// deliver_binary writes bytes to a file, or to standard output (`-`), unless that is a terminal, which bytes would
// garble: InputErrc::usage then.
Result<void> deliver_binary(const std::string& out, ByteView bytes);

// check_binary_output is the check of deliver_binary, for what is written piece by piece.
Result<void> check_binary_output(const std::string& out);

// is_terminal says whether what is written to that file (`-`: standard output) reaches a terminal, which raw bytes must
// not.
bool is_terminal(const std::string& out);

// hex_dump shows bytes to people: offset, sixteen bytes, and what is printable. first is the offset of bytes[0].
std::string hex_dump(ByteView bytes, std::size_t first);

// base64 encodes bytes as RFC 4648 says, without line breaks.
std::string base64(ByteView bytes);

}  // namespace trustx::cli
