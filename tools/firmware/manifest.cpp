// SPDX-License-Identifier: Apache-2.0
#include "firmware/manifest.hpp"

#include "common/files/hex_input.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/openssl/handles.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/json_words.hpp"
#include "common/text/lower_case.hpp"
#include "common/text/printable.hpp"
#include "common/try.hpp"
#include "firmware/error.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include <nlohmann/json.hpp>

namespace trustx::firmware {
namespace {

constexpr int manifest_format = 1;
constexpr std::size_t digest_size = 32;
constexpr std::size_t longest_word = 255;  // what file systems take

bool is_plain(std::string_view text) {
    return !text.empty() && text.size() <= longest_word && text::is_printable(text);
}

Result<std::string> word(const nlohmann::ordered_json& json, const char* member) {
    auto text = json.at(member).get<std::string>();
    return is_plain(text)
               ? Result<std::string>{std::move(text)}
               : fail(InputErrc::malformed, std::string{member} + " is empty, too long, or not in one line of text");
}

// number takes what is a number without fraction, and no negative one, which JSON libraries convert in silence.
Result<std::uint64_t> number(const nlohmann::ordered_json& json, const char* member) {
    const auto& value = json.at(member);
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > highest_version) {
        return fail(InputErrc::malformed,
                    std::string{member} + " is no whole number from 0 to " + std::to_string(highest_version));
    }
    return value.get<std::uint64_t>();
}

Result<ManifestFile> read_file(const nlohmann::ordered_json& json) {
    TRY(auto name, word(json, "name"));
    TRYV(check_file_name(name));
    TRY(const auto size, number(json, "size"));
    const auto digits = json.at("sha256").get<std::string>();
    TRY(auto digest, files::parse_hex(text::as_bytes(digits), "sha256 of " + name));
    if (digest.size() != digest_size) {
        return fail(InputErrc::malformed, "sha256 of " + name + " has another length");
    }
    return ManifestFile{.name = std::move(name), .size = size, .sha256 = std::move(digest)};
}

Result<void> check_names(const std::vector<ManifestFile>& files) {
    std::set<std::string> names;
    for (const auto& file : files) {
        if (!names.insert(file.name).second) {
            return fail(InputErrc::malformed, "two files are called " + file.name);
        }
    }
    return files.empty() ? fail(InputErrc::malformed, "it names no file") : Result<void>{};
}

Result<Manifest> read_manifest(const nlohmann::ordered_json& json) {
    if (json.at("format") != manifest_format) {
        return fail(InputErrc::malformed, "its format is that of another version");
    }
    Manifest manifest;
    TRY(manifest.name, word(json, "name"));
    TRY(manifest.version, number(json, "version"));
    TRY(manifest.version_text, word(json, "versionText"));
    for (const auto& entry : json.at("files")) {
        TRY(auto file, read_file(entry));
        manifest.files.push_back(std::move(file));
    }
    TRYV(check_names(manifest.files));
    return manifest;
}

std::filesystem::path in_directory(const std::string& directory, const ManifestFile& file) {
    return std::filesystem::path{directory.empty() ? "." : directory} / file.name;
}

Result<void> check_size(const std::filesystem::path& path, const ManifestFile& file) {
    std::error_code code;
    const auto status = std::filesystem::symlink_status(path, code);
    if (!std::filesystem::exists(status)) {
        return fail(FirmwareErrc::altered, path.string() + " is missing, and the manifest names it");
    }
    if (!std::filesystem::is_regular_file(status)) {
        return fail(FirmwareErrc::altered, path.string() + " is no regular file");
    }
    const auto size = std::filesystem::file_size(path, code);
    if (code) {
        return fail(InputErrc::unreadable, "cannot read the size of " + path.string() + ": " + code.message());
    }
    if (size != file.size) {
        return fail(FirmwareErrc::altered, path.string() + " has " + std::to_string(size) +
                                               " bytes; the manifest says " + std::to_string(file.size));
    }
    return {};
}

}  // namespace

std::string Manifest::text() const {
    auto list = nlohmann::ordered_json::array();
    for (const auto& file : files) {
        list.push_back({{"name", file.name}, {"size", file.size}, {"sha256", text::lower_case(to_hex(file.sha256))}});
    }
    const nlohmann::ordered_json json{{"format", manifest_format},
                                      {"name", name},
                                      {"version", version},
                                      {"versionText", version_text},
                                      {"files", std::move(list)}};
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<Manifest> Manifest::parse(std::string_view text, const std::string& from) {
    const auto malformed = [&from](const std::string& reason) {
        return fail(InputErrc::malformed, from + " is no manifest of a firmware: " + reason);
    };
    try {
        auto manifest = read_manifest(nlohmann::ordered_json::parse(text));
        return manifest ? std::move(manifest) : malformed(manifest.error().operation());
    } catch (const nlohmann::json::exception& error) {
        return malformed(text::json_words(error));
    }
}

std::string Manifest::title() const {
    return name + " " + version_text + " (version " + std::to_string(version) + ")";
}

Result<void> check_file_name(const std::string& name) {
    if (!is_plain(name) || name == "." || name == ".." || name.find('/') != std::string::npos) {
        return fail(InputErrc::malformed, "a file's name is no path, and is UTF-8 without control characters");
    }
    return {};
}

Result<Bytes> hash_in_software(const std::string& path) {
    const auto context = openssl::must<openssl::DigestContext>(EVP_MD_CTX_new());
    bool good = EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
    TRYV(files::for_each_piece(path, [&](ByteView piece) -> Result<void> {
        good = good && EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1;
        return {};
    }));
    Bytes digest(digest_size);
    if (!good || EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
        throw std::bad_alloc{};
    }
    return digest;
}

Result<std::vector<ManifestFile>> describe_files(const std::vector<std::string>& paths, const Hash& hash) {
    std::vector<ManifestFile> files;
    for (const auto& path : paths) {
        const auto name = std::filesystem::path{path}.filename().string();
        TRYV(check_file_name(name).during(path));
        std::error_code code;
        const auto size = std::filesystem::file_size(path, code);
        if (code) {
            return fail(InputErrc::unreadable, "cannot read " + path + ": " + code.message());
        }
        TRY(auto digest, hash(path));
        files.push_back({.name = name, .size = size, .sha256 = std::move(digest)});
    }
    TRYV(check_names(files));
    return files;
}

Result<void> check_files(const Manifest& manifest, const std::string& directory, const Hash& hash) {
    for (const auto& file : manifest.files) {
        TRYV(check_size(in_directory(directory, file), file));
    }
    for (const auto& file : manifest.files) {
        const auto path = in_directory(directory, file);
        TRY(const auto digest, hash(path.string()));
        if (digest != file.sha256) {
            return fail(FirmwareErrc::altered, path.string() +
                                                   " is not the file that was signed: its SHA-256 differs from that in "
                                                   "the manifest; do not install it");
        }
    }
    return {};
}

}  // namespace trustx::firmware
