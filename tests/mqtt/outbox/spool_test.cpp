// SPDX-License-Identifier: Apache-2.0
// A spool as a program uses it: what it keeps, drops and refuses.
#include "outbox/spool.hpp"

#include "faulty_disk.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace trustx::test;
using namespace trustx::mqtt;
using Ending = Outbox::Ending;

namespace {

SpoolSettings at(const TempDir& directory) {
    return {.directory = directory / "spool", .client_id = "gateway-1"};
}

std::unique_ptr<Spool> opened(const SpoolSettings& settings) {
    auto spool = Spool::open(settings);
    INFO((spool ? "" : to_string(spool.error())));
    REQUIRE(spool);
    return std::move(*spool);
}

Cause refusal(const SpoolSettings& settings) {
    const auto spool = Spool::open(settings);
    REQUIRE_FALSE(spool);
    INFO(to_string(spool.error()));
    CHECK(spool.error().what.find(settings.directory) != std::string::npos);
    CHECK_FALSE(spool.error().remedy.empty());
    return spool.error().cause;
}

OutgoingMessage message(std::string payload) {
    return {.topic = "t", .payload = std::move(payload)};
}

void accept(Outbox& outbox, const std::vector<std::string>& payloads) {
    std::vector<OutgoingMessage> batch;
    for (const auto& payload : payloads) {
        batch.push_back(message(payload));
    }
    REQUIRE(outbox.accept(batch));
}

OutgoingMessage sent(Outbox& outbox) {
    auto next = outbox.next();
    REQUIRE(next);
    REQUIRE(next->has_value());
    return **next;
}

std::vector<std::string> waiting(Outbox& outbox) {
    std::vector<std::string> payloads;
    for (;;) {
        auto next = outbox.next();
        REQUIRE(next);
        if (!*next) {
            return payloads;
        }
        payloads.push_back((*next)->payload);
    }
}

// sql runs statements in the file of a spool that is closed.
void sql(const SpoolSettings& settings, const char* statements) {
    sqlite3* connection = nullptr;
    REQUIRE(::sqlite3_open((settings.directory + "/spool.db").c_str(), &connection) == SQLITE_OK);
    CHECK(::sqlite3_exec(connection, statements, nullptr, nullptr, nullptr) == SQLITE_OK);
    ::sqlite3_close(connection);
}

void overwrite(const std::string& path, std::streamoff offset, const std::string& bytes) {
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(offset);
    file << bytes;
    REQUIRE(file.flush());
}

using Numbers = std::vector<std::string>;

}  // namespace

