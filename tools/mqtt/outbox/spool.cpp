// SPDX-License-Identifier: Apache-2.0
#include "outbox/spool.hpp"

#include "common/files/file_store.hpp"
#include "common/files/writers.hpp"
#include "common/try.hpp"
#include "outbox/checksum.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace trustx::mqtt {
namespace {

// "tmqs": sets a spool apart from other databases (sqlite.org/pragma.html "application_id").
constexpr std::uint64_t format_mark = 0x746D7173;
constexpr std::uint64_t format_version = 3;

constexpr const char* owner_table = "CREATE TABLE owner (client_id BLOB NOT NULL)";
constexpr const char* message_columns =
    "CREATE TABLE message (id INTEGER PRIMARY KEY, topic BLOB NOT NULL, payload BLOB NOT NULL, qos INTEGER NOT NULL,"
    " retain INTEGER NOT NULL";
// From format 1 to 2. Messages of format 1 have no checksum; `damaged` has those whose checksum is wrong, for people.
constexpr const char* checksum_column = "checksum INTEGER";
constexpr const char* damaged_table =
    "CREATE TABLE damaged (id INTEGER PRIMARY KEY, topic BLOB, payload BLOB, qos INTEGER, retain INTEGER,"
    " checksum INTEGER)";
// From format 2 to 3. The mark of a message that is not sent, because the broker does not take it.
constexpr const char* refused_column = "refused INTEGER";
constexpr const char* refused_index = "CREATE INDEX refused ON message (id) WHERE refused";

// schema_of is what SQLite says of a spool's tables, by their names.
std::string schema_of(std::uint64_t version) {
    std::string schema = message_columns;
    if (version > 1) {
        schema = std::string{damaged_table} + ";" + schema + ", " + checksum_column;
    }
    if (version > 2) {
        schema += std::string{", "} + refused_column;
    }
    schema += std::string{");"} + owner_table;
    return version > 2 ? schema + ";" + refused_index : schema;
}

constexpr std::uint64_t page_size = 4096;

std::uint64_t size_on_disk(const OutgoingMessage& message) {
    return message.topic.size() + message.payload.size() + Spool::allowance;
}

// The same, of a row.
std::string size_of_row() {
    return "length(topic) + length(payload) + " + std::to_string(Spool::allowance);
}

// What is above it has to be there: a mistyped name would make a spool that nobody finds.
Result<void> make_directory(const std::string& path) {
    std::error_code code;
    const auto parent = std::filesystem::path{path + "/"}.parent_path().parent_path();
    if (!parent.empty() && !std::filesystem::is_directory(parent, code)) {
        return fail(Cause::spool_failed, "make the spool " + path + ": there is no directory " + parent.string(),
                    "make that first, or correct the name");
    }
    if (const auto made = files::DiskStore{}.make_directory(path, files::Access::owner); !made) {
        return fail(Cause::spool_failed, "make the directory of the spool: " + made.error().description());
    }
    const auto ours = files::check_writers(path);
    return ours ? Result<void>{}
                : fail(Cause::spool_foreign, "use the spool " + path + ": " + ours.error().description(),
                       "or choose another directory");
}

std::string reserve_of(const SpoolSettings& settings) {
    return settings.directory + "/reserve";
}

bool is_full(const Result<void>& done) {
    return !done && done.error().cause == Cause::spool_full;
}

// Database cannot know the directory's name in the words of the user.
std::string name_of(const SpoolSettings& settings) {
    return "the spool " + settings.directory;
}

Result<void> to_this_format(Database& database, std::uint64_t version) {
    if (version == 1) {
        TRYV(database.execute(std::string{"ALTER TABLE message ADD COLUMN "} + checksum_column));
        TRYV(database.execute(damaged_table));
    }
    TRYV(database.execute(std::string{"ALTER TABLE message ADD COLUMN "} + refused_column));
    TRYV(database.execute(refused_index));
    return database.execute("PRAGMA user_version=" + std::to_string(format_version));
}

Result<void> initialise(Database& database, const SpoolSettings& settings) {
    return database.transaction([&]() -> Result<void> {
        TRYV(database.execute(owner_table));
        TRYV(database.execute(std::string{message_columns} + ")"));
        Statement owner{database, "INSERT INTO owner VALUES (?)"};
        TRYV(owner.bind(1, settings.client_id).run());
        TRYV(to_this_format(database, 1));
        return database.execute("PRAGMA application_id=" + std::to_string(format_mark));
    });
}

Result<void> upgrade(Database& database) {
    TRY(const auto version, database.number("PRAGMA user_version"));
    return version == format_version ? Result<void>{}
                                     : database.transaction([&] { return to_this_format(database, version); });
}

Result<void> check_format(Database& database, const SpoolSettings& settings) {
    TRY(const auto mark, database.number("PRAGMA application_id"));
    if (mark != format_mark) {
        return fail(Cause::spool_foreign, name_of(settings) + " has a database of another program",
                    "choose another directory");
    }
    TRY(const auto version, database.number("PRAGMA user_version"));
    if (version < 1 || version > format_version) {
        return fail(Cause::spool_newer,
                    name_of(settings) + " is of format " + std::to_string(version) +
                        "; this program knows formats 1 to " + std::to_string(format_version),
                    "use the version of the program that wrote it, or choose another directory");
    }
    // A trigger or a view of somebody else's would be run by our statements.
    TRY(const auto schema,
        database.text("SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)"));
    if (schema.size() < schema_of(version).size()) {
        return fail(Cause::spool_damaged, name_of(settings) + " has lost a table",
                    "move it away to start with an empty one");
    }
    if (schema != schema_of(version)) {
        return fail(Cause::spool_foreign, name_of(settings) + " has other tables than a spool, or more",
                    "choose another directory");
    }
    return {};
}

Result<void> check_owner(Database& database, const SpoolSettings& settings) {
    TRY(const auto owner, database.text("SELECT client_id FROM owner"));
    if (owner != settings.client_id) {
        return fail(
            Cause::spool_foreign,
            name_of(settings) + " has the messages of client '" + owner + "', and this is '" + settings.client_id + "'",
            "give that --client-id, or each client id a directory of its own");
    }
    return {};
}

Result<void> check_structure(Database& database, const SpoolSettings& settings) {
    TRY(auto verdict, database.text("PRAGMA quick_check(1)"));
    if (verdict != "ok") {
        std::ranges::replace(verdict, '\n', ' ');
        return fail(Cause::spool_damaged, name_of(settings) + " is damaged: " + verdict,
                    "move it away to start with an empty one");
    }
    return {};
}

Result<void> check_or_initialise(Database& database, const SpoolSettings& settings) {
    // Reading comes first: it takes the lock, and changes nothing in a file that is not ours.
    TRY(const auto objects, database.number("SELECT count(*) FROM sqlite_schema"));
    const bool is_new = objects == 0;
    if (is_new && Reserve{reserve_of(settings)}.was_made()) {
        return fail(Cause::spool_damaged, name_of(settings) + " has lost its database: the file spool.db is empty",
                    "move the directory away to start with an empty spool");
    }
    if (!is_new) {
        TRYV(check_format(database, settings));
    }
    TRY(const auto mode, database.text("PRAGMA journal_mode=WAL"));
    if (mode != "wal") {
        return fail(Cause::spool_failed, name_of(settings) + " cannot have a log beside it (journal mode " + mode + ")",
                    "choose a directory on a local disk");
    }
    database.keep_log_short(settings.log_pages);
    if (is_new) {
        return initialise(database, settings);
    }
    TRYV(check_structure(database, settings));
    TRYV(check_owner(database, settings));
    return upgrade(database);
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(const SpoolSettings& settings) {
    TRYV(make_directory(settings.directory));
    TRY(auto database, Database::open(settings.directory + "/spool.db", settings.vfs));
    TRYV(check_or_initialise(*database, settings));
    std::unique_ptr<Spool> spool{new Spool{settings, std::move(database)}};
    TRYV(spool->take_stock());
    static_cast<void>(spool->make_sure_of_space(0));  // if there is none, what it has can be sent none the less
    return spool;
}

Spool::Spool(const SpoolSettings& settings, std::unique_ptr<Database> database)
    : name_{name_of(settings)},
      size_{settings.size},
      most_in_log_{2 * page_size * settings.log_pages},
      reserve_{reserve_of(settings), settings.allocate},
      overflow_{settings.overflow},
      database_{std::move(database)},
      insert_{*database_, "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, NULL)"},
      remove_{*database_, "DELETE FROM message WHERE id = ?"},
      set_aside_{*database_,
                 "INSERT OR REPLACE INTO damaged SELECT id, topic, payload, qos, retain, checksum FROM message"
                 " WHERE id = ?"},
      refuse_{*database_, "UPDATE message SET refused = 1 WHERE id = ?"},
      first_after_{*database_,
                   "SELECT id, topic, payload, qos, retain, checksum FROM message WHERE id >= ?"
                   " AND refused IS NULL ORDER BY id LIMIT 1"},
      entries_{*database_, "SELECT id, " + size_of_row() + " FROM message WHERE refused IS NULL ORDER BY id"},
      oldest_refused_{*database_, "SELECT id, " + size_of_row() + " FROM message WHERE refused ORDER BY id LIMIT 1"} {}

Result<void> Spool::take_stock() {
    Statement stock{*database_, "SELECT count(*), sum(" + size_of_row() + "), refused FROM message GROUP BY refused"};
    for (;;) {
        TRY(const bool row, stock.step());
        if (!row) {
            break;
        }
        const bool waits = stock.is_null(2);
        (waits ? counters_.held : counters_.kept) = stock.number(0);
        (waits ? counters_.bytes : refused_bytes_) = stock.number(1);
    }
    // What was set aside keeps its id.
    TRY(const auto last,
        database_->number("SELECT max(id) FROM (SELECT id FROM message UNION ALL SELECT id FROM damaged)"));
    next_id_ = last + 1;
    return {};
}

bool Spool::has_room() const {
    return overflow_ != Overflow::wait || counters_.bytes < size_;
}

// To take messages out again, the log has to go into the file, which grows by what it has no free pages for.
Result<void> Spool::make_sure_of_space(std::uint64_t bytes) {
    if (database_->log_stays()) {
        TRYV(database_->move_log());
    }
    TRY(const auto free_pages, database_->number("PRAGMA freelist_count"));
    // The log has less than its limit before this batch, which takes up to twice its size with what SQLite adds.
    const auto in_log = std::max(most_in_log_, most_in_log_ / 2 + 2 * bytes);
    const auto wanted = in_log - std::min(in_log, page_size * free_pages);
    if (reserve_.keep(wanted)) {
        return {};
    }
    // The log does not become shorter by itself: on a disk that was full before, it has the space of the reserve.
    TRYV(database_->give_back_log());
    return reserve_.keep(wanted) ? Result<void>{}
                                 : fail(Cause::spool_full, name_ + ": no space is left for it",
                                        "free space on its disk, or raise the quota: " + std::to_string(wanted / 1024) +
                                            " KiB are kept in reserve besides the messages");
}

Result<void> Spool::accept(const std::vector<OutgoingMessage>& messages) {
    TRYV(database_->check_name());
    TRY(const auto planned, plan(messages));
    TRYV(make_sure_of_space(planned.bytes));
    TRYV(database_->transaction([&] { return write(planned); }));
    settle(planned);
    counters_.accepted += planned.added.size();
    counters_.dropped += planned.dropped.size() + messages.size() - planned.added.size();
    return {};
}

// With Overflow::wait a batch may exceed the size, since has_room() was asked before it: by what is read at once.
Result<Spool::Plan> Spool::plan(const std::vector<OutgoingMessage>& messages) {
    Plan plan;
    std::uint64_t ended = 0;
    for (const auto& departure : departures_) {
        ended += departure.entry.bytes;
    }
    const auto held = counters_.bytes - ended;
    const auto left = overflow_ == Overflow::drop_newest ? size_ - std::min(size_, held) : size_;
    // From the end, so that the newest ones stay; from the beginning, so that the oldest do.
    const auto take = [&](const OutgoingMessage& message) {
        const auto bytes = size_on_disk(message);
        if (overflow_ == Overflow::wait || plan.bytes + bytes <= left) {
            plan.added.push_back(&message);
            plan.bytes += bytes;
        }
    };
    if (overflow_ == Overflow::drop_oldest) {
        std::for_each(messages.rbegin(), messages.rend(), take);
        std::reverse(plan.added.begin(), plan.added.end());
        TRY(plan.dropped, oldest(held + plan.bytes - std::min(held + plan.bytes, size_)));
    } else {
        std::for_each(messages.begin(), messages.end(), take);
    }
    return plan;
}

// oldest gives those that wait longest and together take so many bytes, or as many as there are. What is in flight
// cannot be taken back.
Result<std::vector<Spool::Entry>> Spool::oldest(std::uint64_t bytes) {
    std::vector<Entry> found;
    for (std::uint64_t sum = 0; sum < bytes;) {
        TRY(const bool row, entries_.step());
        if (!row) {
            return found;
        }
        const Entry entry{entries_.number(0), entries_.number(1)};
        const bool waits = entry.id > last_sent_ || again_.count(entry.id) > 0;
        if (waits) {
            found.push_back(entry);
            sum += entry.bytes;
        }
    }
    entries_.reset();
    return found;
}

Result<void> Spool::write(const Plan& plan) {
    TRYV(write_departures());
    for (const auto& dropped : plan.dropped) {
        TRYV(remove(dropped.id));
    }
    auto id = next_id_;
    for (const auto* message : plan.added) {
        auto numbered = *message;
        numbered.id = id++;
        TRYV(insert(numbered));
    }
    return {};
}

Result<void> Spool::write_departures() {
    for (const auto& departure : departures_) {
        TRYV(write(departure));
    }
    return make_room_for_refused();
}

Result<void> Spool::write(const Departure& departure) {
    const auto id = departure.entry.id;
    if (departure.to == Departure::To::refused) {
        return refuse_.bind(1, id).run();
    }
    if (departure.to == Departure::To::damaged) {
        TRYV(set_aside_.bind(1, id).run());
    }
    return remove(id);
}

Result<void> Spool::make_room_for_refused() {
    refused_after_ = refused_bytes_;
    auto most = size_ / part_for_refused;
    for (const auto& departure : departures_) {
        if (departure.to == Departure::To::refused) {
            refused_after_ += departure.entry.bytes;
            most = std::max(size_ / part_for_refused, departure.entry.bytes);
        }
    }
    while (refused_after_ > most) {
        TRY(const bool row, oldest_refused_.step());
        if (!row) {
            return {};
        }
        const Entry oldest{oldest_refused_.number(0), oldest_refused_.number(1)};
        oldest_refused_.reset();
        TRYV(remove(oldest.id));
        refused_after_ -= std::min(refused_after_, oldest.bytes);
    }
    return {};
}

Result<void> Spool::insert(const OutgoingMessage& message) {
    TRY(const auto checksum, checksum_of(message));
    return insert_.bind(1, message.id)
        .bind(2, message.topic)
        .bind(3, message.payload)
        .bind(4, static_cast<std::uint64_t>(message.qos))
        .bind(5, std::uint64_t{message.retain})
        .bind(6, checksum)
        .run();
}

Result<void> Spool::remove(std::uint64_t id) {
    return remove_.bind(1, id).run();
}

void Spool::settle(const Plan& plan) {
    forget_departures();
    for (const auto& entry : plan.dropped) {
        again_.erase(entry.id);
        counters_.bytes -= entry.bytes;
    }
    next_id_ += plan.added.size();
    counters_.bytes += plan.bytes;
    counters_.held += plan.added.size();
    counters_.held -= plan.dropped.size();
}

void Spool::forget_departures() {
    for (const auto& departure : departures_) {
        counters_.bytes -= departure.entry.bytes;
    }
    counters_.held -= departures_.size();
    departures_.clear();
    refused_bytes_ = refused_after_;
}

Result<std::optional<OutgoingMessage>> Spool::next() {
    for (;;) {
        TRY(auto read, read_next());
        if (!read) {
            return std::nullopt;
        }
        auto& [message, checksum] = *read;
        again_.erase(message.id);
        last_sent_ = std::max(last_sent_, message.id);
        TRY(const auto expected, checksum_of(message));
        if (checksum.value_or(expected) == expected) {
            in_flight_.emplace(message.id, size_on_disk(message));
            return std::move(message);
        }
        ++counters_.damaged;
        departures_.push_back({{message.id, size_on_disk(message)}, Departure::To::damaged});
    }
}

Result<std::optional<Spool::Read>> Spool::read_next() {
    const auto wanted = again_.empty() ? last_sent_ + 1 : *again_.begin();
    TRY(const bool row, first_after_.bind(1, wanted).step());
    if (!row) {
        return std::nullopt;
    }
    Read read{{first_after_.number(0), first_after_.bytes(1), first_after_.bytes(2),
               static_cast<int>(first_after_.number(3)), first_after_.number(4) != 0},
              first_after_.is_null(5) ? std::nullopt : std::optional{first_after_.number(5)}};
    first_after_.reset();
    return read;
}

void Spool::ended(std::uint64_t id, Ending ending) {
    const auto node = in_flight_.extract(id);
    if (node.empty()) {
        return;
    }
    if (ending == Ending::not_delivered) {
        again_.insert(id);
        return;
    }
    const bool refused = ending == Ending::refused;
    ++(refused ? counters_.refused : counters_.delivered);
    departures_.push_back({{id, node.mapped()}, refused ? Departure::To::refused : Departure::To::nowhere});
}

Result<void> Spool::flush() {
    if (departures_.empty()) {
        return {};
    }
    auto done = leave();
    // Once the log is in the file, its space is there for the departures.
    if (is_full(done) && reserve_.release()) {
        static_cast<void>(database_->move_log());
        done = leave();
    }
    TRYV(done);
    forget_departures();
    return {};
}

Result<void> Spool::leave() {
    return database_->transaction([this] { return write_departures(); });
}

}  // namespace trustx::mqtt
