// SPDX-License-Identifier: Apache-2.0
#include "outbox/database.hpp"

#include "common/files/writers.hpp"
#include "common/io/unique_fd.hpp"
#include "common/try.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

namespace trustx::mqtt {
namespace {

// SQLite makes files that everybody may read; those it makes later get the mode of this one. O_EXCL: closing a file
// that is there would release the locks that this process has on it (fcntl(2)). One that is there is a file itself and
// not a link, which may lead to a file of somebody else's that is empty so far.
Result<void> make_file(const std::string& path) {
    const UniqueFd file{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (file) {
        return {};
    }
    if (errno != EEXIST) {
        const auto reason = std::system_category().message(errno);
        return fail(Cause::spool_failed, "make " + path + ": " + reason, "choose a directory that can be written to");
    }
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) {
        return fail(Cause::spool_failed, path + " is no file", "choose another directory");
    }
    const auto ours = files::check_writers(path, found);
    return ours ? Result<void>{}
                : fail(Cause::spool_foreign, ours.error().description(), "or choose another directory");
}

// The disk is full also where a quota or a limit of file sizes is reached, which SQLite has no code for.
bool is_full(int code, int system_error) {
    const int primary = code & 0xFF;
    return primary == SQLITE_FULL ||
           (primary == SQLITE_IOERR && (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG));
}

Cause cause_of(int code, int system_error) {
    if (is_full(code, system_error)) {
        return Cause::spool_full;
    }
    switch (code & 0xFF) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return Cause::spool_in_use;
        case SQLITE_ERROR:  // a statement of ours that fits no table there
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return Cause::spool_damaged;
        default:
            return Cause::spool_failed;
    }
}

Result<FileIdentity> identity_of(const std::string& path) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) {
        return fail(Cause::spool_failed, "find " + path + ": " + std::system_category().message(errno));
    }
    return FileIdentity{found.st_dev, found.st_ino};
}

std::string remedy_of(Cause cause) {
    switch (cause) {
        case Cause::spool_full:
            return "free space on its disk, or raise the quota or limit";
        case Cause::spool_in_use:
            return "end the other program, or give each a directory of its own";
        case Cause::spool_damaged:
            return "move it away to start with an empty one; `sqlite3 FILE .dump` shows what can be read of it";
        default:
            return "check the disk, and who may write to it";
    }
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
    ::sqlite3_finalize(statement);
}

Statement::Statement(Database& database, std::string_view sql) : database_{database} {
    sqlite3_stmt* statement = nullptr;
    failed_ = ::sqlite3_prepare_v3(database.connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                   SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    statement_.reset(statement);
}

Statement& Statement::bind(int position, std::uint64_t value) {
    if (failed_ == SQLITE_OK) {
        failed_ = ::sqlite3_bind_int64(statement_.get(), position, static_cast<sqlite3_int64>(value));
    }
    return *this;
}

Statement& Statement::bind(int position, std::string_view bytes) {
    if (failed_ == SQLITE_OK) {
        const char* data = bytes.data() == nullptr ? "" : bytes.data();  // a null pointer would bind NULL
        failed_ = ::sqlite3_bind_blob64(statement_.get(), position, data, bytes.size(), SQLITE_STATIC);
    }
    return *this;
}

Result<bool> Statement::step() {
    errno = 0;
    const int code = failed_ != SQLITE_OK ? failed_ : ::sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code == SQLITE_DONE) {
        reset();
        return false;
    }
    const auto error = database_.error(code);
    reset();
    return tl::unexpected{error};
}

Result<void> Statement::run() {
    TRYV(step());
    return {};
}

void Statement::reset() {
    if (statement_ != nullptr) {
        ::sqlite3_reset(statement_.get());
    }
}

