// SPDX-License-Identifier: Apache-2.0
// SQLite, as far as a spool needs it: one connection, which has its file for itself, and whose transactions are on the
// disk when they end. Everything here was chosen for that:
//   WAL with synchronous=EXTRA   a commit is one write and one sync of the log. With NORMAL, which is often advised for
//                                WAL, the last transactions are lost with the power (sqlite.org/pragma.html
//                                "synchronous"). EXTRA also syncs the directory when the file is made and its rollback
//                                journal deleted; a journal that came back would undo everything since.
//   locking_mode=EXCLUSIVE       before the first access, so that the index of the log is in memory and not a mapped
//                                file, which raises SIGBUS where the disk is full; a second program gets SQLITE_BUSY
//                                (sqlite.org/wal.html "Use of WAL Without Shared-Memory"). With one connection only,
//                                the fault of checkpoints beside writers does not apply (versions before 3.51.3;
//                                sqlite.org/wal.html "The WAL-Reset Bug").
//   no busy handler              nothing waits.
//   no memory mapping            a failing disk gives an error and not a signal.
//   secure_delete=OFF            Debian's default writes zeros over what is deleted: it takes space in the log, wears
//                                flash, and keeps nothing secret that others could read.
// A sync that failed counts for nothing that was written before it: the transaction is reported as failed.
#pragma once

#include "connection/error.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <sys/types.h>

struct sqlite3;
struct sqlite3_stmt;

namespace trustx::mqtt {

class Database;

using FileIdentity = std::pair<dev_t, ino_t>;

// Statement is a compiled one, used again and again. It must not outlive its database.
class Statement {
 public:
    Statement(Database& database, std::string_view sql);

    // Values of the statement's parameters, from 1.
    Statement& bind(int position, std::uint64_t value);
    Statement& bind(int position, std::string_view bytes);  // which must stay as they are until reset()

    // step tells whether there is a row.
    Result<bool> step();
    // run is for statements without rows.
    Result<void> run();
    // reset ends a statement whose rows are not all wanted.
    void reset();

    // Columns of the row, from 0.
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] std::uint64_t number(int column) const;
    [[nodiscard]] std::string bytes(int column) const;

 private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    Database& database_;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    int failed_ = 0;  // of SQLite, while it was compiled or given values
};

class Database {
 public:
    // open makes the file, for its owner alone, where there is none. vfs: a name that is registered with SQLite, for
    // tests; nullptr: the usual one.
    static Result<std::unique_ptr<Database>> open(const std::string& path, const char* vfs);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database() = default;

    Result<void> execute(const std::string& sql);
    // number and text give the first column of the first row; 0 and "" where there is none.
    Result<std::uint64_t> number(std::string_view sql);
    Result<std::string> text(std::string_view sql);

    // check_name: the file is still there under its name.
    [[nodiscard]] Result<void> check_name() const;

    // transaction does all of the work, and it is on the disk then, or none of it.
    Result<void> transaction(const std::function<Result<void>()>& work);

    // keep_log_short moves the log into the file from so many pages on, after each transaction.
    void keep_log_short(unsigned pages);
    // log_stays: that failed the last time, so the log grows. move_log tries it once more.
    [[nodiscard]] bool log_stays() const { return log_stays_; }
    Result<void> move_log();
    // give_back_log does the same, and gives the space of the log back to the disk.
    Result<void> give_back_log();

    // error is why SQLite's last call failed with this code.
    [[nodiscard]] Error error(int code) const;

 private:
    friend class Statement;
    struct Close {
        void operator()(sqlite3* connection) const;
    };
    Database(std::string path, sqlite3* connection) : path_{std::move(path)}, connection_{connection} {}

    Result<void> set_up();
    Result<void> checkpoint(int mode);
    static int committed(void* self, sqlite3* connection, const char* name, int pages);
    [[nodiscard]] int system_error_of(int code) const;

    std::string path_;
    FileIdentity file_{};
    unsigned log_limit_ = 0;
    bool log_stays_ = false;
    std::unique_ptr<sqlite3, Close> connection_;
};

}  // namespace trustx::mqtt