TEST_CASE("a spool has after a restart what it had before, in the same order and to the last byte", "[outbox][spool]") {
    const TempDir directory;
    const OutgoingMessage odd{.topic = "a/\xC3\xA4", .payload = std::string{"\0\xFF\n'", 4}, .qos = 0, .retain = true};
    {
        const auto spool = opened(at(directory));
        CHECK(spool->empty());
        REQUIRE(spool->accept({odd, message("")}));
        accept(*spool, {std::string(200'000, 'x')});
        CHECK(spool->counters().accepted == 3);
    }
    const auto spool = opened(at(directory));
    CHECK(spool->counters().held == 3);
    const auto first = sent(*spool);
    CHECK(first.topic == odd.topic);
    CHECK(first.payload == odd.payload);
    CHECK(first.qos == 0);
    CHECK(first.retain);
    CHECK(waiting(*spool) == Numbers{"", std::string(200'000, 'x')});
}

TEST_CASE("a spool forgets a message when its delivery was flushed, and not before", "[outbox][spool]") {
    const TempDir directory;
    const bool flushed = GENERATE(false, true);
    {
        const auto spool = opened(at(directory));
        accept(*spool, {"1", "2", "3"});
        spool->ended(sent(*spool).id, Ending::delivered);
        spool->ended(sent(*spool).id, Ending::refused);
        CHECK_FALSE(spool->empty());
        if (flushed) {
            REQUIRE(spool->flush());
            CHECK(spool->counters().held == 1);
        }
        CHECK(spool->counters().delivered == 1);
        CHECK(spool->counters().refused == 1);
    }
    CHECK(waiting(*opened(at(directory))) == (flushed ? Numbers{"3"} : Numbers{"1", "2", "3"}));
}

TEST_CASE("a spool sends what a connection lost before what was never sent, in the old order", "[outbox][spool]") {
    const TempDir directory;
    const auto spool = opened(at(directory));
    accept(*spool, {"1", "2", "3", "4", "5"});
    const auto one = sent(*spool);
    const auto two = sent(*spool);
    const auto three = sent(*spool);
    spool->ended(two.id, Ending::delivered);
    spool->ended(three.id, Ending::not_delivered);
    spool->ended(one.id, Ending::not_delivered);
    spool->ended(one.id, Ending::not_delivered);  // reported twice
    accept(*spool, {"6"});
    CHECK(waiting(*spool) == Numbers{"1", "3", "4", "5", "6"});
}

TEST_CASE("a spool gives a message a number that none had before, however empty it is", "[outbox][spool]") {
    const TempDir directory;
    const auto spool = opened(at(directory));
    for (int i = 0; i < 3; ++i) {
        accept(*spool, {std::to_string(i)});
        const auto message = sent(*spool);
        CHECK(message.payload == std::to_string(i));
        spool->ended(message.id, Ending::delivered);
        REQUIRE(spool->flush());
        CHECK(spool->empty());
        CHECK(spool->counters().bytes == 0);
    }
}

TEST_CASE("a spool keeps within its size in the way that was chosen", "[outbox][spool]") {
    const TempDir directory;
    auto settings = at(directory);
    settings.size = 3 * (Spool::allowance + 2);  // three messages of one byte on a topic of one

    SECTION("the input waits") {
        const auto spool = opened(settings);
        accept(*spool, {"1", "2"});
        CHECK(spool->has_room());
        accept(*spool, {"3", "4"});
        CHECK_FALSE(spool->has_room());
        for (int i = 0; i < 2; ++i) {
            spool->ended(sent(*spool).id, Ending::delivered);
            CHECK_FALSE(spool->has_room());
        }
        REQUIRE(spool->flush());
        CHECK(spool->has_room());
        CHECK(spool->counters().dropped == 0);
    }
    SECTION("the oldest are dropped, but not what is on its way") {
        settings.overflow = Overflow::drop_oldest;
        const auto spool = opened(settings);
        accept(*spool, {"1", "2", "3"});
        CHECK(spool->has_room());
        const auto first = sent(*spool);
        accept(*spool, {"4"});
        accept(*spool, {"5"});
        CHECK(spool->counters().dropped == 2);
        CHECK(spool->counters().held == 3);
        CHECK(spool->counters().bytes == settings.size);
        spool->ended(first.id, Ending::not_delivered);
        accept(*spool, {"6"});  // now the first one is the oldest that waits
        CHECK(waiting(*spool) == Numbers{"4", "5", "6"});
    }
    SECTION("of a batch that is larger than the spool, the newest stay") {
        settings.overflow = Overflow::drop_oldest;
        const auto spool = opened(settings);
        accept(*spool, {"1"});
        accept(*spool, {"2", "3", "4", "5"});
        CHECK(spool->counters().dropped == 2);
        CHECK(spool->counters().accepted == 4);
        CHECK(waiting(*spool) == Numbers{"3", "4", "5"});
    }
    SECTION("the newest are dropped") {
        settings.overflow = Overflow::drop_newest;
        const auto spool = opened(settings);
        accept(*spool, {"1", "2"});
        accept(*spool, {"3", "4"});
        CHECK(spool->has_room());
        CHECK(spool->counters().dropped == 1);
        spool->ended(sent(*spool).id, Ending::delivered);
        accept(*spool, {"5", "6"});  // what was delivered makes room
        CHECK(waiting(*spool) == Numbers{"2", "3", "5"});
    }
    SECTION("a message that is larger than the spool is dropped alone") {
        settings.overflow = GENERATE(Overflow::drop_oldest, Overflow::drop_newest);
        const auto spool = opened(settings);
        accept(*spool, {"1"});
        accept(*spool, {std::string(1000, 'x')});
        CHECK(spool->counters().dropped == 1);
        CHECK(waiting(*spool) == Numbers{"1"});
    }
    CHECK(waiting(*opened(settings)).size() >= 1);
}

TEST_CASE("a spool takes less than twice its size on the disk, and a log, however long it runs full",
          "[outbox][spool]") {
    const TempDir directory;
    auto settings = at(directory);
    settings.size = 1'000'000;
    settings.overflow = Overflow::drop_oldest;
    const auto spool = opened(settings);
    for (int round = 0; round < 100; ++round) {
        std::vector<OutgoingMessage> batch;
        for (std::size_t i = 0; i < 20; ++i) {
            batch.push_back(message(std::string(round % 2 == 0 ? 100 * i : 2100, 'x')));
        }
        REQUIRE(spool->accept(batch));
    }
    std::uintmax_t taken = 0;
    for (const auto& file : std::filesystem::directory_iterator(settings.directory)) {
        taken += file.file_size();
    }
    CHECK(taken < 2 * settings.size + 3'000'000);
    CHECK(spool->counters().bytes <= settings.size);
}

TEST_CASE("a spool is for its owner alone", "[outbox][spool]") {
    const TempDir directory;
    const auto spool = opened(at(directory));
    accept(*spool, {"1"});
    struct stat status {};
    REQUIRE(::stat(at(directory).directory.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0700);
    int files = 0;
    for (const auto& file : std::filesystem::directory_iterator(at(directory).directory)) {
        REQUIRE(::stat(file.path().c_str(), &status) == 0);
        CHECK((status.st_mode & 0777) == 0600);
        ++files;
    }
    CHECK(files == 3);  // database, log and reserve
}

TEST_CASE("a spool that another program has open is refused, and that program goes on", "[outbox][spool]") {
    const TempDir directory;
    const auto spool = opened(at(directory));
    accept(*spool, {"1"});
    CHECK(refusal(at(directory)) == Cause::spool_in_use);
    accept(*spool, {"2"});
    CHECK(waiting(*spool) == Numbers{"1", "2"});
}

TEST_CASE("a spool is refused by name", "[outbox][spool]") {
    const TempDir directory;
    auto settings = at(directory);
    const auto file = settings.directory + "/spool.db";
    std::vector<std::string> many;
    for (int i = 0; i < 200; ++i) {
        many.emplace_back(500, static_cast<char>('a' + i % 26));
    }
    auto spool = opened(settings);
    accept(*spool, many);

    spool.reset();
    SECTION("when it has the messages of another client") {
        settings.client_id = "gateway-2";
        CHECK(refusal(settings) == Cause::spool_foreign);
        settings.client_id = "gateway-1";
        CHECK(waiting(*opened(settings)) == many);
    }
    SECTION("when another program made the database") {
        sql(settings, "PRAGMA application_id=1");
        CHECK(refusal(settings) == Cause::spool_foreign);
    }
    SECTION("when a later version of this program made it") {
        sql(settings, "PRAGMA user_version=4; ALTER TABLE owner RENAME TO owners");
        CHECK(refusal(settings) == Cause::spool_newer);
    }
    SECTION("when it is no database") {
        write_file(file, std::string(8192, 'x'));
        CHECK(refusal(settings) == Cause::spool_damaged);
    }
    SECTION("when its end is missing") {
        std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
        CHECK(refusal(settings) == Cause::spool_damaged);
    }
    SECTION("when a page of it was overwritten") {
        const auto page = GENERATE(range(1, 20));
        overwrite(file, page * 4096, std::string(100, '\xA5'));
        CHECK(refusal(settings) == Cause::spool_damaged);
    }
    SECTION("when a table is missing") {
        sql(settings, "DROP TABLE message");
        CHECK(refusal(settings) == Cause::spool_damaged);
    }
    SECTION("when it was emptied") {
        write_file(file, "");
        CHECK(refusal(settings) == Cause::spool_damaged);
    }
    SECTION("when somebody has added what our statements would run") {
        sql(settings,
            GENERATE("CREATE TABLE leak (payload); CREATE TRIGGER spy AFTER INSERT ON message BEGIN INSERT "
                     "INTO leak VALUES (new.payload); END",
                     "CREATE TABLE other (a)", "CREATE VIEW other AS SELECT 1", "ALTER TABLE message ADD COLUMN more"));
        CHECK(refusal(settings) == Cause::spool_foreign);
    }
    SECTION("when others may change its file") {
        REQUIRE(::chmod(file.c_str(), GENERATE(0620U, 0602U)) == 0);
        CHECK(refusal(settings) == Cause::spool_foreign);
    }
    SECTION("when others may change its directory") {
        REQUIRE(::chmod(settings.directory.c_str(), GENERATE(0770U, 0707U)) == 0);
        CHECK(refusal(settings) == Cause::spool_foreign);
    }
    SECTION("when another user owns it, whom root would trust") {
        if (::geteuid() == 0) {
            REQUIRE(::chown(GENERATE_COPY(file, settings.directory).c_str(), 12345, 12345) == 0);
            CHECK(refusal(settings) == Cause::spool_foreign);
        }
    }
    SECTION("when it is a link to a file elsewhere, which stays as it is") {
        std::filesystem::remove(file);
        write_file(directory / "victim", "");
        std::filesystem::create_symlink(directory / "victim", file);
        CHECK(refusal(settings) == Cause::spool_failed);
        CHECK(read_file(directory / "victim").empty());
    }
    SECTION("when the directory above it is missing") {
        settings.directory = directory / "missing" / "spool";
        CHECK(refusal(settings) == Cause::spool_failed);
        CHECK_FALSE(std::filesystem::exists(directory / "missing"));
    }
    SECTION("when it is a directory") {
        std::filesystem::remove(file);
        std::filesystem::create_directory(file);
        CHECK(refusal(settings) == Cause::spool_failed);
    }
    SECTION("when the place of its directory is taken by a file") {
        settings.directory = directory / "file";
        write_file(settings.directory, "");
        CHECK(refusal(settings) == Cause::spool_failed);
    }
}

TEST_CASE("a message that the disk has changed is not sent, and no other is lost with it", "[outbox][spool]") {
    const TempDir directory;
    const auto settings = at(directory);
    const auto file = settings.directory + "/spool.db";
    {
        const auto spool = opened(settings);
        accept(*spool, {"first", "the second message", "third"});
        REQUIRE(spool->accept({{.topic = "a/long/topic", .payload = "fourth"}}));
        accept(*spool, {"fifth"});
    }
    const std::string place = GENERATE("the second message", "a/long/topic");
    const auto content = read_file(file);
    const auto at_byte = content.find(place);
    REQUIRE(at_byte != std::string::npos);
    const auto changed = std::string(1, static_cast<char>(content[at_byte + 4] ^ 0x10));
    overwrite(file, static_cast<std::streamoff>(at_byte) + 4, changed);

    auto left = place.starts_with("the") ? Numbers{"first", "third", "fourth", "fifth"}
                                         : Numbers{"first", "the second message", "third", "fifth"};
    {
        const auto spool = opened(settings);
        CHECK(waiting(*spool) == left);
        CHECK(spool->counters().damaged == 1);
        REQUIRE(spool->flush());
        CHECK(spool->counters().held == 4);
    }
    const auto spool = opened(settings);
    CHECK(waiting(*spool) == left);
    CHECK(spool->counters().damaged == 0);
}

TEST_CASE("a spool of an older format, without checksums or marks, is taken over with its messages",
          "[outbox][spool]") {
    const TempDir directory;
    const auto settings = at(directory);
    {
        const auto spool = opened(settings);
        accept(*spool, {"old 1", "old 2"});
    }
    const bool first = GENERATE(true, false);
    sql(settings, "DROP INDEX refused; ALTER TABLE message DROP COLUMN refused; PRAGMA user_version=2");
    if (first) {
        sql(settings, "DROP TABLE damaged; ALTER TABLE message DROP COLUMN checksum; PRAGMA user_version=1");
    }
    {
        const auto spool = opened(settings);
        accept(*spool, {"new"});
        CHECK(waiting(*spool) == Numbers{"old 1", "old 2", "new"});
    }
    const auto spool = opened(settings);
    CHECK(waiting(*spool) == Numbers{"old 1", "old 2", "new"});
    CHECK(spool->counters().damaged == 0);
}

TEST_CASE("what the broker refuses is kept and not sent, until people put it back in its place", "[outbox][spool]") {
    const TempDir directory;
    {
        const auto spool = opened(at(directory));
        accept(*spool, {"1", "2", "3"});
        static_cast<void>(sent(*spool));
        spool->ended(sent(*spool).id, Ending::refused);
        REQUIRE(spool->flush());
        CHECK(spool->counters().held == 2);
        CHECK(spool->counters().bytes == 2 * (2 + Spool::allowance));
    }
    {
        const auto spool = opened(at(directory));
        CHECK(spool->counters().kept == 1);
        CHECK(spool->counters().held == 2);
        accept(*spool, {"4"});
        CHECK(waiting(*spool) == Numbers{"1", "3", "4"});
    }
    sql(at(directory), "UPDATE message SET refused = NULL");  // as docs/mqtt.md says
    const auto spool = opened(at(directory));
    CHECK(spool->counters().kept == 0);
    CHECK(waiting(*spool) == Numbers{"1", "2", "3", "4"});
}

TEST_CASE("what was refused when nothing else was there keeps its id", "[outbox][spool]") {
    const TempDir directory;
    for (int run = 0; run < 2; ++run) {
        const auto spool = opened(at(directory));
        accept(*spool, {std::to_string(run)});
        spool->ended(sent(*spool).id, Ending::refused);
        REQUIRE(spool->flush());
        CHECK(spool->empty());
    }
    CHECK(opened(at(directory))->counters().kept == 2);
}

TEST_CASE("refused messages take a quarter of the size at most, and the last one stays", "[outbox][spool]") {
    const TempDir directory;
    auto settings = at(directory);
    settings.size = 100'000;
    const auto refuse = [](Spool& spool, std::size_t size) {
        accept(spool, {std::string(size, 'x')});
        spool.ended(sent(spool).id, Ending::refused);
        REQUIRE(spool.flush());
    };
    {
        const auto spool = opened(settings);
        for (int i = 0; i < 10; ++i) {
            refuse(*spool, 6000);
        }
    }
    {
        const auto spool = opened(settings);
        CHECK(spool->counters().kept == 4);
        refuse(*spool, 50'000);
    }
    CHECK(opened(settings)->counters().kept == 1);
}

TEST_CASE("nothing is accepted into a spool that was taken away", "[outbox][spool]") {
    const TempDir directory;
    const auto spool = opened(at(directory));
    accept(*spool, {"1"});
    std::filesystem::rename(at(directory).directory, directory / "elsewhere");
    const auto refused = spool->accept({message("2")});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().cause == Cause::spool_failed);
}

TEST_CASE("a spool that has filled its disk by itself gets rid of what is delivered, and goes on", "[outbox][spool]") {
    const TempDir directory;
    FaultyDisk disk;
    auto settings = at(directory);
    settings.vfs = disk.name();
    settings.log_pages = GENERATE(32U, 128U);
    static FaultyDisk* limited = nullptr;
    limited = &disk;
    settings.allocate = [](int fd, std::uint64_t size, const std::string& path) {
        return limited->has_room(path, size) ? ::posix_fallocate(fd, 0, static_cast<off_t>(size)) : ENOSPC;
    };
    disk.limit(settings.directory, 2'500'000);
    const std::vector<OutgoingMessage> batch(20, message(std::string(3000, 'x')));
    auto spool = opened(settings);
    std::uint64_t most = 0;
    for (int round = 0; round < 3; ++round) {
        auto accepted = spool->accept(batch);
        REQUIRE(accepted);
        while ((accepted = spool->accept(batch))) {
        }
        REQUIRE(accepted.error().cause == Cause::spool_full);
        most = std::max(most, spool->counters().held);
        CHECK(spool->counters().held > most / 2);
        if (round == 1) {
            spool.reset();
            spool = opened(settings);
        }
        while (!spool->empty()) {
            for (int i = 0; i < 10 && spool->counters().held > 0; ++i) {
                if (const auto next = spool->next().value()) {
                    spool->ended(next->id, Ending::delivered);
                }
            }
            const auto flushed = spool->flush();
            INFO((flushed ? "" : to_string(flushed.error())));
            REQUIRE(flushed);
        }
    }
}

TEST_CASE("a limit of file sizes is a full disk to a spool", "[outbox][spool]") {
    const TempDir directory;
    const auto spool = opened(at(directory));
    accept(*spool, {"1"});
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const rlimit tight{65536, before.rlim_max};
    const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    const auto refused = spool->accept({message(std::string(100'000, 'x'))});
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    ::signal(SIGXFSZ, ignored);
    REQUIRE_FALSE(refused);
    INFO(to_string(refused.error()));
    CHECK(refused.error().cause == Cause::spool_full);
    accept(*spool, {"2"});
    CHECK(waiting(*spool) == Numbers{"1", "2"});
}
