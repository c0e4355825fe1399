// SPDX-License-Identifier: Apache-2.0
#include "device/lock_record.hpp"

#include "common/io/no_size_signal.hpp"
#include "ifx_i2c/frame.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <type_traits>

#include <unistd.h>

namespace trustx {
namespace {

constexpr std::array<char, 8> magic{'t', 'r', 'u', 's', 't', 'x', '0', '2'};

// What stands in the file, in the byte order of the machine: the file never leaves it. New fields go to the end, where
// a version that does not know them leaves them out and one that does finds 0, which must mean "unknown". Another
// meaning of a present field needs another magic. No padding, whose bytes would be undefined.
struct FileDuration {
    std::uint32_t first_poll_us;
    std::uint16_t object;
    std::uint8_t has_object;
    std::uint8_t times_late;
    std::uint8_t opcode;  // 0: no hint
    std::uint8_t param;
    std::uint8_t sent;
    std::uint8_t wanted;
};
struct FileRecord {
    std::array<char, 8> magic;
    std::uint32_t size;  // of the record, as its writer knew it
    std::uint16_t frame_size;
    std::uint16_t in_sync;
    std::uint64_t user;
    std::int64_t last_use;  // by the monotonic clock, in nanoseconds
    std::int64_t read_at;   // 0: not read
    std::uint32_t uses;
    std::uint32_t unused;
    std::array<FileDuration, std::tuple_size_v<Durations::Hints>> durations;
};
constexpr std::size_t smallest = 24;  // of the first version with this magic
static_assert(sizeof(FileRecord) >= smallest && sizeof(FileRecord) <= failed_decryptions_at);
// Versions that do not know what is between the record and this look for it there.
static_assert(set_aside_at == 0x1C8);
static_assert(std::has_unique_object_representations_v<FileRecord>);

using RecordBytes = std::array<std::byte, sizeof(FileRecord)>;

TimePoint moment(std::int64_t nanoseconds) {
    return TimePoint{std::chrono::nanoseconds{nanoseconds}};
}

std::int64_t nanoseconds(TimePoint moment) {
    return std::chrono::nanoseconds{moment.time_since_epoch()}.count();
}

SecurityLog::State security_in(const FileRecord& record) {
    if (record.last_use < 0 || record.read_at < 0) {
        return {};
    }
    SecurityLog::State state{.uses = record.uses, .last_use = moment(record.last_use)};
    if (record.read_at != 0) {
        state.read_at = moment(record.read_at);
    }
    return state;
}

Durations::Hint hint_in(const FileDuration& from) {
    return {.kind = {.opcode = from.opcode,
                     .param = from.param,
                     .sent = from.sent,
                     .wanted = from.wanted,
                     .object = from.has_object == 1 ? std::optional{ObjectId{from.object}} : std::nullopt},
            .experience = {.first_poll = std::chrono::microseconds{from.first_poll_us}, .times_late = from.times_late}};
}

Durations::Hints durations_in(const FileRecord& record) {
    Durations::Hints hints;
    std::ranges::transform(record.durations, hints.begin(), hint_in);
    return hints;
}

FileDuration file_duration(const Durations::Hint& hint) {
    using std::chrono::duration_cast;
    const auto first_poll = duration_cast<std::chrono::microseconds>(hint.experience.first_poll).count();
    return {.first_poll_us = static_cast<std::uint32_t>(std::clamp<std::int64_t>(first_poll, 0, UINT32_MAX)),
            .object = hint.kind.object.value_or(ObjectId{0}).value,
            .has_object = hint.kind.object ? std::uint8_t{1} : std::uint8_t{0},
            .times_late = static_cast<std::uint8_t>(std::min(hint.experience.times_late, 255U)),
            .opcode = hint.kind.opcode,
            .param = hint.kind.param,
            .sent = hint.kind.sent,
            .wanted = hint.kind.wanted};
}

constexpr off_t counter_size = sizeof(std::uint32_t);

std::optional<std::uint32_t> read_counter(int fd, off_t at) {
    std::uint32_t count = 0;
    return ::pread(fd, &count, sizeof count, at) == counter_size ? std::optional{count} : std::nullopt;
}

bool write_counter(int fd, off_t at, std::uint32_t count) {
    const io::NoSizeSignal guard;
    return ::pwrite(fd, &count, sizeof count, at) == counter_size;
}

}  // namespace

LinkRecord read_record(int fd) noexcept {
    RecordBytes raw{};
    const ssize_t present = ::pread(fd, raw.data(), raw.size(), 0);
    if (present < static_cast<ssize_t>(smallest)) {
        return {};
    }
    const auto size = std::bit_cast<FileRecord>(raw).size;
    if (size < smallest || size > static_cast<std::uint32_t>(failed_decryptions_at)) {
        return {};
    }
    const auto known = std::min<std::size_t>(size, static_cast<std::size_t>(present));
    for (std::size_t at = known; at < raw.size(); ++at) {
        raw[at] = std::byte{0};
    }
    const auto record = std::bit_cast<FileRecord>(raw);
    if (record.magic != magic) {
        return {};
    }
    const bool possible = record.frame_size >= ifx_i2c::min_frame_size && record.frame_size <= ifx_i2c::max_frame_size;
    return {.user = record.user,
            .frame_size = possible ? record.frame_size : std::uint16_t{0},
            .in_sync = record.in_sync == 1,
            .security = security_in(record),
            .durations = durations_in(record)};
}

std::uint32_t read_resets(int fd) noexcept {
    return read_counter(fd, resets_at).value_or(0);
}

void write_resets(int fd, std::uint32_t count) noexcept {
    static_cast<void>(write_counter(fd, resets_at, count));
}

std::optional<std::uint32_t> read_session_claims(int fd, int index) noexcept {
    return read_counter(fd, session_claims_at + index * counter_size);
}

bool write_session_claims(int fd, int index, std::uint32_t claims) noexcept {
    return write_counter(fd, session_claims_at + index * counter_size, claims);
}

FailedDecryptions read_failed_decryptions(int fd) noexcept {
    FailedDecryptions::Entries entries{};
    const bool read = ::pread(fd, entries.data(), sizeof entries, failed_decryptions_at) == sizeof entries;
    return read ? FailedDecryptions{entries} : FailedDecryptions{};
}

bool write_failed_decryptions(int fd, const FailedDecryptions& failed) noexcept {
    const auto& entries = failed.entries();
    const io::NoSizeSignal guard;
    return ::pwrite(fd, entries.data(), sizeof entries, failed_decryptions_at) == sizeof entries;
}

SetAsideMarks read_set_aside(int fd) noexcept {
    SetAsideMarks marks{};
    return ::pread(fd, marks.data(), sizeof marks, set_aside_at) == sizeof marks ? marks : SetAsideMarks{};
}

void write_set_aside(int fd, int index, SetAsideMark mark) noexcept {
    static_cast<void>(write_counter(fd, set_aside_at + index * counter_size, mark));
}

std::error_code write_record(int fd, const LinkRecord& record) noexcept {
    decltype(FileRecord::durations) durations{};
    std::ranges::transform(record.durations, durations.begin(), file_duration);
    const auto raw =
        std::bit_cast<RecordBytes>(FileRecord{.magic = magic,
                                              .size = sizeof(FileRecord),
                                              .frame_size = record.frame_size,
                                              .in_sync = record.in_sync ? std::uint16_t{1} : std::uint16_t{0},
                                              .user = record.user,
                                              .last_use = nanoseconds(record.security.last_use),
                                              .read_at = nanoseconds(record.security.read_at.value_or(TimePoint{})),
                                              .uses = record.security.uses,
                                              .unused = 0,
                                              .durations = durations});
    const io::NoSizeSignal guard;
    const auto written = ::pwrite(fd, raw.data(), raw.size(), 0);
    if (written == static_cast<ssize_t>(raw.size())) {
        return {};
    }
    return {written < 0 ? errno : ENOSPC, std::system_category()};
}

}  // namespace trustx
