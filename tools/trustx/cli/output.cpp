// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include "common/files/file_error.hpp"
#include "common/files/input_error.hpp"
#include "common/files/output_file.hpp"
#include "common/io/unique_fd.hpp"
#include "common/io/write_all.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/printable.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <cstdio>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

namespace trustx::cli {
namespace {

constexpr std::size_t bytes_per_line = 16;

std::string dump_line(ByteView bytes, std::size_t offset) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string line;
    for (int shift = 12; shift >= 0; shift -= 4) {
        line += digits[offset >> shift & 0xF];
    }
    line += ' ';
    std::string text;
    for (std::size_t i = 0; i < bytes_per_line; ++i) {
        line += i == bytes_per_line / 2 ? "  " : " ";
        if (i >= bytes.size()) {
            line += "  ";
            continue;
        }
        line += digits[bytes[i] >> 4];
        line += digits[bytes[i] & 0xF];
        text += bytes[i] >= 0x20 && bytes[i] < 0x7F ? static_cast<char>(bytes[i]) : '.';
    }
    return line + "  |" + text + "|\n";
}

// dump escapes everything beyond ASCII where something in it would drive a terminal: it means the same then.
std::string dump(const nlohmann::ordered_json& json, int indent) {
    constexpr auto replace = nlohmann::ordered_json::error_handler_t::replace;
    auto shown = json.dump(indent, ' ', false, replace);
    auto without_breaks = shown;
    std::erase(without_breaks, '\n');
    return text::is_printable(without_breaks) ? shown : json.dump(indent, ' ', true, replace);
}

}  // namespace

void say(std::string_view text) {
    std::string line{"trustx: "};
    line.append(text::printable(text)).append("\n");
    std::fwrite(line.data(), 1, line.size(), stderr);
}

Result<void> answer(ByteView bytes) {
    if (const auto code = io::write_all(STDOUT_FILENO, bytes)) {
        return files::cannot_write("standard output", code);
    }
    return {};
}

// A terminal obeys what it gets; programs get the text as it is.
Result<void> answer(std::string_view text) {
    if (!is_terminal("-")) {
        return answer(text::as_bytes(text));
    }
    std::string shown;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        shown.append(text::printable(text.substr(begin, end - begin))).append(end < text.size() ? "\n" : "");
        begin = end + 1;
    }
    return answer(text::as_bytes(shown));
}

std::string json_text(const nlohmann::ordered_json& json) {
    return dump(json, 2) + "\n";
}

std::string json_line(const nlohmann::ordered_json& json) {
    return dump(json, -1) + "\n";
}

Result<void> check_binary_output(const std::string& out) {
    if (is_terminal(out)) {
        return fail(InputErrc::usage,
                    "these bytes are not for a terminal; write them to a file with --out FILE, or to a "
                    "pipe");
    }
    return {};
}

Result<void> deliver_binary(const std::string& out, ByteView bytes) {
    TRYV(check_binary_output(out));
    return files::write_file(out, bytes);
}

// Without O_NONBLOCK the open of a serial line may wait for its carrier.
bool is_terminal(const std::string& out) {
    if (out == "-") {
        return ::isatty(STDOUT_FILENO) == 1;
    }
    struct stat status {};
    if (::stat(out.c_str(), &status) != 0 || !S_ISCHR(status.st_mode)) {
        return false;
    }
    const UniqueFd file{::open(out.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)};
    return file && ::isatty(file.get()) == 1;
}

std::string hex_dump(ByteView bytes, std::size_t first) {
    std::string dump;
    for (std::size_t at = 0; at < bytes.size(); at += bytes_per_line) {
        dump += dump_line(bytes.subspan(at, std::min(bytes_per_line, bytes.size() - at)), first + at);
    }
    return dump;
}

std::string base64(ByteView bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock writes a final zero
    const auto length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

}  // namespace trustx::cli
