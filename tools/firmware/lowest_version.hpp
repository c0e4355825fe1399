// SPDX-License-Identifier: Apache-2.0
// The lowest version of firmware that is still allowed, kept in data objects of the chip. There is no counter in the
// chip; what it has is an object's life cycle, which only rises. So the version is the highest of those in several
// objects: an object that is closed (operational, `change LcsO < operational`) keeps its version for ever, whatever
// the host does, and the next version goes into another. Source: chip-objects.md sections 1.4, 3 and 5.
#pragma once

#include <trustx/device.hpp>
#include <trustx/life_cycle.hpp>
#include <trustx/metadata.hpp>
#include <trustx/object_id.hpp>
#include <trustx/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::firmware {

// version_objects are those that are taken where nobody says otherwise: F1DC to F1DF.
const std::vector<ObjectId>& version_objects();

// parse_version_objects reads a list such as `F1DC,F1DD`: data objects, none twice. InputErrc::usage.
Result<std::vector<ObjectId>> parse_version_objects(const std::string& list);

// record_text is the content of an object: a line of text.
std::string record_text(std::uint64_t version);

// Content is what an object was found to hold. unfinished is the beginning of a record, which an interrupted write
// leaves, and counts as nothing.
enum class Content : std::uint8_t { nothing, version, unfinished, foreign };

struct Record {
    Content content = Content::nothing;
    std::uint64_t version = 0;
};
// parse_record judges the bytes of an object.
Record parse_record(ByteView bytes);

// lowers says whether `after`, written where `before` stands, would allow a version again that is too old.
bool lowers(ByteView before, ByteView after);

struct VersionObject {
    ObjectId object;
    Record record;
    Metadata metadata;
    Permission change = Permission::unknown;  // of its content, now
    // fixed: the chip lets nobody change it any more. Before an object is operational, its conditions can be changed.
    [[nodiscard]] bool fixed() const {
        return change == Permission::never && effective_life_cycle(metadata) >= LifeCycleState::operational;
    }
};

struct LowestVersion {
    std::vector<VersionObject> objects;

    // version is the lowest that is allowed; nothing: none was ever written.
    [[nodiscard]] std::optional<std::uint64_t> version() const;
    // fixed is the part of it that the chip enforces; nothing: none.
    [[nodiscard]] std::optional<std::uint64_t> fixed() const;
    // open counts the objects that can still be written.
    [[nodiscard]] std::size_t open() const;
    // unfinished is an object with the beginning of a record; nothing: none has one.
    [[nodiscard]] std::optional<ObjectId> unfinished() const;
};

// read_lowest_version reads all of the objects. InputErrc::check_failed for one that holds something else: nothing is
// known of the lowest version then.
Result<LowestVersion> read_lowest_version(LockedDevice& device, const std::vector<ObjectId>& objects);

// check_version demands a version that is not below the lowest. FirmwareErrc::too_old; InputErrc::nothing_there when
// none was ever written, so that a chip that was never prepared lets nothing in. The words name the objects, which may
// not be the usual ones.
Result<void> check_version(const LowestVersion& lowest, std::uint64_t version);

// raise_lowest_version writes a higher version into an open object, not into the one that holds the present version
// where there is another, so that an interruption leaves that. close makes it permanent, which CANNOT BE UNDONE, also
// for a version that is there already. Gives what was changed, in words; empty: everything was so already.
// FirmwareErrc::too_old for a lower version; InputErrc::refused when no object can be written any more.
Result<std::string> raise_lowest_version(LockedDevice& device, const std::vector<ObjectId>& objects,
                                         std::uint64_t version, bool close);

}  // namespace trustx::firmware
