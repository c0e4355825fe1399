// SPDX-License-Identifier: Apache-2.0
#include "attest/verity.hpp"

#include "common/text/printable.hpp"
#include "common/try.hpp"

#include <filesystem>
#include <iterator>
#include <sstream>
#include <vector>

namespace trustx::attest {
namespace {

std::vector<std::string> words_of(std::string_view text) {
    std::istringstream stream{std::string{text}};
    return {std::istream_iterator<std::string>{stream}, {}};
}

// The kernel gives what cryptsetup opened a UUID that begins so; others may have made one by dmsetup without any.
bool has_mapped_devices(const Roots& roots) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator{roots.sys + "/block", ignored}) {
        if (entry.path().filename().string().starts_with("dm-")) {
            return true;
        }
    }
    return false;
}

}  // namespace

RootHashes verity_in_tables(std::string_view tables) {
    RootHashes hashes;
    std::istringstream lines{std::string{tables}};
    for (std::string line; std::getline(lines, line);) {
        const auto colon = line.find(": ");
        const auto words = words_of(line.substr(colon == std::string::npos ? 0 : colon + 1));
        // start, length, "verity", version, data, hash, two block sizes, two numbers, algorithm, root hash, salt
        constexpr std::size_t place = 11;
        if (colon == std::string::npos || words.size() <= place || words[2] != "verity") {
            continue;
        }
        if (const auto digest = from_hex(words[place])) {
            hashes.emplace(text::printable(line.substr(0, colon)), *digest);
        }
    }
    return hashes;
}

RootHashes verity_in_command_line(std::string_view command_line) {
    RootHashes hashes;
    for (const auto& word : words_of(command_line)) {
        for (const std::string name : {"root", "usr"}) {
            const auto digest =
                word.starts_with(name + "hash=") ? from_hex(word.substr(name.size() + 5)) : std::nullopt;
            if (digest) {
                hashes[name] = *digest;
            }
        }
    }
    return hashes;
}

Result<RootHashes> verity_hashes(const Roots& roots, std::string_view command_line, const RunProgram& run) {
    if (has_mapped_devices(roots)) {
        TRY(const auto tables, run({"dmsetup", "table", "--target", "verity"}));
        if (tables) {
            return verity_in_tables(*tables);
        }
    }
    return verity_in_command_line(command_line);
}

}  // namespace trustx::attest
