// SPDX-License-Identifier: Apache-2.0
// The client certificate as a file name, which is all that Paho takes. A certificate that is in the chip is fetched
// through OpenSSL's store, so by the provider that also holds the key, and passed on in a file that exists in memory
// only.
#pragma once

#include "common/files/memory_file.hpp"
#include "connection/error.hpp"

#include <optional>
#include <string>
#include <utility>

namespace trustx::mqtt {

// CertificateFile is a PEM file: the caller's, or one in memory that lives as long as this object. Movable.
class CertificateFile {
 public:
    // open takes a file name, or a URI such as trustx:E0E1. A file is not opened yet; a URI is read at once, which
    // takes chip traffic but no use of a private key.
    static Result<CertificateFile> open(const std::string& source);

    [[nodiscard]] const std::string& path() const { return path_; }

 private:
    explicit CertificateFile(std::string path) : path_{std::move(path)} {}
    explicit CertificateFile(files::MemoryFile memory) : path_{memory.path()}, memory_{std::move(memory)} {}

    std::string path_;
    std::optional<files::MemoryFile> memory_;  // nothing: the caller's file
};

}  // namespace trustx::mqtt
