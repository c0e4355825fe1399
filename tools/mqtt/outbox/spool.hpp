// SPDX-License-Identifier: Apache-2.0
// An outbox in a directory, which survives a network outage, a restart and a power cut. What accept() took is on the
// disk when it returns: one transaction for all of its messages, and for those that were delivered since. A message
// leaves when it was delivered and that is on the disk; a crash in between sends it again, which nothing can avoid.
// Memory holds no messages but the ids of those in flight. A message that the disk has changed is not sent, and costs
// no other one: it is set aside in a table of its own, and counted. One that the broker refuses, or for which it ends
// connections, stays where it is, with a mark: that takes no space on a full disk, and people can take it away.
#pragma once

#include "outbox/database.hpp"
#include "outbox/outbox.hpp"
#include "outbox/reserve.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace trustx::mqtt {

// Overflow says which messages are lost when the spool is full: none, because the input waits until there is room;
// those that wait longest; or those that come.
enum class Overflow : std::uint8_t { wait, drop_oldest, drop_newest };

struct SpoolSettings {
    std::string directory;
    std::string client_id;  // whose messages these are; another one's spool is refused
    // In bytes, of messages with their topics and an allowance for each. The files take up to twice as much, and a few
    // MiB for the log and the reserve; they do not become smaller.
    std::uint64_t size = std::uint64_t{64} * 1024 * 1024;
    Overflow overflow = Overflow::wait;
    unsigned log_pages = 256;              // of 4 KiB: when the log goes to the database
    const char* vfs = nullptr;             // of SQLite, for tests
    Reserve::Allocate allocate = nullptr;  // for tests, too
};

class Spool final : public Outbox {
 public:
    // What a message takes besides topic and payload, in bytes.
    static constexpr std::uint64_t allowance = 32;
    // What refused messages may take besides the size, as a part of it: beyond that the oldest go. The last one stays.
    static constexpr std::uint64_t part_for_refused = 4;

    // open makes the directory (mode 0700) and what is in it where it is missing, but not what is above it. Refused
    // with a Cause of its own each: spool_in_use, spool_damaged, spool_foreign (another client's, not a spool, or one
    // that others may change), spool_newer (of a later version of this program), spool_full; anything else is
    // spool_failed.
    static Result<std::unique_ptr<Spool>> open(const SpoolSettings& settings);

    [[nodiscard]] bool has_room() const override;
    // After Cause::spool_full, which also says that there is no space to keep in reserve, nothing was taken, and later
    // there may be room. After any other error the spool is of no further use.
    Result<void> accept(const std::vector<OutgoingMessage>& messages) override;
    Result<std::optional<OutgoingMessage>> next() override;
    void ended(std::uint64_t id, Ending ending) override;
    Result<void> flush() override;
    [[nodiscard]] const Counters& counters() const override { return counters_; }

 private:
    // Entry is a message on the disk: its id and what it takes.
    struct Entry {
        std::uint64_t id = 0;
        std::uint64_t bytes = 0;
    };
    // Departure is a message that has ended, or is damaged, and is still among those that wait on the disk.
    struct Departure {
        enum class To : std::uint8_t { nowhere, damaged, refused };
        Entry entry;
        To to = To::nowhere;
    };
    // Plan is what accept() will do, in one transaction.
    struct Plan {
        std::vector<Entry> dropped;
        std::vector<const OutgoingMessage*> added;
        std::uint64_t bytes = 0;  // of `added`
    };

    Spool(const SpoolSettings& settings, std::unique_ptr<Database> database);

    // Read is what the disk has; messages of format 1 have no checksum.
    struct Read {
        OutgoingMessage message;
        std::optional<std::uint64_t> checksum;
    };

    Result<void> take_stock();
    Result<void> make_sure_of_space(std::uint64_t bytes);
    Result<void> leave();
    Result<Plan> plan(const std::vector<OutgoingMessage>& messages);
    Result<std::vector<Entry>> oldest(std::uint64_t bytes);
    Result<void> write(const Plan& plan);
    Result<void> write_departures();
    Result<void> write(const Departure& departure);
    Result<void> make_room_for_refused();
    Result<void> insert(const OutgoingMessage& message);
    Result<std::optional<Read>> read_next();
    Result<void> remove(std::uint64_t id);
    void settle(const Plan& plan);
    void forget_departures();

    std::string name_;  // for people
    std::uint64_t size_;
    std::uint64_t most_in_log_;  // bytes
    Reserve reserve_;
    Overflow overflow_;
    std::unique_ptr<Database> database_;
    // After database_.
    Statement insert_, remove_, set_aside_, refuse_, first_after_, entries_, oldest_refused_;

    std::uint64_t next_id_ = 1;
    std::uint64_t last_sent_ = 0;                       // of those that were sent for the first time
    std::set<std::uint64_t> again_;                     // were sent and not delivered
    std::map<std::uint64_t, std::uint64_t> in_flight_;  // id and what it takes
    std::vector<Departure> departures_;
    std::uint64_t refused_bytes_ = 0;  // that messages take which are kept as refused
    std::uint64_t refused_after_ = 0;  // the same, when the transaction that goes on has ended
    Counters counters_;
};

}  // namespace trustx::mqtt
