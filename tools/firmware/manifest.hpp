// SPDX-License-Identifier: Apache-2.0
// The manifest of a firmware: what it is called, its version, and its files with their digests. A file of JSON, signed
// as it is (signature.hpp). Readers ignore members that they do not know.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/result.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::firmware {

// The largest number that every reader of JSON reads exactly.
inline constexpr std::uint64_t highest_version = (std::uint64_t{1} << 53U) - 1;

struct ManifestFile {
    std::string name;        // of a file beside the manifest: no path
    std::uint64_t size = 0;  // bytes
    Bytes sha256;            // 32 bytes

    friend bool operator==(const ManifestFile&, const ManifestFile&) = default;
};

struct Manifest {
    std::string name;           // of the product that it is for
    std::uint64_t version = 0;  // rises with every release; up to highest_version
    std::string version_text;   // for people
    std::vector<ManifestFile> files;

    // text is the whole file; parse its inverse. InputErrc::malformed, with the member that is wrong: a text that is
    // no JSON, no file, two files with one name, a name that is a path or not printable (common/text/printable.hpp).
    [[nodiscard]] std::string text() const;
    static Result<Manifest> parse(std::string_view text, const std::string& from);

    // title is for people: "gateway 1.4.2 (version 7)".
    [[nodiscard]] std::string title() const;

    friend bool operator==(const Manifest&, const Manifest&) = default;
};

// check_file_name demands a name that is no path, and that neither a terminal nor a shell's line break would change.
// InputErrc::malformed.
Result<void> check_file_name(const std::string& name);

// Hash gives the SHA-256 of a file, 32 bytes.
using Hash = std::function<Result<Bytes>(const std::string& path)>;

// hash_in_software is the Hash that asks no chip.
Result<Bytes> hash_in_software(const std::string& path);

// describe_files measures files; each gets the last part of its path as its name. InputErrc::unreadable;
// InputErrc::malformed for two with one name.
Result<std::vector<ManifestFile>> describe_files(const std::vector<std::string>& paths, const Hash& hash);

// check_files compares the files of a manifest in a directory with what it says, the sizes of all before the digest of
// any. Links are not followed. FirmwareErrc::altered; InputErrc::unreadable.
Result<void> check_files(const Manifest& manifest, const std::string& directory, const Hash& hash);

}  // namespace trustx::firmware
