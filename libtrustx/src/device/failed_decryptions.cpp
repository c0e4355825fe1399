// SPDX-License-Identifier: Apache-2.0
#include "device/failed_decryptions.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace trustx {
namespace {

using std::chrono::milliseconds;
using Entry = FailedDecryptions::Entry;

// Whoever reads an entry may have looked at the clock before it was made.
constexpr milliseconds slack{1000};

std::uint32_t milliseconds_of(TimePoint moment) noexcept {
    return static_cast<std::uint32_t>(std::chrono::duration_cast<milliseconds>(moment.time_since_epoch()).count());
}

// age_of gives nothing for an entry that does not count: of no failure, too old, or of a time that has not come. The
// clock wraps around in 49 days, so only differences count.
std::optional<milliseconds> age_of(const Entry& entry, TimePoint now) noexcept {
    const milliseconds age{static_cast<std::int32_t>(milliseconds_of(now) - entry.at)};
    const bool counts = entry.failures != 0 && age >= -slack && age < FailedDecryptions::period;
    return counts ? std::optional{age} : std::nullopt;
}

}  // namespace

void FailedDecryptions::note(TimePoint now) noexcept {
    // Those that do not count go, also because some would count later: of a time to come, or when the clock has wrapped
    // around.
    std::ranges::replace_if(
        entries_, [now](const Entry& entry) { return !age_of(entry, now); }, Entry{});
    if (const auto free = std::ranges::find(entries_, Entry{}); free != entries_.end()) {
        *free = {.at = milliseconds_of(now), .failures = 1};
        return;
    }
    auto& last = *std::ranges::min_element(entries_, {}, [now](const Entry& entry) { return age_of(entry, now); });
    last.at = milliseconds_of(now);
    last.failures = std::min(last.failures, std::numeric_limits<std::uint32_t>::max() - 1) + 1;
}

Duration FailedDecryptions::pause(unsigned most, TimePoint now) const noexcept {
    auto entries = entries_;
    std::ranges::sort(entries, {}, [now](const Entry& entry) { return age_of(entry, now); });
    // From the youngest on, after those that do not count: the one with which there are too many has to grow old.
    std::uint64_t failures = 0;
    for (const Entry& entry : entries) {
        const auto age = age_of(entry, now);
        failures += age ? entry.failures : 0;
        if (failures >= most && age) {
            return period - *age;
        }
    }
    return Duration::zero();
}

}  // namespace trustx
