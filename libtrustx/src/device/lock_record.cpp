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
struct FileRecord {
    std::array<char, 8> magic;
    std::uint32_t size;  // of the record, as its writer knew it
    std::uint16_t frame_size;
    std::uint16_t in_sync;
    std::uint64_t user;
};
constexpr std::size_t smallest = 24;  // of the first version with this magic
static_assert(sizeof(FileRecord) >= smallest && sizeof(FileRecord) <= queue_numbers_at);
static_assert(std::has_unique_object_representations_v<FileRecord>);

using RecordBytes = std::array<std::byte, sizeof(FileRecord)>;

}  // namespace

LinkRecord read_record(int fd) noexcept {
    RecordBytes raw{};
    const ssize_t present = ::pread(fd, raw.data(), raw.size(), 0);
    if (present < static_cast<ssize_t>(smallest)) {
        return {};
    }
    const auto size = std::bit_cast<FileRecord>(raw).size;
    if (size < smallest || size > static_cast<std::uint32_t>(queue_numbers_at)) {
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
            .in_sync = record.in_sync == 1};
}

std::uint32_t read_resets(int fd) noexcept {
    std::uint32_t count = 0;
    return ::pread(fd, &count, sizeof count, resets_at) == static_cast<ssize_t>(sizeof count) ? count : 0;
}

void write_resets(int fd, std::uint32_t count) noexcept {
    const io::NoSizeSignal guard;
    static_cast<void>(!::pwrite(fd, &count, sizeof count, resets_at));
}

std::error_code write_record(int fd, const LinkRecord& record) noexcept {
    const auto raw =
        std::bit_cast<RecordBytes>(FileRecord{.magic = magic,
                                              .size = sizeof(FileRecord),
                                              .frame_size = record.frame_size,
                                              .in_sync = record.in_sync ? std::uint16_t{1} : std::uint16_t{0},
                                              .user = record.user});
    const io::NoSizeSignal guard;
    const auto written = ::pwrite(fd, raw.data(), raw.size(), 0);
    if (written == static_cast<ssize_t>(raw.size())) {
        return {};
    }
    return {written < 0 ? errno : ENOSPC, std::system_category()};
}

}  // namespace trustx
