// SPDX-License-Identifier: Apache-2.0
#include "include_direction.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>

namespace trustx::test {
namespace {

// A room is a folder whose files depend on the same things. Rooms are found by the longest prefix of the path.
struct Room {
    std::string_view path;
    // First folders of "..." includes, where `.` stands for files without a folder. A room that lists none includes
    // its own files, however it spells them.
    std::vector<std::string_view> quoted;
    // May it include <trustx/...>?
    bool public_headers;
    // Things of the world that are kept to one place.
    bool i2c_headers;
    bool openssl_headers;
};

const std::array rooms{
    Room{"libtrustx/include/", {"nothing"}, true, false, false},
    Room{"libtrustx/src/codec/", {"codec"}, true, false, false},
    Room{"libtrustx/src/bus/", {"bus", "codec"}, true, true, false},
    Room{"libtrustx/src/ifx_i2c/", {"ifx_i2c", "bus", "codec"}, true, false, false},
    Room{"libtrustx/src/command/", {"command", "codec"}, true, false, false},
    Room{"libtrustx/src/trace/", {"trace", "command", "ifx_i2c", "bus"}, true, false, false},
    Room{"libtrustx/src/device/", {"device", "trace", "command", "ifx_i2c", "bus", "codec"}, true, false, false},
    Room{"libtrustx/src/", {".", "codec"}, true, false, false},
    Room{"provider/", {}, true, false, true},
    Room{"tools/mqtt/", {}, true, false, true},
    // The simulator is an adapter on the other side: it speaks the words of the kernel's i2c-tiny-usb driver.
    Room{"tools/sim/", {}, false, true, true},
    Room{"tools/trustx/", {}, true, false, true},
};

// Public headers of the layers above the bus and the protocol.
constexpr std::array upper_headers{std::string_view{"trustx/commands.hpp"}, std::string_view{"trustx/device.hpp"},
                                   std::string_view{"trustx/objects.hpp"}, std::string_view{"trustx/settings.hpp"}};

const Room* room_of(std::string_view path) {
    const Room* best = nullptr;
    for (const Room& room : rooms) {
        if (path.starts_with(room.path) && (best == nullptr || room.path.size() > best->path.size())) {
            best = &room;
        }
    }
    return best;
}

struct Include {
    bool quoted;
    std::string_view name;
};

constexpr std::string_view blanks = " \t";

std::string_view skip_blanks(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    return first == text.npos ? std::string_view{} : text.substr(first);
}

bool take(std::string_view& text, std::string_view word) {
    text = skip_blanks(text);
    if (!text.starts_with(word)) {
        return false;
    }
    text.remove_prefix(word.size());
    return true;
}

// parse_line gives an include with an empty name for any other line.
Include parse_line(std::string_view line) {
    if (!take(line, "#") || !take(line, "include")) {
        return {};
    }
    line = skip_blanks(line);
    if (line.empty() || (line.front() != '"' && line.front() != '<')) {
        return {};
    }
    const bool quoted = line.front() == '"';
    line.remove_prefix(1);
    return {quoted, line.substr(0, line.find(quoted ? '"' : '>'))};
}

template <class Range>
bool contains(const Range& range, std::string_view word) {
    return std::ranges::find(range, word) != std::ranges::end(range);
}

std::string_view first_folder(std::string_view name) {
    const std::size_t slash = name.find('/');
    return slash == name.npos ? "." : name.substr(0, slash);
}

bool below_the_commands(const Room& room) {
    return room.path == "libtrustx/src/bus/" || room.path == "libtrustx/src/ifx_i2c/" ||
           room.path == "libtrustx/src/codec/";
}

// The rules below give what is wrong, or nothing.

// is_own_file tries the places where a compiler looks: next to the file, and the folders a room gives as include path.
bool is_own_file(const Room& room, std::string_view path, std::string_view name, const Exists& exists) {
    const std::filesystem::path room_top{room.path};
    for (const auto& folder : {std::filesystem::path{path}.parent_path(), room_top, room_top / "src"}) {
        const std::string candidate = (folder / name).lexically_normal().generic_string();
        if (candidate.starts_with(room.path) && exists(candidate)) {
            return true;
        }
    }
    return false;
}

std::string_view check_quoted(const Room& room, std::string_view path, std::string_view name, const Exists& exists) {
    if (room.quoted.empty()) {
        return is_own_file(room, path, name, exists) ? std::string_view{} : "is not a file of the same room";
    }
    const bool allowed = contains(room.quoted, first_folder(name)) && name.find("..") == name.npos;
    return allowed ? std::string_view{} : "turns the direction of the layers round";
}

std::string_view check_angled(const Room& room, std::string_view name) {
    if (name.starts_with("trustx/")) {
        if (!room.public_headers) {
            return "the simulator shares no code with the library";
        }
        const bool upward = below_the_commands(room) && contains(upper_headers, name);
        return upward ? "turns the direction of the layers round" : std::string_view{};
    }
    if (!room.i2c_headers && (name.starts_with("linux/i2c") || name.starts_with("i2c/"))) {
        return "only the bus knows the I2C devices of Linux";
    }
    if (!room.openssl_headers && name.starts_with("openssl/")) {
        return "libtrustx does not use OpenSSL";
    }
    return {};
}

}  // namespace

std::vector<std::string> wrong_includes(std::string_view path, std::string_view text, const Exists& exists) {
    std::vector<std::string> wrong;
    const Room* room = room_of(path);
    while (room != nullptr && !text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const Include include = parse_line(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (include.name.empty()) {
            continue;
        }
        const std::string_view rule =
            include.quoted ? check_quoted(*room, path, include.name, exists) : check_angled(*room, include.name);
        if (!rule.empty()) {
            wrong.push_back(std::string{path} + " includes " + std::string{include.name} + ": " + std::string{rule});
        }
    }
    return wrong;
}

}  // namespace trustx::test
