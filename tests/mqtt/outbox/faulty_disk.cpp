// SPDX-License-Identifier: Apache-2.0
#include "faulty_disk.hpp"

#include "support/temp_dir.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

namespace trustx::test {

struct FaultyDisk::Content {
    struct Change {
        std::size_t offset = 0;
        std::string bytes;
        bool truncates = false;  // to offset
    };
    std::string synced;
    std::vector<Change> changes;

    void apply(std::string& to, const Change& change) const {
        if (change.truncates) {
            to.resize(change.offset);
            return;
        }
        to.resize(std::max<std::size_t>(to.size(), change.offset + change.bytes.size()));
        to.replace(change.offset, change.bytes.size(), change.bytes);
    }
    void sync() {
        for (const auto& change : changes) {
            apply(synced, change);
        }
        changes.clear();
    }
    // survivors takes each change or not; of a write perhaps a sector only.
    [[nodiscard]] std::string survivors(std::mt19937& generator) const {
        constexpr std::size_t sector = 512;
        auto left = synced;
        for (auto change : changes) {
            const auto choice = generator() % 3;
            if (choice == 0) {
                continue;
            }
            if (choice == 1 && change.bytes.size() > sector) {
                change.bytes.resize(sector * (1 + generator() % (change.bytes.size() / sector)));
            }
            apply(left, change);
        }
        return left;
    }
};

namespace {

// File is SQLite's idea of one: the real one lies behind it in the same memory.
struct File {
    sqlite3_file base;
    FaultyDisk* disk;
    const char* path;
    int flags;
    bool names_synced;
};

File& file_of(sqlite3_file* file) {
    return *reinterpret_cast<File*>(file);
}

sqlite3_file* real(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(File));
}

FaultyDisk& disk_of(sqlite3_vfs* vfs) {
    return *static_cast<FaultyDisk*>(vfs->pAppData);
}

int close_file(sqlite3_file* file) {
    return real(file)->pMethods == nullptr ? SQLITE_OK : real(file)->pMethods->xClose(real(file));
}

int read_file_at(sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset) {
    return file_of(file).disk->dead() ? SQLITE_IOERR_READ
                                      : real(file)->pMethods->xRead(real(file), bytes, count, offset);
}

int write_file_at(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
    auto& disk = *file_of(file).disk;
    int failed = disk.before_step(true, false);
    if (failed == SQLITE_OK &&
        !disk.has_room(file_of(file).path, static_cast<std::uint64_t>(offset) + static_cast<std::uint64_t>(count))) {
        failed = SQLITE_FULL;
    }
    const int part = failed == SQLITE_OK ? count : disk.half() ? count / 2 : 0;
    if (part > 0) {
        disk.written(file_of(file).path, {static_cast<const char*>(bytes), static_cast<std::size_t>(part)},
                     static_cast<std::uint64_t>(offset));
        real(file)->pMethods->xWrite(real(file), bytes, part, offset);
    }
    return failed;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    auto& disk = *file_of(file).disk;
    if (const int failed = disk.before_step(false, false); failed != SQLITE_OK) {
        return failed;
    }
    disk.truncated(file_of(file).path, static_cast<std::uint64_t>(size));
    return real(file)->pMethods->xTruncate(real(file), size);
}

// The real file is not synced: what a cut leaves of it is decided here.
int sync_file(sqlite3_file* file, int /*flags*/) {
    auto& self = file_of(file);
    if (const int failed = self.disk->before_step(false, true); failed != SQLITE_OK) {
        return failed;
    }
    // SQLite's own VFS syncs the directory with the first sync of a log or journal.
    const bool names = (self.flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0 && !self.names_synced;
    self.names_synced = self.names_synced || names;
    self.disk->synced(self.path, names);
    return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
    return real(file)->pMethods->xFileSize(real(file), size);
}
int lock_file(sqlite3_file* file, int level) {
    return real(file)->pMethods->xLock(real(file), level);
}
int unlock_file(sqlite3_file* file, int level) {
    return real(file)->pMethods->xUnlock(real(file), level);
}
int check_reserved(sqlite3_file* file, int* taken) {
    return real(file)->pMethods->xCheckReservedLock(real(file), taken);
}
int control(sqlite3_file* /*file*/, int /*operation*/, void* /*argument*/) {
    return SQLITE_NOTFOUND;
}
int sector_size(sqlite3_file* file) {
    return real(file)->pMethods->xSectorSize(real(file));
}
int characteristics(sqlite3_file* file) {
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

// Version 1 has no shared memory: a spool must do without.
const sqlite3_io_methods methods{1,         close_file,  read_file_at,    write_file_at, truncate_file,
                                 sync_file, file_size,   lock_file,       unlock_file,   check_reserved,
                                 control,   sector_size, characteristics, nullptr,       nullptr,
                                 nullptr,   nullptr,     nullptr,         nullptr};

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) {
    auto& disk = disk_of(vfs);
    file->pMethods = nullptr;
    std::memset(real(file), 0, static_cast<std::size_t>(disk.below()->szOsFile));
    const bool makes = !std::filesystem::exists(path);
    if (const int failed = makes         ? disk.before_step(true, false)
                           : disk.dead() ? SQLITE_IOERR
                                         : SQLITE_OK;
        failed != SQLITE_OK) {
        return failed == SQLITE_FULL ? SQLITE_FULL : SQLITE_CANTOPEN;
    }
    const int code = disk.below()->xOpen(disk.below(), path, real(file), flags, out);
    if (code == SQLITE_OK) {
        new (file) File{{&methods}, &disk, path, flags, false};
        disk.opened(path);
    }
    return code;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int sync_names) {
    auto& disk = disk_of(vfs);
    if (const int failed = disk.before_step(false, false); failed != SQLITE_OK) {
        return SQLITE_IOERR_DELETE;
    }
    disk.deleted(path, sync_names != 0);
    return disk.below()->xDelete(disk.below(), path, 0);
}

int access(sqlite3_vfs* vfs, const char* path, int flags, int* result) {
    auto* below = disk_of(vfs).below();
    return below->xAccess(below, path, flags, result);
}
int full_path(sqlite3_vfs* vfs, const char* path, int size, char* result) {
    auto* below = disk_of(vfs).below();
    return below->xFullPathname(below, path, size, result);
}
int randomness(sqlite3_vfs* vfs, int size, char* result) {
    auto* below = disk_of(vfs).below();
    return below->xRandomness(below, size, result);
}
int sleep_for(sqlite3_vfs* /*vfs*/, int /*microseconds*/) {
    std::abort();  // a spool waits for nothing
}
int current_time(sqlite3_vfs* vfs, double* result) {
    auto* below = disk_of(vfs).below();
    return below->xCurrentTime(below, result);
}
int last_error(sqlite3_vfs* vfs, int /*size*/, char* /*text*/) {
    return disk_of(vfs).system_error();
}

}  // namespace

FaultyDisk::FaultyDisk() : below_{::sqlite3_vfs_find(nullptr)} {
    static std::atomic<int> count{0};
    name_ = "faulty-" + std::to_string(++count);
    own_.iVersion = 1;
    own_.szOsFile = static_cast<int>(sizeof(File)) + below_->szOsFile;
    own_.mxPathname = below_->mxPathname;
    own_.zName = name_.c_str();
    own_.pAppData = this;
    own_.xOpen = open_file;
    own_.xDelete = delete_file;
    own_.xAccess = access;
    own_.xFullPathname = full_path;
    own_.xRandomness = randomness;
    own_.xSleep = sleep_for;
    own_.xCurrentTime = current_time;
    own_.xGetLastError = last_error;
    if (::sqlite3_vfs_register(&own_, 0) != SQLITE_OK) {
        throw std::runtime_error("SQLite takes no other disk");
    }
}

FaultyDisk::~FaultyDisk() {
    ::sqlite3_vfs_unregister(&own_);
}

void FaultyDisk::fail_at(int step, Fault fault) {
    steps_ = 0;
    at_ = step;
    fault_ = fault;
}

void FaultyDisk::limit(std::filesystem::path directory, std::uint64_t bytes) {
    limited_ = std::move(directory);
    capacity_ = bytes;
}

bool FaultyDisk::has_room(const std::string& path, std::uint64_t end) {
    if (limited_.empty()) {
        return true;
    }
    std::uint64_t used = 0;
    for (const auto& file : std::filesystem::directory_iterator(limited_)) {
        used += file.file_size();
    }
    const auto size = std::filesystem::file_size(path);
    const bool fits = end <= size || used + end - size <= capacity_;
    system_error_ = fits ? 0 : ENOSPC;
    return fits;
}

bool FaultyDisk::dead() const {
    return (fault_ == Fault::gone || fault_ == Fault::torn) && steps_ >= at_;
}

int FaultyDisk::before_step(bool writes, bool syncs) {
    ++steps_;
    system_error_ = 0;
    if (dead()) {
        return SQLITE_IOERR;
    }
    if (steps_ == at_ && fault_ == Fault::kill) {
        ::raise(SIGKILL);
    }
    if (steps_ >= at_ && fault_ == Fault::full && writes) {
        system_error_ = ENOSPC;
        return SQLITE_FULL;
    }
    if (steps_ >= at_ && fault_ == Fault::sync_fails && syncs) {
        fault_ = Fault::none;
        system_error_ = EIO;
        return SQLITE_IOERR_FSYNC;
    }
    return SQLITE_OK;
}

void FaultyDisk::change(const std::string& path, std::shared_ptr<Content> content) {
    changes_.push_back({path, content});
    if (content) {
        now_[path] = std::move(content);
    } else {
        now_.erase(path);
    }
}

void FaultyDisk::opened(const std::string& path) {
    if (now_.count(path) > 0) {
        return;
    }
    auto content = std::make_shared<Content>();
    content->synced = read_file(path);  // that of a file from elsewhere
    change(path, std::move(content));
}

void FaultyDisk::written(const std::string& path, std::string_view bytes, std::uint64_t offset) {
    now_.at(path)->changes.push_back({static_cast<std::size_t>(offset), std::string{bytes}, false});
}

void FaultyDisk::truncated(const std::string& path, std::uint64_t size) {
    now_.at(path)->changes.push_back({static_cast<std::size_t>(size), {}, true});
}

void FaultyDisk::synced(const std::string& path, bool names) {
    now_.at(path)->sync();
    if (names) {
        kept_ = now_;
        changes_.clear();
    }
}

void FaultyDisk::deleted(const std::string& path, bool names) {
    change(path, nullptr);
    if (names) {
        kept_ = now_;
        changes_.clear();
    }
}

void FaultyDisk::cut_power(std::mt19937& generator) {
    auto names = kept_;
    const auto reached = generator() % (changes_.size() + 1);
    for (std::size_t i = 0; i < reached; ++i) {
        names[changes_[i].path] = changes_[i].content;
    }
    for (const auto& [path, content] : now_) {
        std::filesystem::remove(path);
    }
    for (const auto& [path, content] : names) {
        if (content) {
            write_file(path, content->survivors(generator));
        }
    }
    now_.clear();
    kept_.clear();
    changes_.clear();
}

}  // namespace trustx::test
