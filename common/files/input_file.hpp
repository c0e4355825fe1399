// SPDX-License-Identifier: Apache-2.0
// Files that the user names: bounded, and standard input under the name "-".
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/result.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace trustx::files {

// Nothing that goes into the chip, and no key file or chain, is anywhere near this size.
inline constexpr std::size_t input_limit = std::size_t{256} * 1024;

// read_input reads a whole file; "-" is standard input. Errors: InputErrc::usage for an empty name;
// InputErrc::unreadable; InputErrc::malformed for one that is too long.
Result<Bytes> read_input(const std::string& path);

// How long something that is no regular file, such as a pipe, may say nothing.
inline constexpr std::chrono::milliseconds input_patience{60'000};

// for_each_piece gives a file of any length in pieces, for what is only hashed; it stops at the first failure of
// `take`. "-" is standard input, which may take its time. InputErrc::unreadable where nothing comes for that long.
Result<void> for_each_piece(const std::string& path, const std::function<Result<void>(ByteView)>& take,
                            std::chrono::milliseconds patience = input_patience);

// input_name is the path, or "standard input", for messages.
std::string input_name(const std::string& path);

}  // namespace trustx::files
