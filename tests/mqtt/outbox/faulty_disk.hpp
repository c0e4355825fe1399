// SPDX-License-Identifier: Apache-2.0
// A disk for SQLite that fails at a chosen step, or loses what was not synced. A step is a call by which SQLite changes
// files: every write, truncation, sync, creation and deletion is one, so that tests enumerate them by counting.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <sqlite3.h>

namespace trustx::test {

class FaultyDisk {
 public:
    enum class Fault : std::uint8_t {
        none,
        gone,        // this step and all calls after it are never made, as if the process had ended before
        torn,        // the same, but half of a write is made
        kill,        // the process ends itself by SIGKILL
        full,        // this step, and every write after it, finds no space
        sync_fails,  // as `none` until the next sync, which fails with EIO
    };

    FaultyDisk();
    ~FaultyDisk();
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;

    // name is what SQLite knows the disk by.
    [[nodiscard]] const char* name() const { return name_.c_str(); }
    [[nodiscard]] int steps() const { return steps_; }

    // fail_at lets the step fail with that number, from 1; steps count from now on.
    void fail_at(int step, Fault fault);
    // limit is how many bytes the files of a directory may have together, those of others included.
    void limit(std::filesystem::path directory, std::uint64_t bytes);
    // mend ends the fault.
    void mend() { fault_ = Fault::none; }

    // cut_power leaves of the files what a disk has that was without power suddenly: what was synced, and of the rest
    // any part, by the generator's choice. Names are kept in the order in which they changed. Files must be closed.
    void cut_power(std::mt19937& generator);

    // For the functions that SQLite calls. before_step gives SQLITE_OK, or what the step fails with.
    struct Content;
    int before_step(bool writes, bool syncs);
    // has_room: for a file that becomes so long; errno is that of a write then.
    bool has_room(const std::string& path, std::uint64_t end);
    [[nodiscard]] bool half() const { return fault_ == Fault::torn && steps_ == at_; }
    [[nodiscard]] bool dead() const;
    void opened(const std::string& path);
    void written(const std::string& path, std::string_view bytes, std::uint64_t offset);
    void truncated(const std::string& path, std::uint64_t size);
    void synced(const std::string& path, bool names);
    void deleted(const std::string& path, bool names);
    [[nodiscard]] int system_error() const { return system_error_; }
    [[nodiscard]] sqlite3_vfs* below() const { return below_; }

 private:
    // NameChange: the path has another content from then on, or none.
    struct NameChange {
        std::string path;
        std::shared_ptr<Content> content;
    };
    using Names = std::map<std::string, std::shared_ptr<Content>>;

    void change(const std::string& path, std::shared_ptr<Content> content);

    std::string name_;
    sqlite3_vfs* below_;
    sqlite3_vfs own_{};
    int steps_ = 0;
    int at_ = 0;
    Fault fault_ = Fault::none;
    int system_error_ = 0;
    std::filesystem::path limited_;
    std::uint64_t capacity_ = 0;
    Names now_;
    Names kept_;  // on the disk for certain
    std::vector<NameChange> changes_;
};

}  // namespace trustx::test