bool Statement::is_null(int column) const {
    return ::sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::uint64_t Statement::number(int column) const {
    return static_cast<std::uint64_t>(::sqlite3_column_int64(statement_.get(), column));
}

std::string Statement::bytes(int column) const {
    const auto* data = static_cast<const char*>(::sqlite3_column_blob(statement_.get(), column));
    const auto size = static_cast<std::size_t>(::sqlite3_column_bytes(statement_.get(), column));
    return data == nullptr ? std::string{} : std::string(data, size);
}

void Database::Close::operator()(sqlite3* connection) const {
    ::sqlite3_close_v2(connection);
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, const char* vfs) {
    TRYV(make_file(path));
    sqlite3* connection = nullptr;
    constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int code = ::sqlite3_open_v2(path.c_str(), &connection, flags, vfs);
    std::unique_ptr<Database> database{new Database{path, connection}};
    if (code != SQLITE_OK) {
        return tl::unexpected{database->error(code)};
    }
    TRYV(database->set_up());
    TRY(database->file_, identity_of(path));
    return database;
}

// What is written to a file without a name is on no disk for the next start.
Result<void> Database::check_name() const {
    const auto now = identity_of(path_);
    return now && *now == file_ ? Result<void>{}
                                : fail(Cause::spool_failed, "the spool " + path_ + " was taken away or replaced",
                                       "start the program again; what it had accepted is in the file that is gone");
}

// Nothing here writes to the file but journal_mode, which comes last: after a file of another program was recognised.
Result<void> Database::set_up() {
    for (const char* pragma : {"locking_mode=EXCLUSIVE", "synchronous=EXTRA", "mmap_size=0", "temp_store=MEMORY",
                               "cache_size=-512", "trusted_schema=OFF", "cell_size_check=ON", "secure_delete=OFF"}) {
        TRYV(execute(std::string{"PRAGMA "} + pragma));
    }
    return {};
}

Result<void> Database::execute(const std::string& sql) {
    errno = 0;
    const int code = ::sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    return code == SQLITE_OK ? Result<void>{} : tl::unexpected{error(code)};
}

Result<std::uint64_t> Database::number(std::string_view sql) {
    Statement statement{*this, sql};
    TRY(const bool row, statement.step());
    return row ? statement.number(0) : 0;
}

Result<std::string> Database::text(std::string_view sql) {
    Statement statement{*this, sql};
    TRY(const bool row, statement.step());
    return row ? statement.bytes(0) : std::string{};
}

Result<void> Database::transaction(const std::function<Result<void>()>& work) {
    TRYV(execute("BEGIN IMMEDIATE"));
    auto done = work();
    if (done) {
        done = execute("COMMIT");
    }
    // After some errors SQLite has rolled back already, after others not (sqlite.org/lang_transaction.html "Response To
    // Errors Within A Transaction").
    if (!done && ::sqlite3_get_autocommit(connection_.get()) == 0) {
        static_cast<void>(execute("ROLLBACK"));
    }
    return done;
}

void Database::keep_log_short(unsigned pages) {
    log_limit_ = pages;
    ::sqlite3_wal_hook(connection_.get(), &Database::committed, this);
}

// SQLite's own way, wal_autocheckpoint, tells nobody when it fails.
int Database::committed(void* self, sqlite3* /*connection*/, const char* /*name*/, int pages) {
    auto& database = *static_cast<Database*>(self);
    if (static_cast<unsigned>(pages) >= database.log_limit_) {
        static_cast<void>(database.move_log());
    }
    return SQLITE_OK;
}

Result<void> Database::move_log() {
    return checkpoint(SQLITE_CHECKPOINT_PASSIVE);
}

Result<void> Database::give_back_log() {
    return checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
}

Result<void> Database::checkpoint(int mode) {
    errno = 0;
    const int code = ::sqlite3_wal_checkpoint_v2(connection_.get(), nullptr, mode, nullptr, nullptr);
    log_stays_ = code != SQLITE_OK;
    return log_stays_ ? tl::unexpected{error(code)} : Result<void>{};
}

// system_error_of asks errno where SQLite (3.40) does not know: when a COMMIT fails.
int Database::system_error_of(int code) const {
    const int seen = errno;
    const int known = connection_ == nullptr ? 0 : ::sqlite3_system_errno(connection_.get());
    return known == 0 && (code & 0xFF) == SQLITE_IOERR ? seen : known;
}

Error Database::error(int code) const {
    const int system_error = system_error_of(code);
    const auto cause = cause_of(code, system_error);
    auto what = "the spool " + path_ + ": ";
    if (cause == Cause::spool_in_use) {
        return {cause, what + "another program has it open", remedy_of(cause)};
    }
    what += cause == Cause::spool_full ? "no space is left for it" : ::sqlite3_errstr(code);
    if (system_error != 0 && cause == Cause::spool_failed) {
        what += " (" + std::system_category().message(system_error) + ")";
    }
    return {cause, what, remedy_of(cause)};
}

}  // namespace trustx::mqtt
