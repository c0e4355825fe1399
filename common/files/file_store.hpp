// SPDX-License-Identifier: Apache-2.0
// Files of a program that must survive a power cut: small, whole, and durable once a call returns. Tests put a store
// behind it that counts calls and ends a run at any of them, or has no space left.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace trustx::files {

// Access says who reads a file. `services`: the owner and the group of the chip's users, which services that use the
// key are in; a reference to a key is no secret, but nobody else can use it.
enum class Access : std::uint8_t { owner, services, everybody };

class FileStore {
 public:
    // Lock is held until it is destroyed, or the process ends.
    class Lock {
     public:
        Lock() = default;
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;
        virtual ~Lock() = default;
    };

    // Held is a file in memory, for a secret that a library takes by a file's name only. It is wiped and gone when this
    // is destroyed, or the process ends.
    class Held {
     public:
        Held() = default;
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;
        virtual ~Held() = default;
        [[nodiscard]] virtual std::string path() const = 0;
    };

    FileStore() = default;
    FileStore(const FileStore&) = delete;
    FileStore& operator=(const FileStore&) = delete;
    virtual ~FileStore() = default;

    // make_directory makes a directory, and those above it, where they are missing. InputErrc::unwritable.
    virtual Result<void> make_directory(const std::string& path, Access access) = 0;

    // read gives a whole file, through symbolic links; nothing: there is none. InputErrc::unreadable.
    virtual Result<std::optional<std::string>> read(const std::string& path) = 0;

    // write replaces a file as a whole; when it returns, file and name survive a power cut. A file that was there
    // keeps its owner and mode. InputErrc::unwritable: then what was there before is there still.
    virtual Result<void> write(const std::string& path, std::string_view content, Access access) = 0;

    // remove takes a file away, durably; one that is not there is no error. InputErrc::unwritable.
    virtual Result<void> remove(const std::string& path) = 0;

    // link makes path a symbolic link to target, which is relative to it, in place of a file or a link that is there:
    // whoever opens path finds what was there before, or target. InputErrc::unwritable.
    virtual Result<void> link(const std::string& path, const std::string& target) = 0;

    // link_target is where a symbolic link points to; nothing: path is none. InputErrc::unreadable.
    virtual Result<std::optional<std::string>> link_target(const std::string& path) = 0;

    // remove_directory takes an empty directory away; one that is not there, or is not empty, is no error.
    // InputErrc::unwritable.
    virtual Result<void> remove_directory(const std::string& path) = 0;

    // append adds lines to the end of a file, durably; a line that a power cut left unfinished there is taken away
    // first. InputErrc::unwritable.
    virtual Result<void> append(const std::string& path, std::string_view lines, Access access) = 0;

    // lock excludes other processes; nullptr: one of them holds it. InputErrc::unwritable.
    virtual Result<std::unique_ptr<Lock>> lock(const std::string& path) = 0;

    // hold keeps something in a file that is on no disk. Errors are the system's.
    virtual Result<std::unique_ptr<Held>> hold(std::string_view content) = 0;
};

// DiskStore is the file system.
class DiskStore final : public FileStore {
 public:
    Result<void> make_directory(const std::string& path, Access access) override;
    Result<std::optional<std::string>> read(const std::string& path) override;
    Result<void> write(const std::string& path, std::string_view content, Access access) override;
    Result<void> remove(const std::string& path) override;
    Result<void> append(const std::string& path, std::string_view lines, Access access) override;
    Result<void> link(const std::string& path, const std::string& target) override;
    Result<std::optional<std::string>> link_target(const std::string& path) override;
    Result<void> remove_directory(const std::string& path) override;
    Result<std::unique_ptr<Lock>> lock(const std::string& path) override;
    Result<std::unique_ptr<Held>> hold(std::string_view content) override;
};

}  // namespace trustx::files
