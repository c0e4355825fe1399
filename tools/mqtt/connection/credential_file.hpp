// SPDX-License-Identifier: Apache-2.0
// Key, certificate and trust anchor as file names, which is all that Paho takes. It reads them again for each
// connection, so it gets what was checked, in files that exist in memory only, and not what may be in the files
// meanwhile: another key, in software perhaps. What is in the chip is fetched through OpenSSL's store, so by the
// provider that signs: a certificate, or the reference to a key.
#pragma once

#include "common/files/memory_file.hpp"
#include "connection/error.hpp"

#include <optional>
#include <string>
#include <utility>

namespace trustx::mqtt {

// CredentialFile is a PEM file in memory that lives as long as this object; one that cannot be read: the caller's.
// Movable.
class CredentialFile {
 public:
    // Each takes a file name, or a URI such as trustx:E0E1 or trustx:E0F1, and reads it at once: a URI takes chip
    // traffic but no use of a private key.
    static Result<CredentialFile> certificate(const std::string& source);
    static Result<CredentialFile> anchor(const std::string& source);
    static Result<CredentialFile> key(const std::string& source);

    [[nodiscard]] const std::string& path() const { return path_; }

 private:
    explicit CredentialFile(std::string path) : path_{std::move(path)} {}
    explicit CredentialFile(files::MemoryFile memory) : path_{memory.path()}, memory_{std::move(memory)} {}

    std::string path_;
    std::optional<files::MemoryFile> memory_;  // nothing: the caller's file, which cannot be read
    friend struct CredentialReader;
};

}  // namespace trustx::mqtt
