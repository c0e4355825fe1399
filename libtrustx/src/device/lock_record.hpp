// SPDX-License-Identifier: Apache-2.0
// What stands in a lock file: a record of the last user of the chip, and the numbers of the queue behind it. Everybody
// who may lock the chip can write it, so whatever is read is a hint, checked for form and range; there is no text in
// it.
#pragma once

#include "device/durations.hpp"
#include "device/failed_decryptions.hpp"
#include "device/security_log.hpp"
#include "device/set_aside.hpp"

#include <cstdint>
#include <optional>
#include <system_error>

#include <sys/types.h>

namespace trustx {

// LinkRecord is what the last user of the chip left for the next one. The chip may have been reset since, or used by a
// program that does not know the lock.
struct LinkRecord {
    std::uint64_t user = 0;        // a random number of the Device that used the chip
    std::uint16_t frame_size = 0;  // negotiated DATA_REG_LEN, within the protocol's limits; 0: unknown
    bool in_sync = false;          // false while the chip is in use, and after a failure
    SecurityLog::State security = {};
    Durations::Hints durations = {};
};

// The record may grow up to here. Then come the failed decryptions (failed_decryptions.hpp), which are no part of the
// record because they must not be lost with it, until when each of the four session objects is set aside
// (set_aside.hpp), how often each was claimed, and the numbers of the queues (lock_queue.hpp) for session objects and
// for the chip. All of it fits into 512 bytes, the smallest limit of file sizes that a shell sets (`ulimit -f 1`).
inline constexpr off_t failed_decryptions_at = 0x168;
inline constexpr off_t set_aside_at = failed_decryptions_at + off_t{sizeof(FailedDecryptions::Entries)};
inline constexpr off_t session_claims_at = set_aside_at + 16;
inline constexpr off_t session_queue_numbers_at = session_claims_at + 16;
inline constexpr off_t queue_numbers_at = session_queue_numbers_at + 8;
// Behind them is the number of resets, which is no part of the record because a reset must not be lost with it.
inline constexpr off_t resets_at = queue_numbers_at + 8;
inline constexpr off_t lock_file_size = resets_at + 4;

// read_record gives an empty record for what is none, and empty fields for those that the writer did not know.
LinkRecord read_record(int fd) noexcept;

// How often the chip was reset on purpose; 0 where it cannot be read. A count that cannot be written is lost.
std::uint32_t read_resets(int fd) noexcept;
void write_resets(int fd, std::uint32_t count) noexcept;

// How often a session object was claimed, by whatever process: a counter that starts anywhere. Nothing where it cannot
// be read; false where it cannot be written.
std::optional<std::uint32_t> read_session_claims(int fd, int index) noexcept;
bool write_session_claims(int fd, int index, std::uint32_t claims) noexcept;

// None where they cannot be read; false where they cannot be written.
FailedDecryptions read_failed_decryptions(int fd) noexcept;
bool write_failed_decryptions(int fd, const FailedDecryptions& failed) noexcept;

// Until when each session object is set aside: none where it cannot be read. A mark that cannot be written is lost.
SetAsideMarks read_set_aside(int fd) noexcept;
void write_set_aside(int fd, int index, SetAsideMark mark) noexcept;

// write_record gives a code of the system category.
[[nodiscard]] std::error_code write_record(int fd, const LinkRecord& record) noexcept;

}  // namespace trustx
